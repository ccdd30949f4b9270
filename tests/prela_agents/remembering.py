"""A history in a process's memory, for pipelines that only write to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from prela_agents.model import Change, Mention, Metric, Report, Section, Snapshot


class Remembered:
    """Keeps by the keys that the port names."""

    def __init__(self) -> None:
        self._mentions: dict[tuple[str, str, str], Mention] = {}
        self._changes: dict[tuple[str, str, datetime, str], Change] = {}
        self._snapshots: dict[tuple[str, str, datetime], Snapshot] = {}
        self._reports: dict[str, Report] = {}

    def add_mentions(self, mentions: Sequence[Mention]) -> None:
        for each in mentions:
            self._mentions[each.item.key, each.product, each.judge] = each

    def mentions(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Mention]:
        found = [
            each
            for each in self._mentions.values()
            if each.relevant
            and since <= each.item.created_at < until
            and product in {None, each.product}
        ]
        return sorted(found, key=lambda each: each.item.created_at)

    def add_changes(self, changes: Sequence[Change]) -> None:
        for each in changes:
            self._changes[each.product, each.kind, each.at, each.summary] = each

    def changes(
        self, since: datetime, until: datetime, product: str | None = None
    ) -> Sequence[Change]:
        found = [
            each
            for each in self._changes.values()
            if since <= each.at < until and product in {None, each.product}
        ]
        return sorted(found, key=lambda each: each.at)

    def add_snapshots(self, snapshots: Sequence[Snapshot]) -> None:
        for each in snapshots:
            key = (each.product, each.metric, each.at)
            if each.value is not None or key not in self._snapshots:
                self._snapshots[key] = each

    def snapshots(
        self, since: datetime, until: datetime, product: str, metric: Metric
    ) -> Sequence[Snapshot]:
        found = [
            each
            for each in self._snapshots.values()
            if since <= each.at < until and (each.product, each.metric) == (product, metric)
        ]
        return sorted(found, key=lambda each: each.at)

    def add_report(self, report: Report) -> None:
        self._reports[report.id] = report

    def reports(self, agent: str | None = None) -> Sequence[Report]:
        found = [each for each in self._reports.values() if agent in {None, each.agent}]
        return sorted(
            sorted(found, key=lambda each: each.id), key=lambda each: each.until, reverse=True
        )

    def purge(self, item_keys: Sequence[str]) -> None:
        gone = {key for key in self._mentions if key[0] in item_keys}
        urls = {self._mentions[key].item.url for key in gone}
        for key in gone:
            del self._mentions[key]
        for report in list(self._reports.values()):
            self._reports[report.id] = attrs.evolve(
                report, sections=tuple(_without(each, urls) for each in report.sections)
            )


def _without(section: Section, urls: set[str]) -> Section:
    kept = [each for each in section.sentences if not urls.intersection(each.sources)]
    return attrs.evolve(section, sentences=tuple(kept))
