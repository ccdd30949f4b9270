"""Questions about whole traces: critical path, agent graph, differences, a session's order."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import InvalidError, NotFoundError
from prela_core.store import Reader
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.guard import Guard
from prela_server.query.parameters import PAGE_PARAMETERS, Parameters
from prela_server.query.trace_paths import Endpoint, below_id

__all__ = ["DIFF_PARAMETERS", "analysis_routes"]

DIFF_PARAMETERS = ("to",)

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]


def analysis_routes(reader: Reader, guard: Guard, ask: Ask, show_trace: Endpoint) -> list[Route]:
    """Give the routes. `ask` runs a question where it may block; `show_trace` answers one trace."""

    async def critical_path(request: Request) -> Response:
        project, trace_id = (await guard(request, Scope.READ)).project_id, _trace_id(request)
        Parameters(request.query_params, ())
        return _found(await ask(lambda: reader.critical_path(project, trace_id)), "trace")

    async def graph(request: Request) -> Response:
        project, trace_id = (await guard(request, Scope.READ)).project_id, _trace_id(request)
        Parameters(request.query_params, ())
        return _found(await ask(lambda: reader.graph(project, trace_id)), "trace")

    async def diff(request: Request) -> Response:
        project, trace_id = (await guard(request, Scope.READ)).project_id, _trace_id(request)
        after = Parameters(request.query_params, DIFF_PARAMETERS).text("to")
        if after is None:
            raise InvalidError(
                "to is required: the id of the trace to compare with",
                [{"pointer": "?to", "detail": "is required"}],
            )
        return json_answer(await ask(lambda: reader.diff(project, trace_id, after)))

    async def session(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        page = Parameters(request.query_params, PAGE_PARAMETERS).page()
        session_id = request.path_params["session_id"]
        return _found(await ask(lambda: reader.session(project, session_id, page)), "session")

    of_traces = {"critical-path": critical_path, "graph": graph, "diff": diff}
    return [
        *(
            Route(f"/api/v1/traces/{{trace_id:path}}/{word}", below_id(word, endpoint, show_trace))
            for word, endpoint in of_traces.items()
        ),
        Route("/api/v1/sessions/{session_id:path}/traces", session),
    ]


def _trace_id(request: Request) -> str:
    trace_id: str = request.path_params["trace_id"]
    return trace_id


def _found(value: object | None, what: str) -> Response:
    if value is None:
        raise NotFoundError(f"there is no such {what} in this project")
    return json_answer(value)
