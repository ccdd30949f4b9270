"""Whether a trace is what it was: a text that is another one as soon as anything of it is.

It is made of which version of each span is seen, and of what was announced, so that neither
repeats nor merges of spans change it, and no text of a span has to be read.
"""

from __future__ import annotations

from prela_core.store.plans import Plan
from prela_core.store.stamp_queries import visible_stamp

__all__ = ["stamp"]


def stamp(project_id: str, trace_id: str) -> Plan[str | None]:
    """Give the stamp of a trace, or None when there is no such trace."""
    ((spans, seen, announced),) = yield visible_stamp(project_id, trace_id)
    if not spans and not announced:
        return None
    return "-".join(f"{number:x}" for number in (spans, seen, announced))
