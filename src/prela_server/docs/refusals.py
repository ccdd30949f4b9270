"""The error answers of the document: one shared component for each status."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

import attrs

from prela_server.docs.schemas import BYTES, REF
from prela_server.edge.problems import PROBLEM_TYPE
from prela_server.ingest.otlp_answers import Encoding, rpc_code

__all__ = ["REFUSALS", "otlp_refusal", "refusal_name", "refusal_responses"]

_HOW_LONG = {
    "Retry-After": {
        "description": "After how many seconds to try again.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
        "example": 1,
    }
}


@attrs.frozen
class _Refusal:
    name: str
    description: str
    detail: str
    errors: tuple[Mapping[str, str], ...] = ()
    headers: Mapping[str, Any] = attrs.field(factory=dict)


REFUSALS: Mapping[HTTPStatus, _Refusal] = MappingProxyType(
    {
        HTTPStatus.BAD_REQUEST: _Refusal(
            "Malformed",
            "It can't be read: no JSON, a broken encoding, or a cursor that is not ours.",
            "the body is not valid JSON: input data was truncated",
        ),
        HTTPStatus.UNAUTHORIZED: _Refusal(
            "Unauthenticated",
            "There is no key, or one that is unknown, malformed or revoked: never said which.",
            "A valid API key is needed, as 'X-API-Key: <key>' or 'Authorization: Bearer <key>'.",
            headers={
                "WWW-Authenticate": {
                    "description": "The scheme that is asked for.",
                    "schema": {"type": "string"},
                    "example": 'Bearer realm="prela"',
                }
            },
        ),
        HTTPStatus.FORBIDDEN: _Refusal(
            "Forbidden",
            "The key does not reach so far; or the server asks for no keys, and the request came "
            "under a name or from a web page that is not this machine's.",
            "This key does not have the scope 'read'.",
        ),
        HTTPStatus.NOT_FOUND: _Refusal(
            "NotFound",
            "There is no such trace in the project of the key. A trace of another project looks "
            "the same.",
            "there is no such trace in this project",
        ),
        HTTPStatus.REQUEST_TIMEOUT: _Refusal(
            "TooSlow", "The body did not arrive in time.", "the body did not arrive within 25 s"
        ),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: _Refusal(
            "TooLarge",
            "The body is over the limit after decompression, or holds too many spans.",
            "the body is over 20,971,520 bytes when decompressed; send it in parts",
        ),
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE: _Refusal(
            "UnsupportedMedia",
            "A content type or content encoding that is not read here.",
            "content type 'text/plain' is not read here; send application/json",
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY: _Refusal(
            "Invalid",
            "It can be read, but is wrong: a span without an id, an unknown parameter, a limit "
            "out of range. `errors` names the places.",
            "limit must be a whole number",
            ({"pointer": "?limit", "detail": "must be a whole number"},),
        ),
        HTTPStatus.SERVICE_UNAVAILABLE: _Refusal(
            "Unavailable",
            "A part of Prela can't answer now. Nothing is promised, and trying again is safe.",
            "the store can't write now",
            headers=_HOW_LONG,
        ),
    }
)


def refusal_name(status: HTTPStatus) -> str:
    """Give the name of the component that describes `status`."""
    return REFUSALS[status].name


def refusal_responses() -> dict[str, Any]:
    """Give the response components."""
    return {each.name: _response(status, each) for status, each in REFUSALS.items()}


def otlp_refusal(status: HTTPStatus) -> dict[str, Any]:
    """Give the response of `status` to an OTLP request.

    Requests under another machine's name are refused before it is looked at what they are.
    """
    refusal = REFUSALS[status]
    shown = {"code": rpc_code(status), "message": refusal.detail}
    content = {
        Encoding.JSON.value: {
            "schema": {"$ref": REF.format(name="RpcStatus")},
            "example": shown,
        },
        Encoding.PROTOBUF.value: {"schema": BYTES},
    }
    response = _response(status, refusal)
    if status is HTTPStatus.FORBIDDEN:
        content |= response["content"]
    return response | {"content": content}


def _response(status: HTTPStatus, refusal: _Refusal) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": refusal.detail,
    }
    if refusal.errors:
        shown["errors"] = [dict(each) for each in refusal.errors]
    response: dict[str, Any] = {"description": refusal.description}
    if refusal.headers:
        response["headers"] = dict(refusal.headers)
    schema = {"$ref": REF.format(name="Problem")}
    return response | {"content": {PROBLEM_TYPE: {"schema": schema, "example": shown}}}
