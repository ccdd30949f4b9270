"""What is counted over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from prela_agents.reports.plots.scale import Scale, short, ticks
from prela_agents.reports.plots.svg import coordinate, drawing, element, text

__all__ = ["Curve", "curves"]

_WIDTH, _LEFT, _RIGHT = 720.0, 56.0, 64.0
_PANEL, _HEAD, _GAP, _FOOT = 76.0, 42.0, 10.0, 26.0
_LABEL_ROOM = 46.0
"""Pixels that the name of a release takes; one that would cover another is left out."""


@attrs.frozen(kw_only=True)
class Curve:
    """A product's values. One that is None is a gap; what is between two gaps is a dot.

    `odd` are the times of values to be marked, `releases` times and versions.
    """

    name: str
    points: Sequence[tuple[datetime, float | None]]
    hue: str = "blue"
    odd: frozenset[datetime] = frozenset()
    releases: Sequence[tuple[datetime, str]] = ()


def curves(title: str, shown: Sequence[Curve], since: datetime, until: datetime) -> str:
    """Draw a panel for each curve, each with its own scale, below one another on one time axis."""
    height = len(shown) * (_HEAD + _PANEL + _GAP) + _FOOT
    across = Scale(since.timestamp(), until.timestamp(), _LEFT, _WIDTH - _RIGHT)
    inside = []
    for place, curve in enumerate(shown):
        top = place * (_HEAD + _PANEL + _GAP) + _HEAD
        inside += _panel(curve, across, top, since, until)
    inside += _days(across, since, until, height)
    return drawing(title, _WIDTH, height, *inside)


def _panel(curve: Curve, across: Scale, top: float, since: datetime, until: datetime) -> list[str]:
    known = [(at, value) for at, value in curve.points if value is not None and since <= at < until]
    head = text(curve.name, _LEFT, top - 23, class_="head")
    if not known:
        middle = top + _PANEL / 2
        return [head, text("no figures", _LEFT, middle, class_="dim")]
    values = [value for _, value in known]
    marks = ticks(min(values), max(values))
    up = Scale(marks[0], marks[-1], top + _PANEL, top)
    drawn = [head]
    for mark in marks:
        y = up(mark)
        drawn += [
            element("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y),
            text(short(mark), _LEFT - 8, y + 4, class_="dim", text_anchor="end"),
        ]
    drawn += _released(curve, across, top, since, until)
    for stretch in _stretches(curve.points, since, until):
        places = [(across(at.timestamp()), up(value)) for at, value in stretch]
        if len(places) == 1:
            x, y = places[0]
            drawn.append(element("circle", class_=f"fill-{curve.hue}", cx=x, cy=y, r=2.5))
            continue
        path = "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in places)
        drawn.append(element("path", class_=f"curve {curve.hue}", d=path))
    for at, value in known:
        if at in curve.odd:
            x, y = across(at.timestamp()), up(value)
            drawn.append(element("circle", class_="odd", cx=x, cy=y, r=4.5))
    last_at, last = known[-1]
    x, y = across(last_at.timestamp()), up(last)
    return [*drawn, text(short(last), x + 8, y + 4, class_=f"head fill-{curve.hue}")]


def _stretches(
    points: Sequence[tuple[datetime, float | None]], since: datetime, until: datetime
) -> list[list[tuple[datetime, float]]]:
    """Cut at values that are missing: a line over them would claim to know them."""
    found: list[list[tuple[datetime, float]]] = [[]]
    for at, value in points:
        if not since <= at < until:
            continue
        if value is None:
            found.append([])
        else:
            found[-1].append((at, value))
    return [each for each in found if each]


def _released(
    curve: Curve, across: Scale, top: float, since: datetime, until: datetime
) -> list[str]:
    drawn: list[str] = []
    free = 0.0
    for at, version in curve.releases:
        if not since <= at < until:
            continue
        x = across(at.timestamp())
        drawn.append(element("line", class_="release", x1=x, x2=x, y1=top - 6, y2=top + _PANEL))
        if x >= free:
            drawn.append(text(version, x, top - 9, class_="dim", text_anchor="middle"))
            free = x + _LABEL_ROOM
    return drawn


_MOST_DAYS = 8  # labels across


def _days(across: Scale, since: datetime, until: datetime, height: float) -> list[str]:
    """Label about eight days at most."""
    days = round((until - since) / timedelta(days=1))
    step = next(each for each in (1, 2, 7, 14, 28, 56, 112, 365) if days / each <= _MOST_DAYS)
    return [
        text(
            f"{at.day} {at:%b}",
            across(at.timestamp()),
            height - 9,
            class_="dim",
            text_anchor="middle",
        )
        for at in (since + timedelta(days=each) for each in range(0, days + 1, step))
        if at < until
    ]
