"""The API gateway's way out for whole spans: files of any length, sent as they are made."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from prela_core.store import Reader
from prela_core.store.export import ExportForm, Selection
from prela_server.accounts import Scope
from prela_server.edge.guard import Guard
from prela_server.query.parameters import SPAN_PARAMETERS, TRACE_PARAMETERS, Parameters

__all__ = [
    "EXPORT_PARAMETERS",
    "EXPORT_SPANS_PARAMETERS",
    "MEDIA_TYPES",
    "export_routes",
]

EXPORT_PARAMETERS = ("format", *TRACE_PARAMETERS)
EXPORT_SPANS_PARAMETERS = ("format", *SPAN_PARAMETERS)
MEDIA_TYPES = {
    ExportForm.JSONL: "application/x-ndjson",
    ExportForm.ARROW: "application/vnd.apache.arrow.stream",
    ExportForm.PARQUET: "application/vnd.apache.parquet",
}
_FORMS = {form.value: form for form in ExportForm}


def export_routes(reader: Reader, guard: Guard) -> list[Route]:
    """Give the routes that export, with one piece made at a time for all of them."""
    limiter = CapacityLimiter(1)

    async def send(project: str, selection: Selection, form: ExportForm) -> Response:
        pieces = reader.export(project, selection, form)

        def following() -> bytes | None:
            return next(pieces, None)

        # Before the answer begins, so that what is wrong can still be said.
        first = await anyio.to_thread.run_sync(following, limiter=limiter)

        async def body() -> AsyncIterator[bytes]:
            piece = first
            while piece is not None:
                yield piece
                piece = await anyio.to_thread.run_sync(following, limiter=limiter)

        name = f"prela-export.{form.value}"
        return StreamingResponse(
            body(),
            media_type=MEDIA_TYPES[form],
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def export(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, EXPORT_PARAMETERS, attributes=True)
        return await send(project, Selection(traces=sent.filter()), _form(sent))

    async def export_spans(request: Request) -> Response:
        project = (await guard(request, Scope.READ)).project_id
        sent = Parameters(request.query_params, EXPORT_SPANS_PARAMETERS)
        return await send(project, Selection(spans=sent.span_filter()), _form(sent))

    return [Route("/api/v1/export", export), Route("/api/v1/export/spans", export_spans)]


def _form(sent: Parameters) -> ExportForm:
    return sent.word("format", _FORMS) or ExportForm.JSONL
