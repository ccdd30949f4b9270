"""Query strings as questions about many spans: measures, groups and buckets."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from prela_core.store import Bucket, Dimension, GroupOrder, GroupQuery, Measure, MetricQuery
from prela_core.store.names import names_of
from prela_server.query.parameters import PAGE_PARAMETERS, SPAN_PARAMETERS, Parameters

__all__ = [
    "GROUP_PARAMETERS",
    "METRIC_PARAMETERS",
    "SHORTCUTS",
    "group_query",
    "metric_query",
]

Word = TypeVar("Word", bound=StrEnum)

METRIC_PARAMETERS = (
    "measures",
    "by",
    "bucket",
    "order",
    "limit",
    "other",
    "fill",
    *SPAN_PARAMETERS,
)
GROUP_PARAMETERS = (*SPAN_PARAMETERS, "order", *PAGE_PARAMETERS)

SHORTCUTS: Mapping[str, tuple[Measure, ...]] = MappingProxyType(
    {
        "counts": (Measure.COUNT, Measure.TRACES, Measure.USERS, Measure.SESSIONS),
        "errors": (Measure.COUNT, Measure.ERRORS, Measure.ERROR_RATE),
        "latency": (
            Measure.COUNT,
            Measure.AVG_DURATION,
            Measure.P50_DURATION,
            Measure.P95_DURATION,
            Measure.P99_DURATION,
            Measure.MAX_DURATION,
        ),
        "ttft": (Measure.COUNT, Measure.P50_TTFT, Measure.P95_TTFT, Measure.P99_TTFT),
        "tokens": (
            Measure.TOTAL_TOKENS,
            Measure.INPUT_TOKENS,
            Measure.OUTPUT_TOKENS,
            Measure.CACHE_READ_TOKENS,
            Measure.CACHE_WRITE_TOKENS,
            Measure.REASONING_TOKENS,
        ),
        "cost": (Measure.COST, Measure.TOTAL_TOKENS, Measure.COUNT),
    }
)
"""The measures that have an address of their own."""

_DEFAULT = (Measure.COUNT, Measure.ERROR_RATE, Measure.P95_DURATION, Measure.COST)


def metric_query(sent: Parameters, measures: tuple[Measure, ...] | None = None) -> MetricQuery:
    """Read the question; `measures` are those of a shortcut, which takes none in its parameters."""
    limit, spans = sent.number("limit"), sent.span_filter()
    order = sent.text("order") or ""
    return MetricQuery(
        measures=measures or sent.words("measures", _MEASURES) or _DEFAULT,
        by=sent.words("by", names_of(Dimension)),
        bucket=sent.word("bucket", {each.value: each for each in Bucket}),
        where=spans.where,
        start_time=spans.start_time,
        end_time=spans.end_time,
        order=sent.word(
            "order", _MEASURES | {f"-{name}": each for name, each in _MEASURES.items()}
        ),
        descending=not order or order.startswith("-"),
        limit=100 if limit is None else limit,
        with_other=sent.flag("other"),
        fill=sent.flag("fill"),
    )


_MEASURES = {each.value: each for each in Measure}


def group_query(by: Dimension, sent: Parameters) -> GroupQuery:
    """Read which of the groups `by` are meant, and in which order."""
    spans = sent.span_filter()
    order = sent.word("order", {each.value: each for each in GroupOrder})
    return GroupQuery(
        by=by,
        where=spans.where,
        start_time=spans.start_time,
        end_time=spans.end_time,
        order=order or GroupOrder.LAST_SEEN,
    )
