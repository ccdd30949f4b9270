"""Deletions over HTTP: asked here, carried out by a worker."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Protocol, TypeVar

import anyio.to_thread
import attrs
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import NotFoundError
from prela_core.store import Deletion, DeletionRequest, Store
from prela_server.accounts import Scope
from prela_server.deletion.documents import DeletionCount, deletion_request
from prela_server.edge.answers import json_answer
from prela_server.edge.bodies import read_json_body
from prela_server.edge.guard import Guard
from prela_server.query.parameters import PAGE_PARAMETERS, Parameters
from prela_server.query.trace_paths import at_id

__all__ = ["BODY_BYTES", "Asking", "deletion_routes"]

T = TypeVar("T")


class _WaitFor(Protocol):
    async def __call__(self, action: Callable[[], T]) -> T: ...


BODY_BYTES = 4 * 1024 * 1024
"""The largest body; ten thousand ids of the longest kind fit into a third of it."""


@attrs.frozen(kw_only=True)
class Asking:
    """What a deletion needs of the world: the moment (microseconds since 1970), and a new id.

    `asked` is called when there is something to be carried out.
    """

    micros: Callable[[], int]
    new_id: Callable[[], str]
    asked: Callable[[], None] = lambda: None


def deletion_routes(
    store: Store, guard: Guard, asking: Asking, *, body_seconds: float, at_once: int = 2
) -> list[Route]:
    """Give the routes by which deletions are asked for and looked at."""
    limiter = CapacityLimiter(at_once)

    async def wait_for(action: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(action, limiter=limiter)

    async def show(request: Request) -> Response:
        project = (await guard(request, Scope.DELETE)).project_id
        Parameters(request.query_params, ())
        deletion_id = request.path_params["deletion_id"]
        found: Deletion | None = await wait_for(lambda: store.deletions.one(project, deletion_id))
        if found is None:
            raise NotFoundError("there is no such deletion in this project")
        return json_answer(found)

    async def list_all(request: Request) -> Response:
        project = (await guard(request, Scope.DELETE)).project_id
        page = Parameters(request.query_params, PAGE_PARAMETERS).page()
        return json_answer(await wait_for(lambda: store.deletions.all(project, page)))

    return [
        # First, for `count` would be an id to the others.
        *_asking_routes(store, guard, asking, body_seconds, wait_for),
        Route("/api/v1/deletions", list_all, name="list_deletions"),
        Route("/api/v1/deletions/{deletion_id}", show, name="show_deletion"),
    ]


def _asking_routes(
    store: Store, guard: Guard, asking: Asking, body_seconds: float, wait_for: _WaitFor
) -> list[Route]:
    async def read(request: Request) -> DeletionRequest:
        project = (await guard(request, Scope.DELETE)).project_id
        Parameters(request.query_params, ())
        body = await read_json_body(request, limit=BODY_BYTES, seconds=body_seconds)
        return deletion_request(
            body, project_id=project, deletion_id=asking.new_id(), asked_at=asking.micros()
        )

    async def answer(wanted: DeletionRequest) -> Response:
        receipt = await wait_for(lambda: store.deletions.ask(wanted))
        asking.asked()
        response = json_answer(receipt, HTTPStatus.ACCEPTED)
        response.headers["Location"] = f"/api/v1/deletions/{receipt.deletion_id}"
        return response

    async def delete(request: Request) -> Response:
        return await answer(await read(request))

    async def count(request: Request) -> Response:
        wanted = await read(request)
        return json_answer(DeletionCount.of(await wait_for(lambda: store.deletions.count(wanted))))

    async def delete_trace(request: Request) -> Response:
        project = (await guard(request, Scope.DELETE)).project_id
        Parameters(request.query_params, ())
        trace_id = request.path_params["trace_id"]
        wanted = DeletionRequest(
            deletion_id=asking.new_id(),
            project_id=project,
            asked_at=asking.micros(),
            trace_ids=(trace_id,),
            said=json.dumps({"trace_ids": [trace_id]}).encode(),
        )
        if not (await wait_for(lambda: store.deletions.count(wanted))).traces:
            raise NotFoundError("there is no such trace in this project")
        return await answer(wanted)

    return [
        Route("/api/v1/deletions", delete, methods=["POST"], name="delete"),
        Route("/api/v1/deletions/count", count, methods=["POST"], name="count_deletion"),
        Route(
            "/api/v1/traces/{trace_id:path}",
            at_id(delete_trace),
            methods=["DELETE"],
            name="delete_trace",
        ),
    ]
