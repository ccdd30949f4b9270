"""A trace as one row, in SQL: the rules of `TraceSummary` over the visible spans of a trace."""

from __future__ import annotations

from prela_core.store.summary import AGGREGATING_TYPES

__all__ = ["ROW", "ROW_COLUMNS"]

_LEAF = f"span_type NOT IN ({', '.join(repr(word) for word in AGGREGATING_TYPES)})"
ROW_COLUMNS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "service_name",
    "span_type",
    "started_at",
    "ended_at",
    "status",
    "model",
    "input_tokens",
    "output_tokens",
    "cost_usd",
)
# The order by which a trace's first span is found: roots before others, then by start.
_HEAD = "(parent_span_id != '', started_at, span_id)"
_SPENT = f"""countIf({_LEAF} AND (isNotNull(input_tokens) OR isNotNull(output_tokens)
            OR isNotNull(cost_usd))) > 0"""
ROW = f"""
    SELECT
        trace_id,
        argMin(service_name, {_HEAD}) AS service,
        min(toUnixTimestamp64Micro(started_at)) AS first_micros,
        countIf(isNull(ended_at)) AS running,
        if(running = 0, max(ifNull(toUnixTimestamp64Micro(ended_at), 0)), NULL) AS end_micros,
        max(greatest(toUnixTimestamp64Micro(started_at),
            ifNull(toUnixTimestamp64Micro(ended_at), 0))) AS last_micros,
        countIf(status = 'error') AS errors,
        multiIf(errors > 0, 'error', running > 0, 'pending', 'success') AS trace_status,
        if(countIf(parent_span_id = '') > 0, argMin(span_id, {_HEAD}), '') AS root,
        argMin(name, {_HEAD}) AS head_name,
        count() AS spans,
        {_SPENT} AS leaves_spent,
        if(leaves_spent, sumIf(ifNull(input_tokens, 0), {_LEAF}),
            sum(ifNull(input_tokens, 0))) AS tokens_in,
        if(leaves_spent, sumIf(ifNull(output_tokens, 0), {_LEAF}),
            sum(ifNull(output_tokens, 0))) AS tokens_out,
        if(leaves_spent, sumIf(ifNull(cost_usd, 0), {_LEAF}),
            sum(ifNull(cost_usd, 0))) AS cost,
        arraySort(groupUniqArrayIf(model, model != '')) AS models"""
