"""The OpenAPI document, put together: https://spec.openapis.org/oas/v3.1.1."""

from __future__ import annotations

import json
import shlex
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from prela_core import __version__
from prela_core.model import MAX_ID_LENGTH
from prela_server.accounts import Scope
from prela_server.docs.operations import TAGS, Operation, operations
from prela_server.docs.refusals import REFUSALS, otlp_refusal, refusal_name, refusal_responses
from prela_server.docs.samples import DELETION_ID, SESSION_ID, TRACE_ID, Samples
from prela_server.docs.schemas import BYTES, REF, Problem, component_name, components
from prela_server.ingest.documents import RpcStatus
from prela_server.ingest.otlp_answers import Encoding
from prela_server.query.documents import ATTRIBUTES, PARAMETERS
from prela_server.query.parameters import MAX_TEXT

__all__ = ["BASE_URL", "build_document"]

BASE_URL = "http://127.0.0.1:8000"
"""Where the document's curl lines go: the address of a server with default settings."""

_DESCRIPTION = """\
Prela records what AI agents do: their model calls, tools, retrievals, errors and cost. \
Send it spans, and ask about the traces they make up.

Moments are RFC 3339 in UTC with `Z`, durations are milliseconds, costs are US dollars. Ids are \
opaque texts of 1 to 128 printable characters. Fields may be added to answers at any time; pass \
over those you don't know.

Every refusal is a problem of RFC 9457, `application/problem+json`, whose `detail` says what to \
do; of an OTLP request it is a `google.rpc.Status`. Besides those listed, 404 and 405 answer an \
unknown address or method, 500 is a fault of the server's own, which its log has, and any address \
may answer 503 when the server has too many connections. Answers carry `X-Request-ID`, your own \
if you send one; it is in the server's log too."""

_KEYS_ASKED = """

This server asks for an API key, as `X-API-Key: <key>` or `Authorization: Bearer <key>`. \
The command `prela keys create --project <name>` makes one."""

_KEYS_NOT_ASKED = """

This server asks for no API key. One that does takes it as `X-API-Key: <key>` or \
`Authorization: Bearer <key>`."""

_SCHEMES = {
    "ApiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": "A key, which looks like `prela_sk_...`.",
    },
    "Bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The same key as a bearer token.",
    },
}
_TAG: dict[str, Any] = {
    "ETag": {
        "description": "What the answer is known by, until anything of it is another.",
        "schema": {"type": "string"},
        "example": 'W/"3-9e107d9d372bb682-0-1.0"',
    }
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of an answer that the client has; 304 says that it is still right.",
    "schema": {"type": "string"},
    "example": _TAG["ETag"]["example"],
}
_SCOPES = {
    Scope.INGEST: "Needs a key with the scope `ingest`.",
    Scope.READ: "Needs a key with the scope `read`.",
    Scope.DELETE: "Needs a key with the scope `delete`.",
}
_IN_PATHS = {
    "trace_id": ("The id of the trace, percent-encoded where need be.", MAX_ID_LENGTH, TRACE_ID),
    "session_id": (
        "The id of the session, percent-encoded where need be.",
        MAX_TEXT,
        SESSION_ID,
    ),
    "deletion_id": ("The id of the deletion, as its receipt has it.", MAX_TEXT, DELETION_ID),
}


def build_document(samples: Samples, *, asks_for_keys: bool) -> dict[str, Any]:
    """Build the document of a server that asks for keys, or does not."""
    listed = operations(samples)
    bodies = [each.body for each in listed if each.body is not None]
    paths: dict[str, Any] = {}
    for operation in listed:
        path = paths.setdefault(operation.path, {})
        path[operation.method.lower()] = _operation(operation, asks_for_keys=asks_for_keys)
    return {
        "openapi": "3.1.1",
        "info": {
            "title": "Prela",
            "version": __version__,
            "summary": "See what your AI agents did.",
            "description": _DESCRIPTION + (_KEYS_ASKED if asks_for_keys else _KEYS_NOT_ASKED),
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "This server"}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": components([*bodies, *(each.answer for each in listed), Problem, RpcStatus]),
            "responses": refusal_responses(),
            "securitySchemes": _SCHEMES,
        },
    }


def _operation(operation: Operation, *, asks_for_keys: bool) -> dict[str, Any]:
    described: dict[str, Any] = {
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "operationId": operation.name,
        "security": [],
    }
    if operation.scope is not None:
        described["security"] = [{name: []} for name in _SCHEMES]
        if asks_for_keys:
            described["description"] += f"\n\n{_SCOPES[operation.scope]}"
        else:
            described["security"].insert(0, {})  # which says that none is fine as well
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = _body(operation)
    described["responses"] = _responses(operation, asks_for_keys=asks_for_keys)
    described["x-codeSamples"] = [
        {"lang": "Shell", "label": "curl", "source": _curl(operation, with_key=asks_for_keys)}
    ]
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    listed = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": description,
            "schema": {"type": "string", "minLength": 1, "maxLength": longest},
            "example": example,
        }
        for name, (description, longest, example) in _IN_PATHS.items()
        if f"{{{name}}}" in operation.path
    ]
    for name in operation.query:
        note = operation.notes.get(name) or PARAMETERS[name]
        parameter: dict[str, Any] = {
            "name": name,
            "in": "query",
            "description": note.description,
            "schema": dict(note.schema),
        }
        if name in operation.required:
            parameter["required"] = True
        else:
            parameter["allowEmptyValue"] = True  # the same as leaving it out
        if note.example is not None:
            parameter["example"] = note.example
        listed.append(parameter)
    if operation.tagged:
        listed.append(_IF_NONE_MATCH)
    if operation.attributes:
        listed.append(
            {
                "name": "attr",
                "in": "query",
                "style": "form",
                "explode": True,
                "description": ATTRIBUTES.description,
                "schema": dict(ATTRIBUTES.schema),
                "example": ATTRIBUTES.example,
            }
        )
    return listed


def _body(operation: Operation) -> dict[str, Any]:
    examples = {
        f"{operation.name}{number}": {"summary": title, "value": value}
        for number, (title, value) in enumerate(operation.sent.items(), 1)
    }
    content = {"application/json": {"schema": _ref(operation.body), "examples": examples}}
    if operation.otlp:
        content[Encoding.PROTOBUF.value] = {"schema": BYTES}
    return {"required": True, "content": content}


def _responses(operation: Operation, *, asks_for_keys: bool) -> dict[str, Any]:
    plain = msgspec.json.decode(msgspec.json.encode(operation.given))
    content = {"application/json": {"schema": _ref(operation.answer), "example": plain}}
    if not operation.is_json:
        content = {}
    if operation.otlp:
        content[Encoding.PROTOBUF.value] = {"schema": BYTES}
    content |= {media_type: {"schema": BYTES} for media_type in operation.others}
    responses: dict[str, Any] = {
        str(operation.status.value): {"description": operation.answer_text, "content": content}
    }
    if operation.tagged:
        responses["200"]["headers"] = _TAG
        responses["304"] = {
            "description": "It is what the client has: there is no body.",
            "headers": _TAG,
        }
    errors = {HTTPStatus.FORBIDDEN, *operation.errors}
    if operation.scope is not None and asks_for_keys:
        # When its storage is away, a key can't be looked at.
        errors |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.SERVICE_UNAVAILABLE}
    elif operation.scope is None and asks_for_keys:
        errors.remove(HTTPStatus.FORBIDDEN)
    for status in sorted(errors):
        ref = f"#/components/responses/{refusal_name(status)}"
        shared = {"$ref": ref}
        responses[str(status.value)] = otlp_refusal(status) if operation.otlp else shared
    if operation.name == "ready":
        responses["503"] = _unready(operation)
    return responses


def _unready(operation: Operation) -> dict[str, Any]:
    shown = {
        "status": "unready",
        "parts": {"store": REFUSALS[HTTPStatus.SERVICE_UNAVAILABLE].detail},
    }
    return {
        "description": "The parts that are named do not answer now.",
        "headers": dict(REFUSALS[HTTPStatus.SERVICE_UNAVAILABLE].headers),
        "content": {"application/json": {"schema": _ref(operation.answer), "example": shown}},
    }


def _curl(operation: Operation, *, with_key: bool) -> str:
    path = operation.path
    for name, (_, _, example) in _IN_PATHS.items():
        path = path.replace(f"{{{name}}}", quote(example))
    query = f"?{urlencode(operation.shown)}" if operation.shown else ""
    url = f"{BASE_URL}{path}{query}"
    words = ["curl", shlex.quote(url)]
    if operation.method == "DELETE":
        words.insert(1, "-X DELETE")
    if operation.scope is not None and with_key:
        words.append('-H "X-API-Key: $PRELA_API_KEY"')
    if operation.sent:
        words.append("-H 'Content-Type: application/json'")
        body = json.dumps(next(iter(operation.sent.values())), indent=2, ensure_ascii=False)
        words.append(f"-d {shlex.quote(body)}")
    return words[0] + " " + " \\\n  ".join(words[1:])


def _ref(answer: Any) -> dict[str, str]:
    return {"$ref": REF.format(name=component_name(answer))}
