"""What a reader can say of whole traces once it can read them: the port's questions about them."""

from __future__ import annotations

from typing import Protocol

from prela_core.analysis.critical_path import CriticalPath, critical_path
from prela_core.analysis.diff import TraceDiff, diff_traces
from prela_core.analysis.graph import AgentGraph, agent_graph
from prela_core.errors import InvalidError, NotFoundError
from prela_core.store.filters import Order, PageRequest, TraceFilter
from prela_core.store.results import OpenTrace, Page, TraceDetail, TraceSummary
from prela_core.store.summary import detail

__all__ = ["MAX_SPANS", "Analyses", "ReadsTraces", "path_of"]

MAX_SPANS = 50_000
"""Of how many spans a trace may be at the most to be analysed: all of them are held at once."""


class ReadsTraces(Protocol):
    """The part of `prela_core.store.Reader` that the analyses are made of."""

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with all its spans, or None when the project has no such trace."""

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        """Begin to read a trace of any size; None when the project has no such trace."""


class Analyses:
    """The analysing part of a `Reader`, for whoever has the rest of it."""

    def outline(self: ReadsTraces, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give a trace for who draws it; here with all that it has."""
        return self.trace(project_id, trace_id)

    def critical_path(self: ReadsTraces, project_id: str, trace_id: str) -> CriticalPath | None:
        """Give a trace's critical path, or None when there is no such trace."""
        trace = _whole(self, project_id, trace_id)
        return None if trace is None else path_of(trace)

    def graph(self: ReadsTraces, project_id: str, trace_id: str) -> AgentGraph | None:
        """Say who called whom in a trace, or None when there is no such trace."""
        trace = _whole(self, project_id, trace_id)
        return None if trace is None else agent_graph(trace.spans)

    def diff(self: ReadsTraces, project_id: str, before: str, after: str) -> TraceDiff:
        """Compare two traces by their ids. Raises `NotFoundError` when one is missing."""
        found = []
        for trace_id in (before, after):
            trace = _whole(self, project_id, trace_id)
            if trace is None:
                raise NotFoundError(f"there is no trace {trace_id} in this project")
            found.append(trace)
        return diff_traces(*found)

    def session(
        self: ReadsTraces, project_id: str, session_id: str, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List the traces of a session in their order, or None when there is no such session."""
        found = self.traces(project_id, TraceFilter(session_id=session_id), Order.OLDEST, page)
        if found.items or page.cursor is not None or page.offset:
            return found
        return None


def path_of(trace: TraceDetail) -> CriticalPath:
    """Give the critical path of a trace, which may have been announced and have no span yet."""
    if not trace.spans:
        return CriticalPath(started_at=trace.started_at, duration_ms=0.0, segments=[], spans=[])
    return critical_path(trace.spans)


def _whole(reader: ReadsTraces, project_id: str, trace_id: str) -> TraceDetail | None:
    trace = reader.open_trace(project_id, trace_id)
    if trace is None:
        return None
    if trace.summary.span_count > MAX_SPANS:
        raise InvalidError(
            f"the trace {trace_id} has {trace.summary.span_count:,} spans; at most {MAX_SPANS:,} "
            "can be analysed"
        )
    return detail(trace.summary, [span for group in trace.groups for span in group])
