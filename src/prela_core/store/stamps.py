"""Whether a trace is what it was: a text that is another one as soon as anything of it is.

It is made of which version of each span is seen, and of what was announced, so that neither
repeats nor merges of spans change it, and no text of a span has to be read.
"""

from __future__ import annotations

from prela_core.store.fragments import PROJECT, Query
from prela_core.store.plans import Plan
from prela_core.store.queries import LAST_SENT

__all__ = ["stamp"]

_TRACE = "trace_id = {trace:String}"


def stamp(project_id: str, trace_id: str) -> Plan[str | None]:
    """Give the stamp of a trace, or None when there is no such trace."""
    ((spans, seen, announced),) = yield _visible(project_id, trace_id)
    if not spans and not announced:
        return None
    return "-".join(f"{number:x}" for number in (spans, seen, announced))


def _visible(project_id: str, trace_id: str) -> Query:
    """Give how many spans there are, and sums over their visible versions and announcements."""
    newest = (
        f"SELECT span_id, max(version) AS newest FROM spans WHERE {PROJECT} AND {_TRACE}"
        " GROUP BY span_id"
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
