"""The time that a span spent by itself, while none of its children ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prela_core.analysis.running import Interval, TimedSpan, last_moment, ran
from prela_core.model.tree import build_forest, walk

__all__ = ["covered", "self_times"]


def self_times(spans: Sequence[TimedSpan]) -> dict[str, float]:
    """Give the milliseconds of self time of each span, by its id.

    A span's self time is its duration without the moments at which a child of its own ran;
    children that overlap take a moment away once, and what they did before or after their parent
    takes nothing. A span that runs is reckoned up to the last moment known of the trace.
    """
    if not spans:
        return {}
    until = last_moment(spans)
    forest = build_forest(spans)
    tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]
    found: dict[str, float] = {}
    for node, _, _ in walk(tops):
        own = ran(node.span, until)
        below = covered(own, (ran(child.span, until) for child in node.children))
        found[node.span.span_id] = (own.end - own.start - below) / 1000
    return found


def covered(whole: Interval, parts: Iterable[Interval]) -> int:
    """Count the microseconds of `whole` that lie in at least one of `parts`."""
    total, reached = 0, whole.start
    for part in sorted(parts, key=lambda part: part.start):
        begin, end = max(part.start, reached), min(part.end, whole.end)
        if end > begin:
            total += end - begin
            reached = end
    return total
