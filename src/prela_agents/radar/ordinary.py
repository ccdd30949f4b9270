"""What is out of the ordinary: far from the median, in units of the usual distance from it.

The median and the median absolute deviation (MAD) are not moved by the very outliers that are
looked for, as mean and standard deviation would be. A day is compared with those before it only,
so a mark never comes or goes by what happened later.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

import attrs

from prela_agents.radar.days import Series

__all__ = ["BACK", "Odd", "odd_days"]

BACK = timedelta(days=56)
"""So long before a day lie those that it is compared with."""
_LEAST = 8
"""So many days before are needed to say what is usual."""
_FAR = 3.5
"""The customary bound for this score, by Iglewicz and Hoaglin."""
_MAD_TO_SIGMA = 1.4826
"""For values that are normally distributed the MAD is a standard deviation by this."""
_SATURDAY = 5
_FEW = 4.0
"""Of counts below it, a handful more is chance."""


@attrs.frozen
class Odd:
    """A day that is far off. `value` and `usual` are counts of the day, or changes of a total.

    `score` is how many usual distances it is above the median, or below.
    """

    at: datetime
    value: float
    usual: float
    score: float


def odd_days(series: Series, since: datetime, until: datetime) -> list[Odd]:
    """Give what is out of the ordinary from `since` until before `until`, oldest first."""
    values = _changes(series.known) if series.is_total else series.known
    found = []
    for at, value in values:
        if not since <= at < until:
            continue
        before = [
            known
            for day, known in values
            if at - BACK <= day < at and (series.is_total or _alike(day, at))
        ]
        judged = _judged(at, value, before)
        if judged is not None and abs(judged.score) >= _FAR:
            found.append(judged)
    return found


def _judged(at: datetime, value: float, before: Sequence[float]) -> Odd | None:
    if len(before) < _LEAST:
        return None
    usual = median(before)
    spread = _MAD_TO_SIGMA * median([abs(each - usual) for each in before])
    # However alike a few days were by chance: counts scatter by their square root at least, and
    # a tenth more or less is no news.
    spread = max(spread, math.sqrt(max(abs(usual), _FEW)), abs(usual) / 10)
    return Odd(at, value, usual, (value - usual) / spread)


def _alike(one: datetime, other: datetime) -> bool:
    """Weekends are compared with weekends: software is used at work."""
    return (one.weekday() >= _SATURDAY) == (other.weekday() >= _SATURDAY)


def _changes(known: Sequence[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    """Give by how much a total changed a day, at the end of each stretch between two days."""
    return [
        (at, (value - before) / ((at - earlier) / timedelta(days=1)))
        for (earlier, before), (at, value) in pairwise(known)
    ]
