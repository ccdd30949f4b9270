"""The report of a week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from prela_agents.model import Change, Metric, Report, Section, Sentence
from prela_agents.radar.comparing import compared
from prela_agents.radar.days import Series
from prela_agents.radar.drawing import Releases, drawn
from prela_agents.radar.ordinary import BACK, Odd, odd_days
from prela_agents.reports import Week, day, listed, number, span

__all__ = ["AGENT", "releases_of", "report_of"]

AGENT = "radar"
_DAY = timedelta(days=1)
_SHOWN = timedelta(days=28)
_COUNTED_WITHIN = timedelta(days=2)
"""The last days may still be given."""
_JUST_BEFORE = timedelta(days=3)
"""A release so long before a mark is named beside it."""

_HEADINGS: Mapping[Metric, str] = {
    Metric.DOWNLOADS: "Downloads a day",
    Metric.STARS: "Stars",
    Metric.MENTIONS: "Mentions a day",
    Metric.MEMBERS: "Members of the Discord server",
    Metric.ONLINE: "Members online",
    Metric.SUBSCRIBERS: "Subscribers of the subreddit",
    Metric.OPEN_ISSUES: "Open issues and pull requests",
    Metric.FORKS: "Forks",
    Metric.WATCHERS: "Watchers",
}
"""Headings of all metrics, in the order of the report."""
_FIRST = (Metric.DOWNLOADS, Metric.STARS, Metric.MENTIONS, Metric.MEMBERS)
"""What is said of us first of all."""


def releases_of(changes: Iterable[Change]) -> dict[str, list[tuple[datetime, str]]]:
    """Give when each product's versions came out, oldest first."""
    first: dict[tuple[str, str], datetime] = {}
    for each in changes:
        if each.version:
            key = (each.product, each.version)
            first[key] = min(first.get(key, each.at), each.at)
    found: dict[str, list[tuple[datetime, str]]] = {}
    for (product, version), at in sorted(first.items(), key=lambda item: item[1]):
        found.setdefault(product, []).append((at, version))
    return found


def report_of(
    week: Week, now: datetime, us: str, shown: Sequence[Series], releases: Releases
) -> Report | None:
    """Write the report of `week` as of `now`; None where nothing was counted in it.

    `shown` has us first and the competitors after, for each metric.
    """
    until = min(week.until, now)
    sections = [
        section
        for metric in _HEADINGS
        if (section := _metric([each for each in shown if each.metric is metric], releases, week))
    ]
    if not sections:
        return None
    ours = {each.metric: each for each in shown if each.product == us}
    first = [
        said
        for metric in _FIRST
        if metric in ours and (said := compared(ours[metric], week.since, week.until))
    ]
    return Report(
        id=f"{AGENT}-{week.name}",
        agent=AGENT,
        title=f"{us} in numbers, week {week.name[-2:]}" + ("" if now >= week.until else " so far"),
        since=week.since,
        until=week.until,
        sections=tuple(
            each
            for each in (
                Section("In short", tuple(first)),
                _out_of_the_ordinary(shown, releases, week.since, until),
                *sections,
                _missing(shown, week.since, min(week.until, now - _COUNTED_WITHIN)),
            )
            if each.sentences
        ),
    )


def _metric(shown: Sequence[Series], releases: Releases, week: Week) -> Section | None:
    said = [
        (each, sentence)
        for each in shown
        if (sentence := compared(each, week.since, week.until)) is not None
    ]
    if not said:
        return None
    heading = _HEADINGS[shown[0].metric]
    # What began this week is drawn from where it begins, and not as four weeks of nothing.
    begins = min(each.known[0][0] for each, _ in said)
    since = max(week.until - _SHOWN, min(begins, week.since))
    figure = drawn(heading, [each for each, _ in said], releases, since, week.until)
    return Section(heading, tuple(sentence for _, sentence in said), (figure,))


def _out_of_the_ordinary(
    shown: Sequence[Series], releases: Releases, since: datetime, until: datetime
) -> Section:
    stretches = sorted(
        ((stretch, each) for each in shown for stretch in _stretches(odd_days(each, since, until))),
        key=lambda found: -max(abs(odd.score) for odd in found[0]),
    )
    said = tuple(_mark(stretch, each, releases) for stretch, each in stretches)
    return Section("Out of the ordinary", said)


def _stretches(odd: Sequence[Odd]) -> list[list[Odd]]:
    """Put days that follow each other and go the same way together: they have one cause."""
    found: list[list[Odd]] = []
    for each in odd:
        last = found[-1][-1] if found else None
        if last and each.at - last.at == _DAY and (each.score > 0) == (last.score > 0):
            found[-1].append(each)
        else:
            found.append([each])
    return found


def _mark(stretch: Sequence[Odd], series: Series, releases: Releases) -> Sentence:
    """Tell of the furthest day, and of how many beside it."""
    odd = max(stretch, key=lambda each: abs(each.score))
    what = _HEADINGS[series.metric].removesuffix(" a day")
    what = what[0].lower() + what[1:]
    if series.is_total:
        way = "grew" if odd.value >= 0 else "fell"
        said = (
            f"{way} by {number(abs(odd.value))} on {day(odd.at)}, where {number(odd.usual)} a day"
        )
    else:
        said = f"were {number(odd.value)} on {day(odd.at)}, where {number(odd.usual)}"
    text = f"{series.product}'s {what} {said} is the median of comparable days before"
    if len(stretch) > 1:
        text += f" ({span(stretch[0].at, stretch[-1].at + _DAY)} are out of the ordinary)"
    came = [
        f"{version} on {day(at)}"
        for at, version in releases.get(series.product, ())
        # What came after the furthest day did not bring it about.
        if stretch[0].at - _JUST_BEFORE <= at < odd.at + _DAY
    ]
    if came:
        text += f"; {series.product} released {listed(came)}"
    sources = (series.source(odd.at - BACK, odd.at + _DAY), series.url)
    return Sentence(f"{text}.", tuple(each for each in sources if each))


def _missing(shown: Sequence[Series], since: datetime, until: datetime) -> Section:
    sentences = []
    for each in shown:
        days = each.missing(since, until)
        # What is never given is not missed, and mentions are counted here.
        if not days or not each.known or each.metric is Metric.MENTIONS:
            continue
        named = listed([day(at) for at in days])
        sentences.append(
            Sentence(
                f"{each.product} has no figure for {_HEADINGS[each.metric].lower()} on {named}: it "
                "was not given, which says nothing about how many there were.",
                (each.source(since, until),),
            )
        )
    return Section("Missing", tuple(sentences))
