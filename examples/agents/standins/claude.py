"""Claude's Messages API: structured output, what it refuses, prompt caching, being busy.

What it answers is `answer`'s: a function of the user's JSON and the schema.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

KEY = "sk-ant-key-of-the-stand-in"
_REFUSED = ("temperature", "top_p", "top_k", "tools", "citations")
_NOT_IN_SCHEMAS = frozenset(
    {"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems", "pattern"}
)
_CHARACTERS_A_TOKEN = 4

Answer = Callable[[Any, Mapping[str, Any]], Any]


@attrs.define
class Claude:
    """The API. `systems` are the instructions that came in, which it keeps in its cache.

    `messages` are what users sent, and `refused` why a request was wrong.
    """

    answer: Answer
    stop_reason: str = "end_turn"
    systems: dict[str, str] = attrs.field(factory=dict)
    messages: list[Any] = attrs.field(factory=list)
    refused: list[str] = attrs.field(factory=list)

    @property
    def app(self) -> Starlette:
        """The endpoint."""
        return Starlette(routes=[Route("/v1/messages", self._messages, methods=["POST"])])

    async def _messages(self, request: Request) -> Response:
        if request.headers.get("x-api-key") != KEY:
            return _error(401, "authentication_error", "invalid x-api-key")
        if request.headers.get("anthropic-version") != "2023-06-01":
            return _error(400, "invalid_request_error", "anthropic-version: header is required")
        body = await request.json()
        wrong = next(_faults(body), None)
        if wrong is not None:
            self.refused.append(wrong)
            return _error(400, "invalid_request_error", wrong)
        said = json.loads(body["messages"][0]["content"])
        self.messages.append(said)
        made = json.dumps(self.answer(said, body["output_config"]["format"]["schema"]))
        return JSONResponse(
            {
                "id": "msg_1",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": [{"type": "text", "text": made}],
                "stop_reason": self.stop_reason,
                "usage": self._usage(body, made),
            },
            headers={"anthropic-ratelimit-requests-remaining": "49"},
        )

    def _usage(self, body: Any, made: str) -> Mapping[str, int]:
        (system,) = body["system"]
        key = hashlib.sha256(system["text"].encode()).hexdigest()
        is_cached = key in self.systems
        self.systems[key] = system["text"]
        size = len(system["text"]) // _CHARACTERS_A_TOKEN
        return {
            "input_tokens": len(body["messages"][0]["content"]) // _CHARACTERS_A_TOKEN,
            "output_tokens": len(made) // _CHARACTERS_A_TOKEN,
            "cache_creation_input_tokens": 0 if is_cached else size,
            "cache_read_input_tokens": size if is_cached else 0,
        }


def _faults(body: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name}: not allowed on this model" for name in _REFUSED if name in body)
    for name in ("model", "max_tokens", "messages"):
        if name not in body:
            yield f"{name}: Field required"
    form = body.get("output_config", {}).get("format", {})
    if form.get("type") != "json_schema":
        yield "output_config.format.type: Input should be 'json_schema'"
    yield from _schema_faults(form.get("schema", {}), "output_config.format.schema")


def _schema_faults(schema: Any, where: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    for name in _NOT_IN_SCHEMAS & schema.keys():
        yield f"{where}: property '{name}' is not supported"
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        yield f"{where}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    for name, each in schema.get("properties", {}).items():
        yield from _schema_faults(each, f"{where}.properties.{name}")
    yield from _schema_faults(schema.get("items"), f"{where}.items")
    for each in schema.get("anyOf", ()):
        yield from _schema_faults(each, f"{where}.anyOf")


def _error(status: int, kind: str, message: str) -> JSONResponse:
    return JSONResponse({"type": "error", "error": {"type": kind, "message": message}}, status)
