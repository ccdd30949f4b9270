"""Answers to OTLP requests, each in the encoding of its request.

https://opentelemetry.io/docs/specs/otlp/#otlphttp-response says which they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.responses import Response

from prela_server.edge.problems import closing
from prela_server.ingest.gateway import Receipt

__all__ = ["Encoding", "partial_success", "refuse_in", "rpc_code", "success"]


class Encoding(StrEnum):
    """The encodings of OTLP over HTTP, by their media types."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


_REASONS = 5
"""How many different reasons of refusals an answer names."""

# google.rpc.Code: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_INVALID_ARGUMENT, _INTERNAL = 3, 13
_CODES: Mapping[HTTPStatus, int] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: 16,
        HTTPStatus.FORBIDDEN: 7,
        HTTPStatus.NOT_FOUND: 5,
        HTTPStatus.TOO_MANY_REQUESTS: 8,
        HTTPStatus.SERVICE_UNAVAILABLE: 14,
    }
)


def rpc_code(status: HTTPStatus) -> int:
    """Give the code of `google.rpc.Code` that says what `status` does."""
    usual = _INTERNAL if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _INVALID_ARGUMENT
    return _CODES.get(status, usual)


def partial_success(receipt: Receipt) -> tuple[int, str]:
    """Give how many spans were refused, and what there is to say; 0 and "" when all is well.

    Nothing refused and something said is a warning.
    """
    said = list(receipt.warnings)
    if receipt.rejected:
        places: dict[str, list[int]] = {}
        for each in receipt.rejected:
            places.setdefault(each.reason, []).append(each.index)
        reasons = [
            f"{reason} (span {found[0]}{f' and {len(found) - 1} more' if found[1:] else ''})"
            for reason, found in list(places.items())[:_REASONS]
        ]
        if len(places) > _REASONS:
            reasons.append("and others")
        refused = f"{len(receipt.rejected)} of {receipt.total} spans were refused: "
        said.insert(0, refused + "; ".join(reasons))
    return len(receipt.rejected), ". ".join(said)


def success(receipt: Receipt, encoding: Encoding) -> Response:
    """Answer with an `ExportTraceServiceResponse`."""
    rejected, message = partial_success(receipt)
    if encoding is Encoding.JSON:
        said: dict[str, Any] = {}
        if rejected:
            said["rejectedSpans"] = str(rejected)
        if message:
            said["errorMessage"] = message
        return _answer(msgspec.json.encode({"partialSuccess": said} if said else {}), encoding)
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415 - heavy
        ExportTraceServiceResponse,
    )

    response = ExportTraceServiceResponse()
    if message:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = message
    return _answer(response.SerializeToString(), encoding)


def refuse_in(encoding: Encoding) -> Callable[..., Response]:
    """Give what answers errors with a `google.rpc.Status` in `encoding`."""

    def refuse(
        status: HTTPStatus,
        detail: str,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        del errors  # a Status has no place for them that clients read
        code = rpc_code(status)
        if encoding is Encoding.JSON:
            body = msgspec.json.encode({"code": code, "message": detail})
        else:
            from google.rpc.status_pb2 import Status  # noqa: PLC0415 - heavy

            body = Status(code=code, message=detail).SerializeToString()
        return _answer(body, encoding, status, closing(status, headers))

    return refuse


def _answer(
    body: bytes,
    encoding: Encoding,
    status: HTTPStatus = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
) -> Response:
    return Response(body, status, headers, media_type=encoding.value)
