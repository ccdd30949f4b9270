"""What was seen over time, kept in ClickHouse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from prela_agents.model import Change, Mention, Metric, Report, Snapshot

__all__ = ["History"]


class History(Protocol):
    """Mentions, changes, measures and reports.

    Adding the same again changes nothing, and adding another value for the same key, as each
    method names it, replaces the one before. Times are from `since` until before `until`.
    """

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        """Keep mentions; by item, product and judge."""

    def mentions(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Mention]:
        """Give the relevant mentions whose items were made in that time, oldest first."""

    def add_changes(self, changes: Sequence[Change]) -> None:
        """Keep changes; by product, kind, time and summary."""

    def changes(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Change]:
        """Give changes, oldest first."""

    def add_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        """Keep measures; by product, metric and `at`. One that is missing replaces no value."""

    def snapshots(
        self, since: datetime, until: datetime, product: str, metric: Metric
    ) -> Sequence[Snapshot]:
        """Give the measures of one curve, oldest first. Days without any are not among them."""

    def add_report(self, report: Report) -> None:
        """Keep a report; by its id."""

    def reports(self, agent: str | None = None) -> Sequence[Report]:
        """Give the reports of an agent, or all, newest first."""

    def purge(self, item_keys: Sequence[str]) -> None:
        """Forget what was said in items that were taken back, and who said it."""
