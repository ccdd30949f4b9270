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
from prela_server.query.analysis_routes import analysis_routes
from prela_server.query.live_routes import live_routes
from prela_server.query.metric_routes import metric_routes
from prela_server.query.parameters import (
    PAGE_PARAMETERS,
    SPAN_PARAMETERS,
    TRACE_PARAMETERS,
    Parameters,
)
from prela_server.query.trace_paths import below_id
from prela_server.query.trace_tags import tagged_trace

__all__ = ["FIND_PARAMETERS", "LIST_PARAMETERS", "SEARCH_PARAMETERS", "query_routes"]

T = TypeVar("T")

FIND_PARAMETERS = (*SPAN_PARAMETERS, "order", *PAGE_PARAMETERS)
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
        return await tagged_trace(request, reader, project, trace_id, ask) or _found(None)

    async def list_spans(request: Request) -> Response:
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

    async def find_spans(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, FIND_PARAMETERS)
        where, order, page = sent.span_filter(), sent.span_order(), sent.page()
        return json_answer(await ask(lambda: reader.find_spans(project, where, order, page)))

    return [
        Route("/api/v1/traces", list_traces),
        Route("/api/v1/traces/{trace_id:path}/spans", below_id("spans", list_spans, show_trace)),
        *analysis_routes(reader, guard, ask, show_trace),
        Route("/api/v1/traces/{trace_id:path}", show_trace),
        Route("/api/v1/search", search),
        Route("/api/v1/spans", find_spans),
        *metric_routes(reader, guard, ask),
        *live_routes(reader, guard, ask),
    ]


def _found(value: object | None) -> Response:
    if value is None:
        raise NotFoundError("there is no such trace in this project")
    return json_answer(value)
