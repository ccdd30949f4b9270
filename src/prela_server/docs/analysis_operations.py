"""The operations that tell more of whole traces than their spans do."""

from __future__ import annotations

from http import HTTPStatus

from prela_core.analysis import AgentGraph, CriticalPath, TraceDiff
from prela_core.store import Page, TraceSummary
from prela_server.accounts import Scope
from prela_server.docs.operation import ASKING, QUERY, Operation
from prela_server.docs.samples import Samples
from prela_server.query.analysis_routes import DIFF_PARAMETERS
from prela_server.query.documents import OTHER_TRACE_ID
from prela_server.query.parameters import PAGE_PARAMETERS

__all__ = ["analysis_operations"]


def analysis_operations(samples: Samples) -> list[Operation]:
    """Give them, in the order for reading, with examples from `samples`."""
    refusals = (
        HTTPStatus.NOT_FOUND,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    return [
        Operation(
            method="GET",
            path="/api/v1/traces/{trace_id}/critical-path",
            name="getCriticalPath",
            tag=QUERY,
            summary="Tell where a trace's time went",
            description="The critical path, on which a faster span would make the whole trace "
            "faster, and each span's own time.",
            scope=Scope.READ,
            answer=CriticalPath,
            answer_text="The critical path.",
            given=samples.critical_path,
            errors=refusals,
        ),
        Operation(
            method="GET",
            path="/api/v1/traces/{trace_id}/graph",
            name="getGraph",
            tag=QUERY,
            summary="Tell who called whom in a trace",
            description="The trace's agents, models and tools, and how often each called each.",
            scope=Scope.READ,
            answer=AgentGraph,
            answer_text="The agent graph.",
            given=samples.graph,
            errors=refusals,
        ),
        Operation(
            method="GET",
            path="/api/v1/traces/{trace_id}/diff",
            name="diffTraces",
            tag=QUERY,
            summary="Compare two traces",
            description="What the trace `to` did that this one did not, or did otherwise. Spans "
            "are paired by what they are, what went in and what stands below them, since two runs "
            "share neither ids nor times.",
            scope=Scope.READ,
            query=DIFF_PARAMETERS,
            required=DIFF_PARAMETERS,
            shown={"to": OTHER_TRACE_ID},
            answer=TraceDiff,
            answer_text="What differs, and all spans of both.",
            given=samples.diff,
            errors=refusals,
        ),
        Operation(
            method="GET",
            path="/api/v1/sessions/{session_id}/traces",
            name="listSessionTraces",
            tag=QUERY,
            summary="List the traces of a session",
            description="The traces of one session or conversation, in the order in which they "
            "began.",
            scope=Scope.READ,
            query=PAGE_PARAMETERS,
            shown={"limit": "5"},
            answer=Page[TraceSummary],
            answer_text="A page of traces.",
            given=samples.trace_page,
            errors=(*ASKING, HTTPStatus.NOT_FOUND),
        ),
    ]
