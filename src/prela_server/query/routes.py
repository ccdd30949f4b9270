"""The API gateway over HTTP: lists, trees and searches of the caller's project."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import InvalidError, NotFoundError
from prela_core.store import Reader
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.guard import Guard
from prela_server.query.live_routes import live_routes
from prela_server.query.metric_routes import metric_routes
from prela_server.query.parameters import PAGE_PARAMETERS, TRACE_PARAMETERS, Parameters

__all__ = ["LIST_PARAMETERS", "SEARCH_PARAMETERS", "query_routes"]

T = TypeVar("T")

LIST_PARAMETERS = (*TRACE_PARAMETERS, "order", *PAGE_PARAMETERS)
SEARCH_PARAMETERS = (
    *(name for name in TRACE_PARAMETERS if name not in ("min_duration_ms", "max_duration_ms")),
    *PAGE_PARAMETERS,
)


def query_routes(reader: Reader, guard: Guard, *, at_once: int = 4) -> list[Route]:
    """Give the routes that answer questions, at most `at_once` of them at a time."""
    limiter = CapacityLimiter(at_once)

    async def ask(question: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(question, limiter=limiter)

    async def list_traces(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, LIST_PARAMETERS, attributes=True)
        where, order, page = sent.filter(), sent.order(), sent.page()
        return json_answer(await ask(lambda: reader.traces(project, where, order, page)))

    async def show_trace(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        Parameters(request.query_params, ())
        trace_id = request.path_params["trace_id"]
        return _found(await ask(lambda: reader.trace(project, trace_id)))

    async def list_spans(request: Request) -> Response:
        if not (request.scope.get("raw_path") or b"/spans").endswith(b"/spans"):
            # The slash was escaped, so that it and the word are the end of an id.
            request.path_params["trace_id"] += "/spans"
            return await show_trace(request)
        project = (await guard(request, Scope.READ)).project_id
        page = Parameters(request.query_params, PAGE_PARAMETERS).page()
        trace_id = request.path_params["trace_id"]
        return _found(await ask(lambda: reader.spans(project, trace_id, page)))

    async def search(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, SEARCH_PARAMETERS, attributes=True)
        where, page = sent.filter(), sent.page()
        if where.q is None:
            raise InvalidError(
                "q is required: the words to search for",
                [{"pointer": "?q", "detail": "is required"}],
            )
        return json_answer(await ask(lambda: reader.search(project, where, page)))

    return [
        Route("/api/v1/traces", list_traces),
        # An id may hold slashes; escaped as %2F they are slashes again before a route is chosen.
        Route("/api/v1/traces/{trace_id:path}/spans", list_spans),
        Route("/api/v1/traces/{trace_id:path}", show_trace),
        Route("/api/v1/search", search),
        *metric_routes(reader, guard, ask),
        *live_routes(reader, guard, ask),
    ]


def _found(value: object | None) -> Response:
    if value is None:
        raise NotFoundError("there is no such trace in this project")
    return json_answer(value)
