"""What a trace's stamp is made of, as SQL."""

from __future__ import annotations

from prela_core.store.fragments import ONE_TRACE, PROJECT, Query
from prela_core.store.queries import LAST_SENT

__all__ = ["visible_stamp"]

_TRACE = "trace_id = {trace:String}"


def visible_stamp(project_id: str, trace_id: str) -> Query:
    """Give how many spans there are, and sums over their visible versions and announcements."""
    newest = (
        "SELECT span_id, max(version) AS newest FROM spans"
        f" WHERE {' AND '.join([PROJECT, *ONE_TRACE])} GROUP BY span_id"
    )
    announced = (
        "SELECT cityHash64(argMax(service_name, version), argMax(started_at, version),"
        f" {LAST_SENT}) FROM trace_announcements WHERE {PROJECT} AND {_TRACE} GROUP BY trace_id"
    )
    return Query(
        "SELECT count(), sum(cityHash64(span_id, newest)),"
        f" ifNull(({announced}), 0) FROM ({newest})",
        {"project": project_id, "trace": trace_id},
    )
