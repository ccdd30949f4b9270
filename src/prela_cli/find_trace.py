"""From what was typed to the trace that is meant, and to all of its spans."""

from __future__ import annotations

from prela_cli.source import PROJECT_ID
from prela_core.errors import InvalidError, NotFoundError
from prela_core.store import (
    MAX_LIMIT,
    Order,
    PageRequest,
    Reader,
    StoredSpan,
    TraceDetail,
    TraceFilter,
)

__all__ = ["find_span", "find_trace", "find_trace_id", "newest_trace"]

_NAMED = 3


def find_trace(reader: Reader, trace_id: str, *, outline: bool = False) -> TraceDetail:
    """Give the trace of that id, else the only recent one whose id begins so.

    "Recent" is among the newest 1,000. With `outline`, it is that of `Reader.outline`. Raises
    `NotFoundError`, or `InvalidError` when several begin so.
    """
    read = reader.outline if outline else reader.trace
    trace = read(PROJECT_ID, trace_id)
    if trace is None:
        trace = read(PROJECT_ID, _begins_so(reader, trace_id))
    if trace is None:
        raise _unknown(trace_id)
    return trace


def find_trace_id(reader: Reader, trace_id: str) -> str:
    """Give the whole id of a trace as `find_trace` finds it, without reading its spans."""
    if reader.spans(PROJECT_ID, trace_id, PageRequest(limit=1)) is not None:
        return trace_id
    return _begins_so(reader, trace_id)


def _begins_so(reader: Reader, trace_id: str) -> str:
    page = PageRequest(limit=MAX_LIMIT)
    recent = reader.traces(PROJECT_ID, TraceFilter(), Order.NEWEST, page)
    ids = [row.trace_id for row in recent.items if trace_id and row.trace_id.startswith(trace_id)]
    if len(ids) > 1:
        some = ", ".join(ids[:_NAMED])
        raise InvalidError(f"{len(ids)} traces begin with {trace_id}: {some}; give more of the id")
    if not ids:
        raise _unknown(trace_id)
    return ids[0]


def _unknown(trace_id: str) -> NotFoundError:
    return NotFoundError(f"there is no trace {trace_id}; `prela query` lists what there is")


def newest_trace(reader: Reader, *, outline: bool = False) -> TraceDetail:
    """Give the trace that began last. Raises `NotFoundError` when there is none."""
    read = reader.outline if outline else reader.trace
    newest = reader.traces(PROJECT_ID, TraceFilter(), Order.NEWEST, PageRequest(limit=1)).items
    trace = read(PROJECT_ID, newest[0].trace_id) if newest else None
    if trace is None:
        raise NotFoundError("there are no traces yet")
    return trace


def find_span(trace: TraceDetail, span_id: str) -> StoredSpan:
    """Give the span of that id, or the only one whose id begins so.

    Raises `NotFoundError`, or `InvalidError` when several begin so.
    """
    for span in trace.spans:
        if span.span_id == span_id:
            return span
    begin_so = [span for span in trace.spans if span_id and span.span_id.startswith(span_id)]
    if len(begin_so) > 1:
        raise InvalidError(f"{len(begin_so)} spans begin with {span_id}; give more of the id")
    if not begin_so:
        raise NotFoundError(f"the trace {trace.trace_id} has no span {span_id}")
    return begin_so[0]
