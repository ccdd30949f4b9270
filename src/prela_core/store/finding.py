"""From what was typed to the trace that is meant, and to all of its spans."""

from __future__ import annotations

from prela_core.errors import InvalidError, NotFoundError
from prela_core.store.filters import MAX_LIMIT, Order, PageRequest, TraceFilter
from prela_core.store.port import Reader
from prela_core.store.results import TraceDetail

__all__ = ["find_trace", "find_trace_id"]

_NAMED = 3


def find_trace(
    reader: Reader, project_id: str, trace_id: str, listed: str, *, outline: bool = False
) -> TraceDetail:
    """Give the trace of that id, else the only recent one whose id begins so.

    "Recent" is among the newest 1,000; `listed` says how to see which traces there are. With
    `outline`, it is that of `Reader.outline`. Raises `NotFoundError`, or `InvalidError` for an
    empty id and when several begin so.
    """
    _check(trace_id, listed)
    read = reader.outline if outline else reader.trace
    found = read(project_id, trace_id)
    if found is None:
        found = read(project_id, _begins_so(reader, project_id, trace_id, listed))
    if found is None:
        raise _unknown(trace_id, listed)
    return found


def find_trace_id(reader: Reader, project_id: str, trace_id: str, listed: str) -> str:
    """Give the whole id of a trace as `find_trace` finds it, without reading its spans."""
    _check(trace_id, listed)
    if reader.spans(project_id, trace_id, PageRequest(limit=1)) is not None:
        return trace_id
    return _begins_so(reader, project_id, trace_id, listed)


def _begins_so(reader: Reader, project_id: str, beginning: str, listed: str) -> str:
    page = PageRequest(limit=MAX_LIMIT)
    recent = reader.traces(project_id, TraceFilter(), Order.NEWEST, page)
    ids = [row.trace_id for row in recent.items if row.trace_id.startswith(beginning)]
    if not ids:
        raise _unknown(beginning, listed)
    if len(ids) > 1:
        more = ", ..." if len(ids) > _NAMED else ""
        raise InvalidError(
            f"the ids of several traces begin with {beginning}: {', '.join(ids[:_NAMED])}{more}; "
            "give more of the id"
        )
    return ids[0]


def _check(trace_id: str, listed: str) -> None:
    if not trace_id.strip():
        raise InvalidError(f"the id of a trace is empty; {listed}")


def _unknown(trace_id: str, listed: str) -> NotFoundError:
    return NotFoundError(f"there is no trace {trace_id}; {listed}")
