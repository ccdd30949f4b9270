"""What a condition of `prela_core.ask` means, said once more in plain Python over spans."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import msgspec
from msgspec import Raw

from prela_core import ask
from prela_core.ask import FIELDS, Compare, Condition, Kind, Op, Pattern
from prela_core.errors import InvalidError
from prela_core.model import to_micros
from prela_core.store import SpanFilter, StoredSpan, decode_raw
from prela_core.store.summary import AGGREGATING_TYPES, summarise
from prela_core.store.words import fold
from prela_core.testing.texts import has_attribute, holds_word

__all__ = ["span_meets", "trace_meets"]

_COMPARE: Mapping[Op, Callable[[Any, Any], bool]] = {
    Op.IS: operator.eq,
    Op.ABOVE: operator.gt,
    Op.AT_LEAST: operator.ge,
    Op.BELOW: operator.lt,
    Op.AT_MOST: operator.le,
}
_LONE_STAR = Pattern(("", ""))


def span_meets(where: SpanFilter, span: StoredSpan, spans: Sequence[StoredSpan]) -> bool:
    """Say whether `span`, one of the `spans` of its trace, meets every condition of `where`."""
    started_at = to_micros(span.started_at)
    return (
        (where.start_time is None or started_at >= where.start_time)
        and (where.end_time is None or started_at < where.end_time)
        and (where.where is None or _span(where.where, span, spans))
    )


def trace_meets(  # noqa: PLR0911 - one for each kind
    where: Condition, spans: Sequence[StoredSpan]
) -> bool:
    """Say whether the trace that `spans` make up meets `where`."""
    match where:
        case ask.And(parts):
            return all(trace_meets(part, spans) for part in parts)
        case ask.Or(parts):
            return any(trace_meets(part, spans) for part in parts)
        case ask.Not(of):
            return not trace_meets(of, spans)
        case ask.Any(of):
            return any(_span(of, span, spans, inside=True) for span in spans)
        case ask.All(of):
            return all(_span(of, span, spans, inside=True) for span in spans)
        case Compare() if FIELDS[where.field].of_trace:
            return _fits(_in_whole_numbers(where), _of_trace(where.field, spans))
        case _:
            return any(_span(where, span, spans, inside=True) for span in spans)


def _span(  # noqa: PLR0911 - one for each kind
    where: Condition, span: StoredSpan, spans: Sequence[StoredSpan], *, inside: bool = False
) -> bool:
    """Say whether `span` meets `where`; `inside` says that the whole trace was asked already."""
    match where:
        case ask.And(parts):
            return all(_span(part, span, spans, inside=inside) for part in parts)
        case ask.Or(parts):
            return any(_span(part, span, spans, inside=inside) for part in parts)
        case ask.Not(of):
            return not _span(of, span, spans, inside=inside)
        case ask.Any() | ask.All():
            if inside:
                raise InvalidError("any(...) and all(...) can't stand inside each other")
            return trace_meets(where, spans)
        case ask.Parent() | ask.Child() | ask.Under():
            around = _around(where, span, spans)
            return any(_span(where.of, each, spans, inside=True) for each in around)
        case ask.Words(text):
            return holds_word(span, text)
        case _:
            return _of_span(where, span)


def _around(
    where: ask.Parent | ask.Child | ask.Under, span: StoredSpan, spans: Sequence[StoredSpan]
) -> list[StoredSpan]:
    if isinstance(where, ask.Child):
        return [
            each
            for each in spans
            if each.parent_span_id == span.span_id and each.span_id != span.span_id
        ]
    by_id = {each.span_id: each for each in spans}
    found: dict[str, StoredSpan] = {}
    while len(found) < (1 if isinstance(where, ask.Parent) else ask.GENERATIONS):
        above = span.parent_span_id
        if above is None or above == span.span_id or above not in by_id or above in found:
            break
        span = found[above] = by_id[above]
    return list(found.values())


def _of_span(compare: Compare, span: StoredSpan) -> bool:
    field = FIELDS[compare.field]
    if field.column is None:
        raise InvalidError(f"{field.name} is of a trace as a whole, not of a span")
    match field.kind:
        case Kind.ATTRIBUTE:
            return _attribute(compare, span)
        case Kind.SCORE:
            return any(_score(compare, each) for each in decode_raw(span.scores))
        case Kind.MOMENT:
            moment = getattr(span, field.column)
            return _fits(compare, None if moment is None else to_micros(moment))
        case _ if field.name == "tokens":
            counts = (span.input_tokens, span.output_tokens)
            known = any(count is not None for count in counts)
            return _fits(compare, sum(count or 0 for count in counts) if known else None)
        case _:
            return _fits(compare, getattr(span, field.column))


def _of_trace(field: str, spans: Sequence[StoredSpan]) -> str | float | None:
    row = summarise(spans)
    ended = None if row.completed_at is None else to_micros(row.completed_at)
    figures: dict[str, str | float | None] = {
        "status": row.status,
        "duration": round(row.duration_ms * 1000),
        "cost": _billionths(spans),
        "tokens": row.input_tokens + row.output_tokens,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "started": to_micros(row.started_at),
        "ended": ended,
        "spans": row.span_count,
        "errors": row.error_count,
    }
    return figures[field]


def _in_whole_numbers(compare: Compare) -> Compare:
    """Put microseconds in the place of milliseconds, and billionths in that of dollars."""
    factor = {"duration": 1000, "cost": 1e9}.get(compare.field)
    if factor is None or not isinstance(compare.value, (int, float)):
        return compare
    return attrs.evolve(compare, value=ask.whole(compare.value * factor))


def _billionths(spans: Sequence[StoredSpan]) -> int:
    """Sum what the spans cost in billionths of a dollar, by the rule of `TraceSummary`."""
    leaves = [span for span in spans if span.span_type not in AGGREGATING_TYPES]
    spent = any(
        value is not None
        for span in leaves
        for value in (span.input_tokens, span.output_tokens, span.cost_usd)
    )
    return sum(round(min(span.cost_usd or 0.0, 9e9) * 1e9) for span in (leaves if spent else spans))


def _fits(compare: Compare, held: str | float | None) -> bool:
    """Compare what is held, a text or a number; None and "" are what is not known."""
    value = compare.value
    if isinstance(value, ask.Ago):
        raise InvalidError(f"{compare} is meant from now; ask with the filter's `at(now)`")
    if isinstance(value, Pattern):
        return held not in (None, "") and (value == _LONE_STAR or _is_like(str(held), value))
    if compare.op is Op.HOLDS:
        return fold(str(value)) in fold(str(held or ""))
    if isinstance(value, str):
        return (held or "") == value
    if held is None or not isinstance(value, (int, float)):
        return False
    return _COMPARE[compare.op](held, value)


def _is_like(text: str, pattern: Pattern) -> bool:
    return bool(re.fullmatch(".*".join(map(re.escape, pattern.pieces)), text, re.DOTALL))


def _attribute(compare: Compare, span: StoredSpan) -> bool:
    value = compare.value
    if compare.op is Op.IS and isinstance(value, str):
        return has_attribute(span, compare.key or "", value)
    raw = msgspec.json.decode(span.attributes, type=dict[str, Raw]).get(compare.key or "")
    if raw is None:
        return False
    held = decode_raw(raw)
    if value == _LONE_STAR:
        return True
    if isinstance(value, (int, float)):
        return _fits(compare, _number(held))
    return isinstance(held, str) and _fits(compare, held)


def _score(compare: Compare, score: Mapping[str, Any]) -> bool:
    if score.get("name") != compare.key:
        return False
    value, number = compare.value, _number(score.get("value"))
    if value == _LONE_STAR:
        return True
    if isinstance(value, (int, float)):
        return _fits(compare, number)
    said = ask.number_of(value) if isinstance(value, str) and compare.op is Op.IS else None
    equal = said is not None and number == said
    return equal or _fits(compare, score.get("label"))


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else None
