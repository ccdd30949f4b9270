"""The operations that measure many spans, and list who and what there is."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from prela_core.store import (
    Bucket,
    Dimension,
    GroupOrder,
    GroupSummary,
    Measure,
    MetricQuery,
    MetricRow,
    MetricTable,
    Page,
    StoredSpan,
)
from prela_core.store.groups import LISTS
from prela_core.store.metrics import MAX_GROUPS, MAX_POINTS
from prela_server.accounts import Scope
from prela_server.docs.operation import ASKING, QUERY, Operation
from prela_server.docs.samples import Samples
from prela_server.query.documents import SPAN_PARAMETERS, ParameterNote
from prela_server.query.metric_parameters import GROUP_PARAMETERS, METRIC_PARAMETERS, SHORTCUTS

__all__ = ["metric_operations"]

_OF_SPANS = ("query", "start_time", "end_time")
_FLAG = {"type": "boolean", "default": False}


def _listed(words: list[str], times: str = "*") -> dict[str, str]:
    one = "|".join(words)
    return {"type": "string", "pattern": f"^({one})(,({one})){times}$"}


_MEASURES = [each.value for each in Measure]
_NOTES: Mapping[str, ParameterNote] = MappingProxyType(
    {
        "measures": ParameterNote(
            _listed(_MEASURES),
            f"What to measure, with commas between: {', '.join(f'`{each}`' for each in Measure)}. "
            "Without it, `count`, `error_rate`, `p95_duration_ms` and `cost_usd`.",
            "count,p95_duration_ms",
        ),
        "by": ParameterNote(
            _listed([each.value for each in Dimension], "{0,2}"),
            "The fields to group by, up to three, with commas between: "
            f"{', '.join(f'`{each}`' for each in Dimension)}. `service`, `agent`, `tool`, `user`, "
            "`session`, `type` and `env` are also understood.",
            "model",
        ),
        "bucket": ParameterNote(
            {"type": "string", "enum": [each.value for each in Bucket]},
            "Divide the time into stretches so long, in UTC; weeks begin on Mondays.",
            "hour",
        ),
        "order": ParameterNote(
            {
                "type": "string",
                "enum": [*(f"-{each}" for each in _MEASURES), *_MEASURES],
            },
            "The measure by which groups are ordered, over the whole time; a minus sign puts the "
            "largest first. Without it, the first of the measures that adds up over time, such as "
            "`cost_usd`, or else `count`, the largest first. Groups with equal values come in the "
            "order of their names.",
            "-count",
        ),
        "limit": ParameterNote(
            {"type": "integer", "minimum": 1, "maximum": MAX_GROUPS, "default": 100},
            "How many groups the answer may hold.",
            10,
        ),
        "other": ParameterNote(
            _FLAG, "Add a row that holds all groups beyond `limit` together.", True
        ),
        "fill": ParameterNote(
            _FLAG,
            "Add the buckets in which there is nothing, from `start_time` (or the first that has "
            "spans) to `end_time` (or the last).",
            True,
        ),
        **{name: SPAN_PARAMETERS[name] for name in _OF_SPANS},
    }
)
_GROUP_NOTES: Mapping[str, ParameterNote] = MappingProxyType(
    {
        "order": ParameterNote(
            {
                "type": "string",
                "enum": [each.value for each in GroupOrder],
                "default": GroupOrder.LAST_SEEN.value,
            },
            "What the list is sorted by. A minus sign puts the largest first; ties are broken by "
            "name, so that paging is exact.",
            GroupOrder.DEAREST.value,
        ),
        **{name: SPAN_PARAMETERS[name] for name in _OF_SPANS},
    }
)
_LISTED = {"names": "names of spans"}
_ABOUT = (
    "Spans count once, in their latest version, by the moment they started at. Durations are of "
    "spans that have ended, times to the first token of those that tell one, in milliseconds. A "
    "percentile is the smallest of the values that at least so many percent of them do not exceed. "
    "Tokens and cost of agents and chains, which repeat what their children used, count only where "
    "no other span of the trace has any: so the sum over all groups is that over the traces."
)
_ONE_EACH = {
    "counts": "Count spans, traces, users and sessions",
    "errors": "Count errors",
    "latency": "Measure durations",
    "ttft": "Measure times to the first token",
    "tokens": "Count tokens",
    "cost": "Sum up the cost",
}


def metric_operations(samples: Samples) -> list[Operation]:
    """Give `/api/v1/metrics/query`, its shortcuts, and the lists."""
    shown = MetricQuery(
        measures=(Measure.COUNT, Measure.P95_DURATION, Measure.COST),
        by=(Dimension.MODEL,),
        bucket=Bucket.HOUR,
    )
    whole = Operation(
        method="GET",
        path="/api/v1/metrics/query",
        name="queryMetrics",
        tag=QUERY,
        summary="Measure many spans",
        description=f"Measures by group and by stretch of time. {_ABOUT} An answer of over "
        f"{MAX_POINTS:,} rows is refused.",
        scope=Scope.READ,
        query=METRIC_PARAMETERS,
        notes=_NOTES,
        shown={"measures": ",".join(shown.measures), "by": "model", "bucket": "hour"},
        answer=MetricTable,
        answer_text="The measures.",
        given=_example(samples, shown),
        errors=ASKING,
    )
    return [
        whole,
        *(
            attrs.evolve(
                whole,
                path=f"/api/v1/metrics/{name}",
                name=f"{name}Metrics",
                summary=_ONE_EACH[name],
                description="As `/api/v1/metrics/query` with the measures "
                f"{', '.join(f'`{each}`' for each in measures)}.",
                query=[each for each in METRIC_PARAMETERS if each != "measures"],
                shown={"by": "model", "bucket": "hour"},
                given=_example(samples, attrs.evolve(shown, measures=measures)),
            )
            for name, measures in SHORTCUTS.items()
        ),
        *(_list(samples, by, name) for by, name in LISTS.items()),
    ]


def _list(samples: Samples, by: Dimension, name: str) -> Operation:
    return Operation(
        method="GET",
        path=f"/api/v1/{name}",
        name=f"list{name.capitalize()}",
        tag=QUERY,
        summary=f"List {_LISTED.get(name, name)}",
        description=f"The values of `{by}` among spans, those that were seen last first unless "
        "another order is asked for, and what the spans of each come to. Spans count once, in "
        "their latest version.",
        scope=Scope.READ,
        query=GROUP_PARAMETERS,
        notes=_GROUP_NOTES,
        shown={"order": GroupOrder.DEAREST.value, "limit": "5"},
        answer=Page[GroupSummary],
        answer_text="A page of them.",
        given=Page(items=[_group_example(samples, by)], next_cursor=None),
        errors=ASKING,
    )


def _group_example(samples: Samples, by: Dimension) -> GroupSummary:
    spans = samples.trace_detail.spans
    name = next((said for each in spans if (said := getattr(each, by))), "production")
    call = spans[1]
    return GroupSummary(
        name=name,
        span_count=1,
        trace_count=1,
        error_count=0,
        input_tokens=call.input_tokens or 0,
        output_tokens=call.output_tokens or 0,
        cost_usd=call.cost_usd or 0.0,
        first_seen=call.started_at,
        last_seen=call.started_at,
    )


def _example(samples: Samples, asked: MetricQuery) -> MetricTable:
    """Measure the one call of a model in the sample."""
    call = samples.trace_detail.spans[1]
    once = dict.fromkeys((Measure.COUNT, Measure.TRACES), 1)
    row = MetricRow(
        start=call.started_at.replace(minute=0, second=0, microsecond=0),
        group={"model": call.model},
        is_other=False,
        values={each.value: once.get(each, _of_one(call, each)) for each in asked.measures},
    )
    return MetricTable(
        measures=[each.value for each in asked.measures],
        by=[each.value for each in asked.by],
        bucket=Bucket.HOUR.value,
        rows=[row],
        has_more=False,
    )


def _of_one(span: StoredSpan, measure: Measure) -> int | float | None:
    if measure.endswith("_duration_ms"):
        return span.duration_ms
    if measure is Measure.TOTAL_TOKENS:
        return (span.input_tokens or 0) + (span.output_tokens or 0)
    value: int | float | None = getattr(span, measure, None)
    return value if value is not None or not measure.counts else 0
