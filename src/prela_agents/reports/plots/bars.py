"""Counts of several kinds, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

import attrs

from prela_agents.reports.plots.scale import Scale, short
from prela_agents.reports.plots.svg import drawing, element, text

__all__ = ["Bar", "bars"]

_WIDTH, _LEFT, _RIGHT = 720.0, 150.0, 48.0
_BAR, _STEP, _HEAD, _FOOT = 18.0, 30.0, 44.0, 14.0
_NARROW = 16.0
"""Pixels of a part, below which its count is not written into it."""


@attrs.frozen
class Bar:
    """A row: counts by what they are of. Those of `left` in `bars` go to the left of the middle."""

    name: str
    counts: Mapping[str, int]


def bars(
    title: str, rows: Sequence[Bar], hues: Mapping[str, str], left: frozenset[str] = frozenset()
) -> str:
    """Draw a bar for each row out of its parts, in the order of `hues`, which is the legend too."""
    lefts = [sum(row.counts.get(each, 0) for each in left) for row in rows]
    rights = [sum(row.counts.values()) - most for row, most in zip(rows, lefts, strict=True)]
    across = Scale(-max(lefts, default=0), max([*rights, 1], default=1), _LEFT + 8, _WIDTH - _RIGHT)
    height = _HEAD + len(rows) * _STEP + _FOOT
    inside = _legend(hues)
    for place, row in enumerate(rows):
        inside += _row(row, _HEAD + place * _STEP, across, hues, left)
    x = across(0)
    inside.append(element("line", class_="grid", x1=x, x2=x, y1=_HEAD - 6, y2=height - _FOOT))
    return drawing(title, _WIDTH, height, *inside)


def _row(
    row: Bar, top: float, across: Scale, hues: Mapping[str, str], left: frozenset[str]
) -> list[str]:
    drawn = [text(row.name, _LEFT - 4, top + _BAR - 5, text_anchor="end")]
    ends = {True: 0, False: 0}
    # From the middle outwards, what is first in the legend is innermost.
    for name, hue in hues.items():
        count = row.counts.get(name, 0)
        if not count:
            continue
        to_left = name in left
        before = ends[to_left]
        ends[to_left] += count
        sign = -1 if to_left else 1
        x, other = sorted((across(sign * before), across(sign * ends[to_left])))
        drawn.append(
            element(
                "rect",
                element("title", escape(f"{count} {name}")),
                class_=f"fill-{hue}",
                x=x + 0.5,
                y=top,
                width=max(other - x - 1, 1),
                height=_BAR,
                rx=2,
            )
        )
        if other - x >= _NARROW:
            middle = (x + other) / 2
            drawn.append(
                text(
                    short(count),
                    middle,
                    top + _BAR - 5,
                    class_="inside",
                    text_anchor="middle",
                )
            )
    return drawn


def _legend(hues: Mapping[str, str]) -> list[str]:
    drawn = []
    x = _LEFT + 8
    for name, hue in hues.items():
        drawn += [
            element("rect", class_=f"fill-{hue}", x=x, y=14, width=10, height=10, rx=2),
            text(name, x + 15, 23, class_="dim"),
        ]
        x += 15 + 7.2 * len(name) + 14
    return drawn
