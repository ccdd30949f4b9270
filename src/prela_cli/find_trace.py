"""From what was typed to the trace and the span that are meant."""

from __future__ import annotations

from prela_cli.source import PROJECT_ID
from prela_core.errors import InvalidError, NotFoundError
from prela_core.store import (
    Order,
    PageRequest,
    Reader,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    finding,
)

__all__ = ["find_span", "find_trace", "find_trace_id", "newest_trace"]

_LISTED = "`prela query` lists what there is"


def find_trace(reader: Reader, trace_id: str, *, outline: bool = False) -> TraceDetail:
    """Give the trace of that id, else the only recent one whose id begins so.

    With `outline`, it is that of `Reader.outline`.
    """
    return finding.find_trace(reader, PROJECT_ID, trace_id, _LISTED, outline=outline)


def find_trace_id(reader: Reader, trace_id: str) -> str:
    """Give the whole id of a trace as `find_trace` finds it, without reading its spans."""
    return finding.find_trace_id(reader, PROJECT_ID, trace_id, _LISTED)


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
