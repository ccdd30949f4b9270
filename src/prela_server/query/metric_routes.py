"""Measures of many spans, and lists of who and what there is, over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.store import Dimension, Measure, Reader
from prela_core.store.groups import LISTS
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.guard import Guard
from prela_server.query.metric_parameters import (
    GROUP_PARAMETERS,
    METRIC_PARAMETERS,
    SHORTCUTS,
    group_query,
    metric_query,
)
from prela_server.query.parameters import Parameters

__all__ = ["metric_routes"]

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]


def metric_routes(reader: Reader, guard: Guard, ask: Ask) -> list[Route]:
    """Give `/api/v1/metrics/query`, its shortcuts, and `/api/v1/services` and the other lists.

    `ask` runs a question beside the loop.
    """

    def measuring(known: tuple[str, ...], measures: tuple[Measure, ...] | None) -> Any:
        async def measure(request: Request) -> Response:
            project = (await guard(request, Scope.READ)).project_id
            asked = metric_query(Parameters(request.query_params, known), measures)
            return json_answer(await ask(lambda: reader.metrics(project, asked)))

        return measure

    def listing(by: Dimension) -> Any:
        async def list_groups(request: Request) -> Response:
            project = (await guard(request, Scope.READ)).project_id
            sent = Parameters(request.query_params, GROUP_PARAMETERS)
            asked, page = group_query(by, sent), sent.page()
            return json_answer(await ask(lambda: reader.groups(project, asked, page)))

        return list_groups

    shortcut = tuple(name for name in METRIC_PARAMETERS if name != "measures")
    return [
        Route("/api/v1/metrics/query", measuring(METRIC_PARAMETERS, None)),
        *(
            Route(f"/api/v1/metrics/{name}", measuring(shortcut, measures))
            for name, measures in SHORTCUTS.items()
        ),
        *(Route(f"/api/v1/{name}", listing(by)) for by, name in LISTS.items()),
    ]
