"""Questions as the parameters of a query string."""

from __future__ import annotations

from prela_core.model import to_rfc3339
from prela_core.store import GroupQuery, MetricQuery

__all__ = ["group_parameters", "metric_parameters"]


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
