"""Errors as RFC 9457 problem details: one sentence, never a stack trace or a driver's words.

A protocol that has a form of its own for errors says so of its requests with `refuse_with`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from prela_core.errors import InputError, PrelaError, UnavailableError

__all__ = ["PROBLEM_TYPE", "Refuse", "closing", "handlers", "problem", "refuse_with"]

PROBLEM_TYPE = "application/problem+json"

_log = structlog.get_logger()
# After these the rest of the body is not read, so the connection can't be used again.
_CLOSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})

_FORM = "prela.refuse"

Refuse = Callable[[HTTPStatus, str, Sequence[Mapping[str, str]], Mapping[str, str]], Response]
"""Makes an answer of a status, a sentence, the places that are wrong, and headers."""


def refuse_with(request: Request, refuse: Refuse) -> None:
    """Let all errors of `request` be answered by `refuse` instead of with a problem."""
    request.scope[_FORM] = refuse


def closing(status: HTTPStatus, headers: Mapping[str, str] | None) -> dict[str, str]:
    """Give `headers`, and say after which errors the connection ends."""
    return {**(headers or {}), **({"Connection": "close"} if status in _CLOSING else {})}


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
    return Response(
        msgspec.json.encode(body), status, closing(status, headers), media_type=PROBLEM_TYPE
    )


def _refusal(
    request: Request,
    status: HTTPStatus,
    detail: str,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    refuse: Refuse = request.scope.get(_FORM, problem)
    return refuse(status, detail, errors, headers or {})


async def _ours(request: Request, error: Exception) -> Response:
    if isinstance(error, UnavailableError):
        _log.warning("unavailable", path=request.url.path, reason=str(error))
        headers = {"Retry-After": str(error.retry_after)}
        return _refusal(request, error.status, str(error), headers=headers)
    if isinstance(error, InputError):
        headers = {}
        if error.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="prela"'
        return _refusal(request, error.status, str(error), error.errors, headers)
    return await _unforeseen(request, error)


async def _starlette(request: Request, error: Exception) -> Response:
    status = HTTPStatus(getattr(error, "status_code", 500))
    said = {
        HTTPStatus.NOT_FOUND: "there is nothing at this address; GET /openapi.json lists what is",
        HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
    }
    detail = getattr(error, "detail", "")
    if not detail or detail == status.phrase:
        detail = said.get(status) or status.description or status.phrase
    return _refusal(request, status, detail, headers=getattr(error, "headers", None))


async def _unforeseen(request: Request, error: Exception) -> Response:
    _log.error("unforeseen error", path=request.url.path, exc_info=error)
    return _refusal(
        request, HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here; it was logged"
    )


def handlers() -> dict[Any, Any]:
    """Give the exception handlers of an application."""
    return {PrelaError: _ours, HTTPException: _starlette, Exception: _unforeseen}
