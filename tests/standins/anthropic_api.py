"""A stand-in of Anthropic's API, for real clients over a real socket.

The same question has the same answer. `with listening(AnthropicApi()) as url` serves it; clients
take `url` and any key but `WRONG_KEY`. A token is a word. The model says "You said: " and the
last text, or calls the first of the tools it was offered, once, with that text for every
property; it thinks aloud first when `thinking` is asked for. The words of the system prompt are
counted as read from the cache. These models answer with errors: `BUSY` with 429, at the first
attempt only when it is `BUSY_ONCE`, `BROKEN` with 500, `BREAKS_OFF` with an error in the middle
of a stream.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

__all__ = ["BREAKS_OFF", "BROKEN", "BUSY", "BUSY_ONCE", "WRONG_KEY", "AnthropicApi", "Seen"]

WRONG_KEY = "sk-ant-wrong"
BUSY = "busy-model"
BUSY_ONCE = "busy-once-model"
BROKEN = "broken-model"
BREAKS_OFF = "breaks-off-model"

THOUGHT = "Let me think."


@attrs.frozen
class Seen:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@attrs.define
class AnthropicApi:
    """The API as an ASGI application; `seen` holds the requests so far."""

    seen: list[Seen] = attrs.field(factory=list)

    _app: Starlette = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._app = Starlette(routes=[Route("/v1/messages", self._messages, methods=["POST"])])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    async def _messages(self, request: Request) -> Response:
        body: dict[str, Any] = await request.json()
        headers = dict(request.headers)
        self.seen.append(Seen(request.url.path, headers, body))
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if headers.get("x-api-key", bearer) in ("", WRONG_KEY):
            return _error(401, "authentication_error", "invalid x-api-key")
        is_first = headers.get("x-stainless-retry-count", "0") == "0"
        if body["model"] == BUSY or (body["model"] == BUSY_ONCE and is_first):
            return _error(429, "rate_limit_error", "Number of requests exceeded.")
        if body["model"] == BROKEN:
            return _error(500, "api_error", "Internal server error")
        message = _answer(body)
        if not body.get("stream"):
            return JSONResponse(message, headers={"request-id": "req_1"})

        async def sent() -> AsyncIterator[str]:
            for event in _until_it_breaks(_events(message), body):
                yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"

        return StreamingResponse(sent(), media_type="text/event-stream")


def _until_it_breaks(
    events: Iterator[dict[str, Any]], body: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for at, event in enumerate(events):
        if body["model"] == BREAKS_OFF and at == 4:
            yield {"type": "error", "error": _fault("overloaded_error", "Overloaded")}
            return
        yield event


def _fault(kind: str, message: str) -> dict[str, str]:
    return {"type": kind, "message": message}


def _error(status: int, kind: str, message: str) -> JSONResponse:
    # Clients wait as long as the finer of the two says.
    again = {"retry-after": "1", "retry-after-ms": "10"} if status == 429 else None
    return JSONResponse({"type": "error", "error": _fault(kind, message)}, status, again)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(
        _text(block["content"]) if block["type"] == "tool_result" else block.get("text", "")
        for block in content
    )


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    """Give the whole message."""
    last = body["messages"][-1]["content"]
    is_result = isinstance(last, list) and last[0]["type"] == "tool_result"
    content: list[dict[str, Any]] = []
    if body.get("thinking"):
        content.append({"type": "thinking", "thinking": THOUGHT, "signature": "sig"})
    tools = body.get("tools") if not is_result else None
    if tools:
        given = dict.fromkeys(tools[0]["input_schema"]["properties"], _text(last))
        call = {"type": "tool_use", "id": "toolu_1", "name": tools[0]["name"], "input": given}
        content.append(call)
    else:
        content.append({"type": "text", "text": f"You said: {_text(last)}"})
    said = [_text(message["content"]) for message in body["messages"]]
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": f"{body['model']}-20260101",
        "content": content,
        "stop_reason": "tool_use" if tools else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": sum(len(text.split()) for text in said),
            "cache_read_input_tokens": len(_text(body.get("system") or "").split()),
            "cache_creation_input_tokens": 0,
            "output_tokens": sum(
                len(piece.split()) for block in content for piece in _pieces(block)
            ),
        },
    }


def _pieces(block: dict[str, Any]) -> list[str]:
    """Give a block's text, thought or input word by word, as streams give them."""
    text = block.get("text") or block.get("thinking") or json.dumps(block.get("input"))
    words = text.split(" ")
    return [word if at == 0 else f" {word}" for at, word in enumerate(words)]


_EMPTY = {"text": {"text": ""}, "thinking": {"thinking": ""}, "tool_use": {"input": {}}}
_DELTAS = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    counted = message["usage"] | {"output_tokens": 1}
    begun = message | {"content": [], "stop_reason": None, "usage": counted}
    yield {"type": "message_start", "message": begun}
    yield {"type": "ping"}
    for index, block in enumerate(message["content"]):
        kind, key = _DELTAS[block["type"]]
        empty = block | _EMPTY[block["type"]]
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for piece in _pieces(block):
            delta = {"type": kind, key: piece}
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    usage = {"output_tokens": message["usage"]["output_tokens"]}
    yield {"type": "message_delta", "delta": delta, "usage": usage}
    yield {"type": "message_stop"}
