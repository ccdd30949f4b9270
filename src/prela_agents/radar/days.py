"""Snapshots as one value a day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time, timedelta

import attrs

from prela_agents.model import Metric, Snapshot

__all__ = ["BY_THE_DAY", "Series", "midnight", "series_of"]

BY_THE_DAY = frozenset({Metric.DOWNLOADS, Metric.MENTIONS})
"""What is counted anew each day; everything else is a total as of a moment."""

_DAY = timedelta(days=1)


def midnight(moment: datetime) -> datetime:
    """Give the midnight, in UTC, that begins the day of `moment`."""
    return datetime.combine(moment.astimezone(UTC).date(), time(), UTC)


@attrs.frozen(kw_only=True)
class Series:
    """A metric of a product: days, by their midnight, with their values, oldest first.

    None is a day that was asked for and not given. Of metrics by the day every day from the first
    to the last is there; of totals only those on which somebody asked. `url` is where anyone can
    see it now.
    """

    product: str
    metric: Metric
    days: tuple[tuple[datetime, float | None], ...]
    url: str = ""

    @property
    def known(self) -> list[tuple[datetime, float]]:
        """The days that have a value."""
        return [(at, value) for at, value in self.days if value is not None]

    @property
    def is_total(self) -> bool:
        """Say whether values are totals, of which the changes matter."""
        return self.metric not in BY_THE_DAY

    def within(self, since: datetime, until: datetime) -> list[tuple[datetime, float]]:
        """Give the known days from `since` until before `until`."""
        return [(at, value) for at, value in self.known if since <= at < until]

    def last_before(self, moment: datetime) -> tuple[datetime, float] | None:
        """Give the last known day that begins before `moment`."""
        return next(((at, value) for at, value in reversed(self.known) if at < moment), None)

    def missing(self, since: datetime, until: datetime) -> list[datetime]:
        """Give the days without a value."""
        return [at for at, value in self.days if value is None and since <= at < until]

    def source(self, since: datetime, until: datetime) -> str:
        """Name the history of these days as the source of a sentence."""
        return f"history:{self.metric}/{self.product}/{since:%Y-%m-%d}..{until:%Y-%m-%d}"


def series_of(product: str, metric: Metric, snapshots: Iterable[Snapshot]) -> Series:
    """Make a series: of a day with several values, the last one counts."""
    days: dict[datetime, float | None] = {}
    url = ""
    for each in sorted(snapshots, key=lambda each: each.at):
        day = midnight(each.at)
        if each.value is not None or day not in days:
            days[day] = each.value
        url = each.url or url
    if metric in BY_THE_DAY and days:
        for day in _each_day(min(days), max(days)):
            days.setdefault(day, None)
    return Series(product=product, metric=metric, days=tuple(sorted(days.items())), url=url)


def _each_day(first: datetime, last: datetime) -> Sequence[datetime]:
    return [first + _DAY * each for each in range((last - first) // _DAY + 1)]
