"""A run of Radar."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from prela_agents.collecting import collect
from prela_agents.errors import AgentError
from prela_agents.model import Failure, Metric, Outcome, Profile, Snapshot
from prela_agents.ports import Parts
from prela_agents.radar.days import Series, series_of
from prela_agents.radar.mentions import mention_counts
from prela_agents.radar.report import AGENT, releases_of, report_of
from prela_agents.releasing import maker_of, release_of
from prela_agents.reports import Week

__all__ = ["Radar"]

_KNOWN = timedelta(days=98)
"""So long before now the history is looked at: four weeks are drawn, each day of them is compared
with eight weeks before it, and the week before this one is reported as well."""
_TICK = timedelta(microseconds=1)


class Radar:
    """Reads the gauges, and writes the reports of this week and the one before."""

    name = AGENT

    def __init__(self, profile: Profile, parts: Parts) -> None:
        self._profile = profile
        self._parts = parts

    async def run(self) -> Outcome:
        """Do all of it once. A gauge that fails is missing from the curves, and not zero."""
        collected = await collect(self._parts)
        self._note_releases()
        failures, succeeded = list(collected.failures), collected.succeeded
        counted: list[Snapshot] = []
        for gauge in self._parts.gauges:
            try:
                snapshots = await gauge.read()
            except AgentError as error:
                failures.append(Failure(gauge.name, str(error)))
                continue
            succeeded += 1
            self._parts.history.add_snapshots(snapshots)
            counted += snapshots
        self._count_mentions()
        reports = self._report()
        return Outcome(
            counts={
                "snapshots": sum(each.value is not None for each in counted),
                "missing": sum(each.value is None for each in counted),
                "reports": reports,
            },
            failures=tuple(failures),
            succeeded=succeeded,
        )

    def _note_releases(self) -> None:
        """Keep when versions came out; of what else the sources told, Sentinel makes more."""
        state, now = self._parts.state, self._parts.clock.now()
        while items := state.pending():
            for item in items:
                product = maker_of(item, self._profile)
                change = release_of(item, product, now) if product is not None else None
                if change is not None:
                    self._parts.history.add_changes([change])
                state.settle(item)

    def _count_mentions(self) -> None:
        now = self._parts.clock.now()
        products = [each.name for each in self._profile.products]
        mentions = self._parts.history.mentions(now - _KNOWN, now)
        counts = mention_counts(mentions, products, self._parts.model.name, now)
        self._parts.history.add_snapshots(counts)

    def _report(self) -> int:
        now = self._parts.clock.now()
        history = self._parts.history
        shown = self._series()
        releases = releases_of(history.changes(now - _KNOWN, now))
        week = Week.of(now)
        written = 0
        for each in (week.before, week):
            report = report_of(each, now, self._profile.us.name, shown, releases)
            if report is not None:
                history.add_report(report)
                written += 1
        return written

    def _series(self) -> Sequence[Series]:
        now, history = self._parts.clock.now(), self._parts.history
        return [
            series_of(
                product.name,
                metric,
                history.snapshots(now - _KNOWN, now + _TICK, product.name, metric),
            )
            for metric in Metric
            for product in self._profile.products
        ]
