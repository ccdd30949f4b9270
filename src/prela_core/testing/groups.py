"""What the lists of services, models and the like hold, said once more in plain Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prela_core.model import to_micros
from prela_core.store import GroupOrder, GroupQuery, GroupSummary, StoredSpan
from prela_core.store.summary import counted
from prela_core.testing.asking import span_meets

__all__ = ["grouped"]


def grouped(
    traces: Iterable[Sequence[StoredSpan]], asked: GroupQuery
) -> list[tuple[int, str, GroupSummary]]:
    """Give each group with the value by which it is ordered, and its name; in no order."""
    held: dict[str, list[tuple[StoredSpan, bool]]] = {}
    for trace in traces:
        paying = {span.span_id for span in counted(trace)}
        for span in trace:
            name = getattr(span, asked.by)
            if name and span_meets(asked.spans, span, trace):
                held.setdefault(name, []).append((span, span.span_id in paying))
    rows = [_summary(name, spans) for name, spans in held.items()]
    return [(_order_value(row, asked.order), row.name, row) for row in rows]


def _summary(name: str, held: Sequence[tuple[StoredSpan, bool]]) -> GroupSummary:
    spans = [span for span, _ in held]
    paying = [span for span, pays in held if pays]
    return GroupSummary(
        name=name,
        span_count=len(spans),
        trace_count=len({span.trace_id for span in spans}),
        error_count=sum(span.status == "error" for span in spans),
        input_tokens=sum(span.input_tokens or 0 for span in paying),
        output_tokens=sum(span.output_tokens or 0 for span in paying),
        cost_usd=sum(round((span.cost_usd or 0) * 1e9) for span in paying) / 10**9,
        first_seen=min(span.started_at for span in spans),
        last_seen=max(span.started_at for span in spans),
    )


def _order_value(row: GroupSummary, order: GroupOrder) -> int:
    match order.field:
        case "last_seen" | "first_seen" as field:
            return to_micros(getattr(row, field))
        case "name":
            return 0
        case "cost_usd":
            return round(row.cost_usd * 1e9)
        case "total_tokens":
            return row.input_tokens + row.output_tokens
        case field:
            value: int = getattr(row, field)
            return value
