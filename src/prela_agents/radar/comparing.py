"""A week next to the week before, in a sentence."""

from __future__ import annotations

from datetime import datetime, timedelta

from prela_agents.model import Metric, Sentence
from prela_agents.radar.days import Series
from prela_agents.reports import counted, day, number, percent

__all__ = ["compared"]

_WEEK = timedelta(days=7)

_NOUNS = {
    Metric.STARS: "star",
    Metric.FORKS: "fork",
    Metric.WATCHERS: "watcher",
    Metric.OPEN_ISSUES: "open issue",
    Metric.MEMBERS: "member",
    Metric.ONLINE: "member online",
    Metric.SUBSCRIBERS: "subscriber",
    Metric.DOWNLOADS: "download",
    Metric.MENTIONS: "mention",
}


def compared(series: Series, since: datetime, until: datetime) -> Sentence | None:
    """Say how the days from `since` until before `until` went; None where nothing is known."""
    said = _total(series, since, until) if series.is_total else _days(series, since, until)
    if said is None:
        return None
    sources = (series.source(since - _WEEK, until), series.url)
    return Sentence(said, tuple(each for each in sources if each))


def _total(series: Series, since: datetime, until: datetime) -> str | None:
    last = series.last_before(until)
    if last is None or last[0] < since:
        return None
    at, value = last
    has = f"{series.product} has {counted_as(series.metric, value)} as of {day(at)}"
    before = series.last_before(since) or series.within(since, until)[0]
    if before[0] == at:
        return f"{has}; there is no earlier figure to compare it with."
    gone = at - before[0]
    change = value - before[1]
    if not change:
        return f"{has}, as many as on {day(before[0])}."
    more = "more" if change > 0 else "fewer"
    days = counted(gone.days, "day")
    return (
        f"{has}, {number(abs(change))} {more} than on {day(before[0])} "
        f"({days} before: {number(before[1])})."
    )


def _days(series: Series, since: datetime, until: datetime) -> str | None:
    days = series.within(since, until)
    if not days:
        return None
    total = sum(value for _, value in days)
    got = f"{series.product} got {counted_as(series.metric, total)} in {counted(len(days), 'day')}"
    before = series.within(since - _WEEK, since)
    if not before:
        return f"{got}; there is no week before to compare it with."
    # Days of the one week alone would be compared with nothing, and a Sunday is no Monday.
    now, then = ({at.weekday(): value for at, value in week} for week in (days, before))
    both = now.keys() & then.keys()
    if not both:
        return f"{got}; the same days of the week before are not known."
    same, earlier = (sum(week[each] for each in both) for week in (now, then))
    ratio = _ratio(same, earlier)
    if len(both) < len(now):
        on = f"{counted(len(both), 'day')} that {_are(len(both))} known of the week before as well"
        return f"{got}: {number(same)} on the {on}, {ratio} the {number(earlier)} then."
    if len(both) < len(then):
        return f"{got}, {ratio} the {number(earlier)} of the same days of the week before."
    return f"{got}, {ratio} the {number(earlier)} of as many days before."


def counted_as(metric: Metric, value: float) -> str:
    """Give a count with the metric's noun."""
    noun = _NOUNS[metric]
    if metric is Metric.ONLINE:
        return f"{number(value)} members online"
    return counted(round(value), noun)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _ratio(now: float, before: float) -> str:
    if now == before:
        return "the same as"
    if not before:
        return "after"
    more = "more than" if now > before else "fewer than"
    return f"{percent(abs(now - before), before)} {more}"
