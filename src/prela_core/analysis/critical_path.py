"""The critical path: which span each moment of a trace was waited for.

A trace ends when its last span does, so the path is read backwards from there. Of a span's
children, the one that ended last was waited for; before it began, the one that ended last before
that, and so on. A child counts with all that it started, so that work which outlasts the span that
began it is on the path too. Children that overlap the one that was waited for are not: to make them
faster would not have made the trace faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from heapq import heappop, heappush

import attrs

from prela_core.analysis.running import Interval, TimedSpan, last_moment, ran
from prela_core.analysis.self_time import self_times
from prela_core.model import from_micros, to_micros
from prela_core.model.tree import Node, build_forest, walk

__all__ = ["CriticalPath", "PathSegment", "SpanTime", "critical_path"]


@attrs.frozen(kw_only=True, slots=False)
class PathSegment:
    """A stretch of a trace's time and the span that it was spent in.

    `span_id` is None where no span of the path ran: time between spans that nobody recorded.
    """

    span_id: str | None
    started_at: datetime
    ended_at: datetime
    duration_ms: float


@attrs.frozen(kw_only=True, slots=False)
class SpanTime:
    """How a span spent its time.

    `self_ms` are the milliseconds in which none of its children ran, `path_ms` those for which
    it was on the critical path: by so much, at the most, the trace would be faster without it.
    """

    span_id: str
    self_ms: float
    path_ms: float


@attrs.frozen(kw_only=True, slots=False)
class CriticalPath:
    """What a trace's time was spent on.

    `segments` follow each other without a gap from the trace's start to the last moment known of
    it, so their durations add up to `duration_ms`. `spans` has all spans of the trace: those with
    the most time on the path first, then those with the most self time.
    """

    started_at: datetime
    duration_ms: float
    segments: list[PathSegment]
    spans: list[SpanTime]


@attrs.frozen
class _Stretch:
    """When a span of the path, `depth` levels down, ran."""

    time: Interval
    depth: int
    span_id: str


def critical_path(spans: Sequence[TimedSpan]) -> CriticalPath:
    """Find the critical path through the spans of one trace (one version of each, at least one).

    A span that runs is reckoned up to the last moment known of the trace; one that ends before it
    starts takes no time. At any moment the innermost span of the path that ran has the time. Takes
    time in proportion to n log n, whatever clients sent as parents.
    """
    until = last_moment(spans)
    begin = min(to_micros(span.started_at) for span in spans)
    segments = list(_segments(list(_on_path(spans, until)), Interval(begin, until)))
    on_path: Counter[str | None] = Counter()
    for segment in segments:
        length = to_micros(segment.ended_at) - to_micros(segment.started_at)
        on_path[segment.span_id] += length
    times = [
        SpanTime(span_id=span_id, self_ms=self_ms, path_ms=on_path[span_id] / 1000)
        for span_id, self_ms in self_times(spans).items()
    ]
    return CriticalPath(
        started_at=from_micros(begin),
        duration_ms=(until - begin) / 1000,
        segments=segments,
        spans=sorted(times, key=lambda time: (-time.path_ms, -time.self_ms, time.span_id)),
    )


def _on_path(spans: Sequence[TimedSpan], until: int) -> Iterator[_Stretch]:
    forest = build_forest(spans)
    tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]
    extents = _extents(tops, until)
    below = [(tops, 0)]
    while below:
        siblings, depth = below.pop()
        for node in _waited_for(siblings, extents):
            yield _Stretch(ran(node.span, until), depth, node.span.span_id)
            below.append((node.children, depth + 1))


def _extents(tops: Sequence[Node[TimedSpan]], until: int) -> dict[int, Interval]:
    """Say for each node (by `id()`) from when to when it or anything below it ran."""
    extents: dict[int, Interval] = {}
    for node, _, _ in reversed(list(walk(tops))):  # children before their parents
        parts = [ran(node.span, until), *(extents[id(child)] for child in node.children)]
        extents[id(node)] = Interval(
            min(part.start for part in parts), max(part.end for part in parts)
        )
    return extents


def _waited_for(
    siblings: Sequence[Node[TimedSpan]], extents: dict[int, Interval]
) -> Iterator[Node[TimedSpan]]:
    """Give those of `siblings` that the path leads through, the last first."""

    def latest(node: Node[TimedSpan]) -> tuple[int, int, str]:
        extent = extents[id(node)]
        return -extent.end, extent.start, node.span.span_id

    reached: int | None = None
    for node in sorted(siblings, key=latest):
        extent = extents[id(node)]
        if extent.start < extent.end and (reached is None or extent.end <= reached):
            reached = extent.start
            yield node


def _segments(stretches: Sequence[_Stretch], whole: Interval) -> Iterator[PathSegment]:
    """Cut `whole` up, each moment going to the deepest of `stretches` that has it.

    Siblings on the path don't overlap, so there is one of each depth at the most.
    """
    opening = sorted(stretches, key=lambda stretch: stretch.time.start, reverse=True)
    marks = {whole.start, whole.end}
    marks.update(at for one in stretches for at in (one.time.start, one.time.end))
    moments = sorted(marks)
    held: list[tuple[int, int, str]] = []  # (-depth, end, span id): the deepest first
    began, owner = whole.start, ""
    for at in moments[:-1]:
        while opening and opening[-1].time.start <= at:
            one = opening.pop()
            heappush(held, (-one.depth, one.time.end, one.span_id))
        while held and held[0][1] <= at:
            heappop(held)
        now = held[0][2] if held else ""
        if now != owner:
            if at > began:
                yield _segment(owner, began, at)
            began, owner = at, now
    if whole.end > began:
        yield _segment(owner, began, whole.end)


def _segment(span_id: str, start: int, end: int) -> PathSegment:
    return PathSegment(
        span_id=span_id or None,
        started_at=from_micros(start),
        ended_at=from_micros(end),
        duration_ms=(end - start) / 1000,
    )
