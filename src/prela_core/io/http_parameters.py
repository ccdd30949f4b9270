"""Questions as the parameters of a query string."""

from __future__ import annotations

import attrs

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import to_rfc3339
from prela_core.store import GroupQuery, MetricQuery, PageRequest, SpanFilter, TraceFilter

__all__ = [
    "cursor_parameter",
    "filter_parameters",
    "group_parameters",
    "metric_parameters",
    "page_parameters",
]

Sent = str | list[str]


def metric_parameters(asked: MetricQuery) -> dict[str, str | list[str]]:
    """Write what `/api/v1/metrics/query` is asked with."""
    sent: dict[str, str | list[str]] = {
        "measures": ",".join(asked.measures),
        "order": f"{'-' if asked.descending else ''}{asked.ranked_by}",
        "limit": str(asked.limit),
    }
    if asked.by:
        sent["by"] = ",".join(asked.by)
    if asked.bucket is not None:
        sent["bucket"] = asked.bucket.value
    flags = {"other": asked.with_other, "fill": asked.fill}
    sent |= {name: "true" for name, is_set in flags.items() if is_set}
    return sent | _spans(asked)


def group_parameters(asked: GroupQuery) -> dict[str, str | list[str]]:
    """Write what `/api/v1/services` and the other lists are asked with."""
    return {"order": asked.order.value, **_spans(asked)}


def _spans(asked: MetricQuery | GroupQuery) -> dict[str, str | list[str]]:
    sent: dict[str, str | list[str]] = {}
    for name, moment in (("start_time", asked.start_time), ("end_time", asked.end_time)):
        if moment is not None:
            sent[name] = to_rfc3339(moment)
    if asked.where is not None:
        sent["query"] = str(asked.where)
    return sent


def _window(asked: MetricQuery | GroupQuery) -> dict[str, str | list[str]]:
    moments = {"start_time": asked.start_time, "end_time": asked.end_time}
    return {name: to_rfc3339(at) for name, at in moments.items() if at is not None}


def filter_parameters(where: TraceFilter | SpanFilter) -> dict[str, Sent]:
    """Write what lists of traces or spans are asked with; raises `InvalidError` for empty texts."""
    sent: dict[str, Sent] = {}
    for name, value in attrs.asdict(where, recurse=False).items():
        if name == "attributes":
            for key in dict(value):
                sent[f"attr.{key}"] = [wanted for other, wanted in value if other == key]
        elif name == "where" and value is not None:
            sent["query"] = str(value)
        elif value == "":
            # In a query string it would be the same as no condition, and the answer a wrong one.
            raise InvalidError(f"a server can't be asked for an empty {name}")
        elif value is not None:
            sent[name] = to_rfc3339(value) if name.endswith("_time") else str(value)
    return sent


def page_parameters(page: PageRequest) -> dict[str, Sent]:
    """Write which page is wanted."""
    sent: dict[str, Sent] = {"limit": str(page.limit)}
    if page.cursor is not None:
        sent["cursor"] = cursor_parameter(page.cursor)
    if page.offset:
        sent["offset"] = str(page.offset)
    return sent


def cursor_parameter(cursor: str) -> str:
    """Let pass what can be a cursor; raises `MalformedError` for an empty one."""
    if not cursor:
        raise MalformedError("an empty cursor is none of ours; start without it")
    return cursor
