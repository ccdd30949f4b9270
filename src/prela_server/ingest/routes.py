"""The ingest gateway over HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import attrs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.wire import Rejected, is_otlp_json
from prela_core.wire.forms import Form
from prela_server.accounts import Scope
from prela_server.edge.answers import json_answer
from prela_server.edge.bodies import check_json_type, media_type, read_body, read_json_body
from prela_server.edge.guard import Guard
from prela_server.edge.problems import refuse_with
from prela_server.ingest.gateway import IngestGateway, Receipt
from prela_server.ingest.otlp_answers import Encoding, refuse_in, success

__all__ = ["AcceptedBatch", "AcceptedSpan", "AcceptedTrace", "ingest_routes"]

_OTLP_FORMS = {Encoding.PROTOBUF: Form.OTLP_PROTOBUF, Encoding.JSON: Form.OTLP_JSON}
# The first is OTLP's; the others are what protobuf is called elsewhere.
_PROTOBUF_TYPES = frozenset(
    {Encoding.PROTOBUF.value, "application/protobuf", "application/vnd.google.protobuf"}
)


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

        return _post(path, endpoint, form.value)

    async def otlp(request: Request) -> Response:
        encoding = Encoding.PROTOBUF if _is_protobuf(request) else Encoding.JSON
        refuse_with(request, refuse_in(encoding))
        identity = await guard(request, Scope.INGEST)
        if encoding is Encoding.JSON:
            check_json_type(request, Encoding.PROTOBUF)
        body = await read_body(request, limit=body_limit, seconds=body_seconds)
        receipt = await gateway.accept(identity.project_id, _OTLP_FORMS[encoding], body)
        return success(receipt, encoding)

    async def traces(request: Request) -> Response:
        if _is_protobuf(request):
            return await otlp(request)
        identity = await guard(request, Scope.INGEST)
        body = await read_json_body(request, limit=body_limit, seconds=body_seconds)
        if is_otlp_json(body):
            refuse_with(request, refuse_in(Encoding.JSON))
            receipt = await gateway.accept(identity.project_id, Form.OTLP_JSON, body)
            return success(receipt, Encoding.JSON)
        return json_answer(_trace(await gateway.accept(identity.project_id, Form.TRACE, body)))

    async def stored(request: Request) -> Response:
        identity = await guard(request, Scope.INGEST)
        body = await read_json_body(request, limit=body_limit, seconds=body_seconds)
        return json_answer(_batch(await gateway.accept_stored(identity.project_id, body)))

    return [
        _post("/v1/import", stored, "import"),
        _post("/v1/traces", traces, "trace"),
        _post("/v1/otlp/v1/traces", otlp, "otlp"),
        # Where Langfuse's SDK sends to below its base URL.
        _post("/api/public/otel/v1/traces", otlp, "otlp_langfuse"),
        route("/v1/spans", Form.SPAN, _span),
        route("/v1/batch", Form.BATCH, _batch),
    ]


def _post(path: str, endpoint: Callable[[Request], Awaitable[Response]], name: str) -> Route:
    return Route(path, endpoint, methods=["POST"], name=f"post_{name}")


def _is_protobuf(request: Request) -> bool:
    return media_type(request) in _PROTOBUF_TYPES


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
