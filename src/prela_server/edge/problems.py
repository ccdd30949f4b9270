"""Errors as RFC 9457 problem details: one sentence, never a stack trace or a driver's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from prela_core.errors import InputError, PrelaError, UnavailableError

__all__ = ["PROBLEM_TYPE", "handlers", "problem"]

PROBLEM_TYPE = "application/problem+json"

_log = structlog.get_logger()
# After these the rest of the body is not read, so the connection can't be used again.
_CLOSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


def problem(
    status: HTTPStatus,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem. `errors` name the places in the request that are wrong."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
    }
    if errors:
        body["errors"] = list(errors)
    sent = dict(headers or {})
    if status in _CLOSING:
        sent["Connection"] = "close"
    return Response(msgspec.json.encode(body), status, sent, media_type=PROBLEM_TYPE)


async def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, UnavailableError):
        _log.warning("unavailable", path=request.url.path, reason=str(error))
        return problem(error.status, str(error), headers={"Retry-After": str(error.retry_after)})
    if isinstance(error, InputError):
        headers = {}
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="prela"'
        return problem(error.status, str(error), error.errors, headers)
    return await _unforeseen(request, error)


async def _starlette(_: Request, error: Exception) -> Response:
    status = HTTPStatus(getattr(error, "status_code", 500))
    said = {
        HTTPStatus.NOT_FOUND: "there is nothing at this address; GET /openapi.json lists what is",
        HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
    }
    detail = getattr(error, "detail", "")
    if not detail or detail == status.phrase:
        detail = said.get(status) or status.description or status.phrase
    return problem(status, detail, headers=getattr(error, "headers", None))


async def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("unforeseen error", path=request.url.path, exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; it was logged")


def handlers() -> dict[Any, Any]:
    """Give the exception handlers of an application."""
    return {PrelaError: _ours, HTTPException: _starlette, Exception: _unforeseen}
