"""What measures mean, said once more in plain Python: `MetricQuery` over spans in memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from prela_core.errors import InvalidError
from prela_core.model import from_micros, to_micros
from prela_core.store import (
    Measure,
    MetricQuery,
    MetricRow,
    MetricTable,
    StoredSpan,
)
from prela_core.store.metrics import MAX_POINTS
from prela_core.store.summary import counted
from prela_core.testing.asking import span_meets

__all__ = ["tabulate"]

Number = int | float | None
Key = tuple[str | None, ...]
Counted = tuple[StoredSpan, bool]
"""A span, and whether its tokens and cost count."""


def tabulate(traces: Iterable[Sequence[StoredSpan]], asked: MetricQuery) -> MetricTable:
    """Measure the visible spans of `traces`, each of them given as a whole."""
    spans: list[Counted] = []
    for trace in traces:
        paying = {span.span_id for span in counted(trace)}
        spans += [
            (each, each.span_id in paying) for each in trace if span_meets(asked.spans, each, trace)
        ]
    groups: dict[Key, list[Counted]] = {} if asked.by else {(): spans}
    if asked.by:
        for each in spans:
            key = tuple(getattr(each[0], name) or None for name in asked.by)
            groups.setdefault(key, []).append(each)
    ordered = _ordered(groups, asked)
    shown, rest = ordered[: asked.limit], ordered[asked.limit :]
    listed = [(key, False, groups[key]) for key in shown]
    if rest and asked.with_other:
        listed.append(((), True, [each for key in rest for each in groups[key]]))
    starts = _starts(asked, [each for _, _, held in listed for each in held])
    _check(len(starts or ()) * len(listed))
    rows = [
        row
        for key, is_other, held in listed
        for row in _rows(
            asked, {} if is_other else dict(_named(asked, key)), is_other, held, starts
        )
    ]
    _check(len(rows))
    return MetricTable(
        measures=[each.value for each in asked.measures],
        by=[each.value for each in asked.by],
        bucket=None if asked.bucket is None else asked.bucket.value,
        rows=rows,
        has_more=bool(rest),
    )


def _check(points: int) -> None:
    if points > MAX_POINTS:
        raise InvalidError(f"the answer would have over {MAX_POINTS} rows")


def _ordered(groups: dict[Key, list[Counted]], asked: MetricQuery) -> list[Key]:
    values = {key: _measure(asked.ranked_by, held) for key, held in groups.items()}
    keys = sorted(groups, key=lambda key: tuple(text or "" for text in key))
    told = [key for key in keys if values[key] is not None]
    told.sort(key=lambda key: values[key] or 0, reverse=asked.descending)
    return told + [key for key in keys if values[key] is None]


def _named(asked: MetricQuery, key: Key) -> Iterable[tuple[str, str | None]]:
    return zip((each.value for each in asked.by), key, strict=True)


def _starts(asked: MetricQuery, spans: Sequence[Counted]) -> list[int] | None:
    if asked.bucket is None or not asked.fill:
        return None
    held = [to_micros(span.started_at) for span, _ in spans]
    if not held and (asked.start_time is None or asked.end_time is None):
        return []
    first = asked.start_time if asked.start_time is not None else min(held, default=1)
    last = asked.end_time - 1 if asked.end_time is not None else max(held, default=0)
    at = asked.bucket.start_of(first)
    starts = []
    while at <= last:
        starts.append(at)
        at += asked.bucket.micros
    return starts


def _rows(
    asked: MetricQuery,
    group: dict[str, str | None],
    is_other: bool,  # noqa: FBT001 - a field of each row, passed on
    spans: Sequence[Counted],
    starts: list[int] | None,
) -> Iterable[MetricRow]:
    buckets: dict[int, list[Counted]] = {}
    if asked.bucket is None:
        buckets[0] = list(spans)
    else:
        for each in spans:
            at = asked.bucket.start_of(to_micros(each[0].started_at))
            buckets.setdefault(at, []).append(each)
        for at in starts or ():
            buckets.setdefault(at, [])
    for at, held in sorted(buckets.items(), key=lambda each: each[0]):
        yield MetricRow(
            start=None if asked.bucket is None else from_micros(at),
            group=group,
            is_other=is_other,
            values={each.value: _measure(each, held) for each in asked.measures},
        )


def _measure(measure: Measure, spans: Sequence[Counted]) -> Number:
    if measure in _OF_SPANS:
        return _OF_SPANS[measure]([span for span, _ in spans])
    if measure.endswith("_ms"):
        part, _, what = measure.partition("_")
        times = sorted(_times(what, [span for span, _ in spans]))
        return _OF_TIMES[part](times) if times else None
    paying = [span for span, pays in spans if pays]
    if measure is Measure.COST:
        return float(Fraction(sum(round((span.cost_usd or 0) * 1e9) for span in paying), 10**9))
    if measure is Measure.TOTAL_TOKENS:
        return sum((span.input_tokens or 0) + (span.output_tokens or 0) for span in paying)
    return sum(getattr(span, measure) or 0 for span in paying)


def _failed(spans: Sequence[StoredSpan]) -> int:
    return sum(span.status == "error" for span in spans)


def _times(what: str, spans: Sequence[StoredSpan]) -> list[float]:
    if what == "ttft_ms":
        return [span.ttft_ms for span in spans if span.ttft_ms is not None]
    return [span.duration_ms for span in spans if span.ended_at is not None]


def _average(times: Sequence[float]) -> float:
    return float(Fraction(sum(round(each * 1000) for each in times), 1000 * len(times)))


def _percentile(percent: int) -> Callable[[Sequence[float]], float]:
    return lambda times: times[math.ceil(Fraction(percent * len(times), 100)) - 1]


_OF_TIMES: dict[str, Callable[[Sequence[float]], float]] = {
    "avg": _average,
    "min": lambda times: times[0],
    "max": lambda times: times[-1],
    **{f"p{percent}": _percentile(percent) for percent in (50, 75, 90, 95, 99)},
}

_OF_SPANS: dict[Measure, Callable[[Sequence[StoredSpan]], Number]] = {
    Measure.COUNT: len,
    Measure.TRACES: lambda spans: len({span.trace_id for span in spans}),
    Measure.USERS: lambda spans: len({span.user_id for span in spans if span.user_id}),
    Measure.SESSIONS: lambda spans: len({span.session_id for span in spans if span.session_id}),
    Measure.ERRORS: _failed,
    Measure.ERROR_RATE: lambda spans: (
        float(Fraction(_failed(spans), len(spans))) if spans else None
    ),
}
