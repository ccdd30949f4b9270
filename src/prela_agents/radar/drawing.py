"""Curves with releases and marks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from prela_agents.model import Figure
from prela_agents.radar.days import Series
from prela_agents.radar.ordinary import odd_days
from prela_agents.reports import listed, span
from prela_agents.reports.plots import Curve, curves

__all__ = ["Releases", "drawn"]

Releases = Mapping[str, Sequence[tuple[datetime, str]]]
"""Times and versions, by product, oldest first."""

_NOON = timedelta(hours=12)
"""A day's value stands in its middle: what came out in the morning was there for most of it."""
_HUES = ("blue", "amber", "green", "violet")


def drawn(
    heading: str,
    shown: Sequence[Series],
    releases: Releases,
    since: datetime,
    until: datetime,
) -> Figure:
    """Draw one metric for several products, each on its own scale."""
    marked = {each.product: odd_days(each, since, until) for each in shown}
    panels = [
        Curve(
            name=each.product,
            points=[(at + _NOON, value) for at, value in each.days],
            hue=_HUES[place % len(_HUES)],
            odd=frozenset(odd.at + _NOON for odd in marked[each.product]),
            releases=releases.get(each.product, ()),
        )
        for place, each in enumerate(shown)
    ]
    names = listed([each.product for each in shown])
    caption = f"{heading} of {names}, {span(since, until)}, each on its own scale."
    if any(since <= at < until for each in shown for at, _ in releases.get(each.product, ())):
        caption += " Dashed lines are releases."
    if any(marked.values()):
        caption += " Rings mark days out of the ordinary."
    if any(each.missing(since, until) for each in shown):
        caption += " Gaps are days without a figure."
    metric = shown[0].metric
    return Figure(f"radar-{metric}", caption, curves(caption, panels, since, until))
