"""Two traces compared: what one run did that the other did not, or did otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any

import attrs
import msgspec

from prela_core.analysis.matching import Twig, match
from prela_core.store.results import StoredSpan, TraceDetail, TraceSummary

__all__ = ["Difference", "SpanDiff", "SpanFacts", "TraceDiff", "diff_traces"]

_LEAST_SHARE = 0.1
_LEAST_MS = 1.0
_BILLION = 1_000_000_000
_BEFORE_CUT = 40
_EXCERPT = 200


class Difference(StrEnum):
    """In what a span of the second trace differs from the first."""

    ADDED = "added"
    """Only the second trace has it."""
    REMOVED = "removed"
    """Only the first trace has it."""
    MOVED = "moved"
    """It stands below another span."""
    RENAMED = "renamed"
    MODEL = "model"
    """Another model was asked."""
    STATUS = "status"
    """It failed, succeeded or runs where it did not."""
    ASKED = "asked"
    """Something else went in."""
    ANSWERED = "answered"
    """Something else came out."""
    SLOWER = "slower"
    """It took longer, by a tenth and a millisecond at least."""
    FASTER = "faster"
    """It took less time, by a tenth and a millisecond at least."""
    DEARER = "dearer"
    CHEAPER = "cheaper"


@attrs.frozen(kw_only=True, slots=False)
class SpanFacts:
    """What one trace says of a span.

    `input` and `output` are excerpts of what went in and came out, from shortly before the first
    place where the two traces differ, and None where they don't.
    """

    span_id: str
    name: str
    status: str
    model: str | None
    duration_ms: float
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None
    input: str | None = None
    output: str | None = None


@attrs.frozen(kw_only=True, slots=False)
class SpanDiff:
    """A span of either trace, or a pair of spans that do the same work.

    `depth` counts the spans above it. `differences` is empty for a pair that is the same;
    `before` is None for what was added, `after` for what was removed.
    """

    depth: int
    span_type: str
    name: str
    differences: list[Difference]
    before: SpanFacts | None
    after: SpanFacts | None


@attrs.frozen(kw_only=True, slots=False)
class TraceDiff:
    """Two traces, and all their spans as one tree, in the order of the second.

    `counts` says for each `Difference` how many spans have it; what none has is left out.
    """

    before: TraceSummary
    after: TraceSummary
    counts: dict[str, int]
    spans: list[SpanDiff]


def diff_traces(before: TraceDetail, after: TraceDetail) -> TraceDiff:
    """Compare two traces, span by span; the ids and moments of two runs are no difference.

    Ids of tool calls inside messages are none either. Durations are compared where both spans
    have ended, cost where both are known.
    """
    matched = match(before.spans, after.spans)
    spans = list(_in_order(matched.before, matched.after))
    counts = Counter(difference for span in spans for difference in span.differences)
    return TraceDiff(
        before=_summary(before),
        after=_summary(after),
        counts={word.value: counts[word] for word in Difference if counts[word]},
        spans=spans,
    )


def _summary(trace: TraceDetail) -> TraceSummary:
    fields = attrs.fields(TraceSummary)
    return TraceSummary(**{field.name: getattr(trace, field.name) for field in fields})


def _in_order(before: Sequence[Twig], after: Sequence[Twig]) -> Iterator[SpanDiff]:
    """Walk the tree of the second trace, with what was removed where it would have stood."""
    stack = [(side, 0) for side in reversed(_siblings(before, after))]
    while stack:
        (twig, is_after), depth = stack.pop()
        if is_after:
            yield _added(twig, depth) if twig.twin is None else _pair(twig.twin, twig, depth)
            was = twig.twin.children if twig.twin is not None else ()
            below = _siblings(was, twig.children)
        else:
            yield _removed(twig, depth)
            below = [(child, False) for child in twig.children if child.twin is None]
        stack += [(side, depth + 1) for side in reversed(below)]


def _siblings(before: Sequence[Twig], after: Sequence[Twig]) -> list[tuple[Twig, bool]]:
    """Put what was removed among the children of the second trace: behind what it stood behind."""
    behind: dict[int, list[Twig]] = {}
    last = 0
    here = {id(twig) for twig in after}
    for twig in before:
        if twig.twin is None:
            behind.setdefault(last, []).append(twig)
        elif id(twig.twin) in here:
            last = id(twig.twin)
    order = [(twig, False) for twig in behind.get(0, ())]
    for twig in after:
        order.append((twig, True))
        order += [(gone, False) for gone in behind.get(id(twig), ())]
    return order


def _added(twig: Twig, depth: int) -> SpanDiff:
    return _row(twig.span, depth, [Difference.ADDED], None, _facts(twig.span))


def _removed(twig: Twig, depth: int) -> SpanDiff:
    return _row(twig.span, depth, [Difference.REMOVED], _facts(twig.span), None)


def _pair(was: Twig, twig: Twig, depth: int) -> SpanDiff:
    one, other = was.span, twig.span
    found: list[Difference] = []
    texts: list[dict[str, str | None]] = [{}, {}]
    if twig.moved:
        found.append(Difference.MOVED)
    for difference, name in (
        (Difference.RENAMED, "name"),
        (Difference.MODEL, "model"),
        (Difference.STATUS, "status"),
    ):
        if getattr(one, name) != getattr(other, name):
            found.append(difference)
    for difference, name in ((Difference.ASKED, "input"), (Difference.ANSWERED, "output")):
        sides = getattr(one, name), getattr(other, name)
        if not _same_text(*sides):
            found.append(difference)
            for side, text in zip(texts, _excerpts(*sides), strict=True):
                side[name] = text
    found += _compared(_times(one, other), Difference.SLOWER, Difference.FASTER)
    found += _compared(_costs(one, other), Difference.DEARER, Difference.CHEAPER)
    return _row(other, depth, found, _facts(one, **texts[0]), _facts(other, **texts[1]))


def _row(
    span: StoredSpan,
    depth: int,
    differences: list[Difference],
    before: SpanFacts | None,
    after: SpanFacts | None,
) -> SpanDiff:
    return SpanDiff(
        depth=depth,
        span_type=span.span_type,
        name=span.name,
        differences=differences,
        before=before,
        after=after,
    )


def _facts(span: StoredSpan, **texts: str | None) -> SpanFacts:
    return SpanFacts(
        span_id=span.span_id,
        name=span.name,
        status=span.status,
        model=span.model,
        duration_ms=span.duration_ms,
        input_tokens=span.input_tokens,
        output_tokens=span.output_tokens,
        cost_usd=span.cost_usd,
        **texts,
    )


def _compared(change: float, more: Difference, less: Difference) -> list[Difference]:
    return [more] if change > 0 else [less] if change < 0 else []


def _times(one: StoredSpan, other: StoredSpan) -> float:
    if one.ended_at is None or other.ended_at is None:
        return 0.0
    change = other.duration_ms - one.duration_ms
    least = max(abs(one.duration_ms) * _LEAST_SHARE, _LEAST_MS)
    return change if abs(change) >= least else 0.0


def _costs(one: StoredSpan, other: StoredSpan) -> float:
    if one.cost_usd is None or other.cost_usd is None:
        return 0.0
    return round(other.cost_usd * _BILLION) - round(one.cost_usd * _BILLION)


def _same_text(one: str | None, other: str | None) -> bool:
    if one == other:
        return True
    if one is None or other is None or not (one.startswith("[{") and other.startswith("[{")):
        return False
    return bool(_without_call_ids(one) == _without_call_ids(other))


def _without_call_ids(text: str) -> Any:
    """Read messages in their normal form without the ids of calls, which no two runs share."""
    try:
        messages = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return text
    for message in messages:
        if isinstance(message, dict) and "role" in message:
            message.pop("tool_call_id", None)
            calls = message.get("tool_calls")
            for call in calls if isinstance(calls, list) else ():
                if isinstance(call, dict):
                    call.pop("id", None)
    return messages


def _excerpts(one: str | None, other: str | None) -> tuple[str | None, str | None]:
    """Cut both texts from shortly before the first character in which they differ."""
    if one is None or other is None:
        return one and one[:_EXCERPT], other and other[:_EXCERPT]
    at = next(
        (at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
        min(len(one), len(other)),
    )
    start = max(at - _BEFORE_CUT, 0)
    return one[start : start + _EXCERPT], other[start : start + _EXCERPT]
