"""OTLP over gRPC: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc. Needs the extra `[grpc]`.

Bodies come as bytes and go to the gateway as they are, so that the limits and the refusals are
those of HTTP.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
import structlog
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import Request

from prela_core.errors import InputError, SettingsError, UnavailableError
from prela_core.wire import Inflater
from prela_core.wire.forms import Form
from prela_server.accounts import Scope
from prela_server.edge.guard import Guard
from prela_server.ingest.gateway import IngestGateway
from prela_server.ingest.otlp_answers import partial_success, rpc_code

__all__ = ["OtlpGrpc"]

_SERVICE = "opentelemetry.proto.collector.trace.v1.TraceService"
_DETAILS = "grpc-status-details-bin"
"""Where gRPC keeps a `google.rpc.Status` with its details."""

_BEGINNINGS = {b"\x1f": "gzip", b"\x78": "deflate"}
"""How what is compressed begins. A request begins with its field 1, which is 0x0a."""
_CODES: dict[int, grpc.StatusCode] = {code.value[0]: code for code in grpc.StatusCode}

_log = structlog.get_logger()


class OtlpGrpc:
    """A gRPC server that hands what it receives to `gateway`; `address` is known once started."""

    def __init__(self, gateway: IngestGateway, guard: Guard, *, body_limit: int) -> None:
        self._gateway = gateway
        self._guard = guard
        self._limit = body_limit
        self._server: grpc.aio.Server | None = None
        self.address = ""

    async def start(self, host: str, port: int) -> None:
        """Take requests from now on; port 0 is any free one.

        Raises `SettingsError` when the address can't be bound.
        """
        server = grpc.aio.server(
            options=[
                ("grpc.max_receive_message_length", self._limit),
                # The library inflates a message whole before it looks at its size.
                ("grpc.per_message_decompression", 0),
                # Else a second server would share the port, and take half of the requests.
                ("grpc.so_reuseport", 0),
            ]
        )
        export: grpc.RpcMethodHandler[Any, Any] = grpc.unary_unary_rpc_method_handler(self._export)
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(_SERVICE, {"Export": export}),)
        )
        name = f"[{host.strip('[]')}]" if ":" in host else host
        try:
            bound = server.add_insecure_port(f"{name}:{port}")
        except RuntimeError as error:
            raise SettingsError(
                f"can't listen on {host}:{port} for OTLP over gRPC; "
                "choose another PRELA_OTLP_GRPC_PORT"
            ) from error
        await server.start()
        self._server, self.address = server, f"{name}:{bound}"

    async def stop(self, seconds: float) -> None:
        """Take no more requests, and give those that are being answered `seconds` to end."""
        if self._server is not None:
            await self._server.stop(seconds)

    async def _export(self, body: bytes, context: grpc.aio.ServicerContext[Any, Any]) -> bytes:
        try:
            identity = await self._guard(_as_request(context), Scope.INGEST)
            if encoding := _BEGINNINGS.get(body[:1]):
                body = await asyncio.to_thread(self._inflate, encoding, body)
            receipt = await self._gateway.accept(identity.project_id, Form.OTLP_PROTOBUF, body)
        except UnavailableError as error:
            _log.warning("unavailable", path=f"/{_SERVICE}/Export", reason=str(error))
            await _refuse(context, rpc_code(error.status), str(error), error.retry_after)
        except InputError as error:
            await _refuse(context, rpc_code(error.status), str(error))
        except Exception as error:  # noqa: BLE001 - the library would tell its text to the client
            _log.error("unforeseen error", path=f"/{_SERVICE}/Export", exc_info=error)
            await _refuse(context, 13, "something went wrong here; it was logged")
        response = ExportTraceServiceResponse()
        rejected, message = partial_success(receipt)
        if message:
            response.partial_success.rejected_spans = rejected
            response.partial_success.error_message = message
        return response.SerializeToString()

    def _inflate(self, encoding: str, body: bytes) -> bytes:
        inflater = Inflater(encoding, self._limit)
        inflater.feed(body)
        return inflater.finish()


def _as_request(context: grpc.aio.ServicerContext[Any, Any]) -> Request:
    """Give a call's metadata as the headers that they are on the wire, for the guard to read."""
    headers = [
        (key.encode(), value if isinstance(value, bytes) else value.encode("latin-1", "replace"))
        for key, value in context.invocation_metadata() or ()
    ]
    return Request({"type": "http", "headers": headers})


async def _refuse(
    context: grpc.aio.ServicerContext[Any, Any], code: int, message: str, retry_after: int = 0
) -> None:
    """End the call with an error; `retry_after` seconds say that it may be sent again."""
    trailing = []
    if retry_after:
        status = Status(code=code, message=message)
        status.details.add().Pack(RetryInfo(retry_delay=Duration(seconds=retry_after)))
        trailing.append((_DETAILS, status.SerializeToString()))
    await context.abort(_CODES[code], message, tuple(trailing))
