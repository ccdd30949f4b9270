"""The ingest gateway over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.wire import Rejected
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.bodies import read_json_body
from prela_server.edge.guard import Guard
from prela_server.ingest.gateway import Form, IngestGateway, Receipt

__all__ = ["AcceptedBatch", "AcceptedSpan", "AcceptedTrace", "ingest_routes"]


@attrs.frozen(kw_only=True, slots=False)
class AcceptedTrace:
    """A trace was taken: `spans` of its `total` spans are durable, the others are in `rejected`."""

    status: str
    trace_id: str
    spans: int
    total: int
    rejected: list[Rejected]
    warnings: list[str]


@attrs.frozen(kw_only=True, slots=False)
class AcceptedSpan:
    """A span was taken and is durable."""

    status: str
    span_id: str
    trace_id: str
    warnings: list[str]


@attrs.frozen(kw_only=True, slots=False)
class AcceptedBatch:
    """`ingested` of `total` spans were taken and are durable; the others are in `rejected`."""

    status: str
    ingested: int
    total: int
    rejected: list[Rejected]
    warnings: list[str]


def ingest_routes(
    gateway: IngestGateway, guard: Guard, *, body_limit: int, body_seconds: float
) -> list[Route]:
    """Give the routes that take spans."""

    def route(path: str, form: Form, answer: Callable[[Receipt], object]) -> Route:
        async def endpoint(request: Request) -> Response:
            identity = await guard(request, Scope.INGEST)
            body = await read_json_body(request, limit=body_limit, seconds=body_seconds)
            return json_answer(answer(await gateway.accept(identity.project_id, form, body)))

        typed: Callable[[Request], Awaitable[Response]] = endpoint
        return Route(path, typed, methods=["POST"], name=f"post_{form.value}")

    return [
        route("/v1/traces", Form.TRACE, _trace),
        route("/v1/spans", Form.SPAN, _span),
        route("/v1/batch", Form.BATCH, _batch),
    ]


def _trace(receipt: Receipt) -> AcceptedTrace:
    return AcceptedTrace(
        status="accepted",
        trace_id=receipt.trace_id,
        spans=len(receipt.accepted),
        total=receipt.total,
        rejected=receipt.rejected,
        warnings=receipt.warnings,
    )


def _span(receipt: Receipt) -> AcceptedSpan:
    span = receipt.accepted[0]
    return AcceptedSpan(
        status="accepted",
        span_id=span.span_id,
        trace_id=span.trace_id,
        warnings=receipt.warnings,
    )


def _batch(receipt: Receipt) -> AcceptedBatch:
    return AcceptedBatch(
        status="accepted",
        ingested=len(receipt.accepted),
        total=receipt.total,
        rejected=receipt.rejected,
        warnings=receipt.warnings,
    )
