"""Plots of what was done and said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from prela_agents.model import Change, ChangeKind, Figure, Mention, Sentiment
from prela_agents.reports.plots import Bar, bars
from prela_agents.sentinel.aspects import ASPECTS

__all__ = ["changes_drawn", "feelings_drawn"]

_GROUPS: Mapping[str, frozenset[ChangeKind]] = {
    "new": frozenset({ChangeKind.FEATURE, ChangeKind.INTEGRATION, ChangeKind.PERFORMANCE}),
    "fixed": frozenset({ChangeKind.FIX, ChangeKind.SECURITY}),
    "taken away": frozenset({ChangeKind.BREAKING, ChangeKind.DEPRECATION}),
    "price, licence, message": frozenset(
        {ChangeKind.PRICING, ChangeKind.LICENSE, ChangeKind.POSITIONING}
    ),
    "other": frozenset({ChangeKind.OTHER}),
}
_GROUP_HUES = dict(zip(_GROUPS, ("blue", "green", "red", "amber", "grey"), strict=True))
_FEELING_HUES = {"bad": "red", "mixed": "grey", "good": "green"}
_FEELINGS = {
    Sentiment.NEGATIVE: "bad",
    Sentiment.MIXED: "mixed",
    Sentiment.POSITIVE: "good",
}


def changes_drawn(changes: Sequence[Change], names: Sequence[str]) -> Figure | None:
    """Draw how much each competitor changed, by kind; None where nothing did."""
    rows = [
        Bar(name, Counter(_group(each.kind) for each in changes if each.product == name))
        for name in names
    ]
    rows = [Bar(each.name, {k: n for k, n in each.counts.items() if k}) for each in rows]
    if not any(row.counts for row in rows):
        return None
    caption = "Changes by what they do, for each competitor."
    return Figure("sentinel-changes", caption, bars(caption, rows, _GROUP_HUES))


def feelings_drawn(mentions: Sequence[Mention], product: str) -> Figure | None:
    """Draw which sides of a product people praise and fault; None where they do neither."""
    felt: dict[str, Counter[str]] = {}
    for mention in mentions:
        for aspect in mention.aspects:
            felt.setdefault(aspect.name, Counter())[_FEELINGS[aspect.sentiment]] += 1
    if not felt:
        return None
    most = sorted(felt, key=lambda name: (-felt[name].total(), name))
    rows = [Bar(ASPECTS[name], felt[name]) for name in most]
    caption = f"What people praise (right) and fault (left) about {product}, by how many."
    slug = "".join(each if each.isalnum() else "-" for each in product.casefold())
    drawn = bars(caption, rows, _FEELING_HUES, frozenset({"bad"}))
    return Figure(f"sentinel-{slug}", caption, drawn)


def _group(kind: ChangeKind) -> str:
    return next((name for name, kinds in _GROUPS.items() if kind in kinds), "")
