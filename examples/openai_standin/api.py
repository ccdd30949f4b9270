"""A stand-in of OpenAI's API: chat completions, responses and embeddings, streamed or not.

The same question has the same answer. It is an ASGI application; clients take `/v1` of wherever
it is served, and any key but `WRONG_KEY`. A token is a word. A chat answers "You said: " and the
last text, or calls the first of the tools it was offered, once, with that text for every
argument; the words of system messages count as cached tokens, and `reasoning_effort` costs
`REASONING_TOKENS`. As at OpenAI the answer names a snapshot of the model that was asked for.
These models answer with errors: `BUSY` with 429, `BROKEN` with 500, `BREAKS_OFF` with an error in
the middle of a stream.
"""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from examples.openai_standin.answers import CREATED, Answer, answer_to, snapshot_of
from examples.openai_standin.responses import response, response_events

__all__ = ["BREAKS_OFF", "BROKEN", "BUSY", "WRONG_KEY", "OpenAIApi", "Seen"]

WRONG_KEY = "sk-wrong"
BUSY = "busy-model"
BROKEN = "broken-model"
BREAKS_OFF = "breaks-off-model"
_BREAKS_AFTER = 3  # events

_FAILURE = {"message": "The server had an error.", "type": "server_error", "code": None}


@attrs.frozen
class Seen:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@attrs.define
class OpenAIApi:
    """The API as an ASGI application; `seen` holds the requests so far."""

    seen: list[Seen] = attrs.field(factory=list)

    _app: Starlette = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._app = Starlette(
            routes=[
                Route("/v1/chat/completions", self._chat, methods=["POST"]),
                Route("/v1/responses", self._responses, methods=["POST"]),
                Route("/v1/embeddings", self._embeddings, methods=["POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._app(scope, receive, send)

    async def _take(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = await request.json()
        self.seen.append(Seen(request.url.path, dict(request.headers), body))
        return body

    async def _chat(self, request: Request) -> Response:
        body = await self._take(request)
        if refusal := _refusal(request, body):
            return refusal
        answer = answer_to(body["messages"], body)
        if body.get("stream"):
            events = _until_it_breaks(_chunks(answer, body), body)
            return _event_stream([*(_data(each) for each in events), "data: [DONE]\n\n"])
        return _json(_completion(answer, body))

    async def _responses(self, request: Request) -> Response:
        body = await self._take(request)
        if refusal := _refusal(request, body):
            return refusal
        asked = body["input"]
        messages = [{"role": "user", "content": asked}] if isinstance(asked, str) else [*asked]
        if body.get("instructions"):
            messages.insert(0, {"role": "system", "content": body["instructions"]})
        answer = answer_to(messages, body)
        if body.get("stream"):
            events = _until_it_breaks(response_events(answer, body), body)
            return _event_stream(f"event: {each['type']}\n{_data(each)}" for each in events)
        return _json(response(answer, body))

    async def _embeddings(self, request: Request) -> Response:
        body = await self._take(request)
        if refusal := _refusal(request, body):
            return refusal
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors = [_vector(text, body.get("dimensions", 8)) for text in texts]
        tokens = sum(len(text.split()) for text in texts)
        return _json(
            {
                "object": "list",
                "data": [
                    {"object": "embedding", "index": at, "embedding": _spelled(vector, body)}
                    for at, vector in enumerate(vectors)
                ],
                "model": body["model"],
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            }
        )


def _refusal(request: Request, body: dict[str, Any]) -> Response | None:
    if request.headers.get("authorization") in (None, f"Bearer {WRONG_KEY}"):
        return _error(401, "Incorrect API key provided.", "invalid_api_key")
    if body["model"] == BUSY:
        # Clients wait as long as the finer of the two says.
        again = {"retry-after": "1", "retry-after-ms": "10"}
        return _error(429, "Rate limit reached.", "rate_limit_exceeded", again)
    if body["model"] == BROKEN:
        return JSONResponse({"error": _FAILURE}, 500)
    return None


def _error(
    status: int, message: str, code: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return JSONResponse({"error": error}, status, headers)


def _json(content: dict[str, Any]) -> JSONResponse:
    return JSONResponse(content, headers={"x-request-id": "req_1"})


def _event_stream(events: Any) -> StreamingResponse:
    async def sent() -> AsyncIterator[str]:
        for event in events:
            yield event

    return StreamingResponse(sent(), media_type="text/event-stream")


def _data(event: dict[str, Any]) -> str:
    return f"data: {json.dumps(event)}\n\n"


def _until_it_breaks(
    events: Iterator[dict[str, Any]], body: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    for at, event in enumerate(events):
        if body["model"] == BREAKS_OFF and at == _BREAKS_AFTER:
            yield {"type": "error", "error": _FAILURE}
            return
        yield event


def _completion(answer: Answer, body: dict[str, Any]) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
    if answer.tool is not None:
        function = {"name": answer.tool, "arguments": answer.arguments}
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": function}]
    choices = [
        {"index": at, "message": message, "logprobs": None, "finish_reason": answer.finish}
        for at in range(body.get("n") or 1)
    ]
    return _envelope("chat.completion", body) | {"choices": choices, "usage": answer.usage}


def _chunks(answer: Answer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the events of a stream: the role, then a word each, the finish, perhaps the usage."""
    with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
    envelope = _envelope("chat.completion.chunk", body)
    if with_usage:
        envelope["usage"] = None
    for delta, finish in _deltas(answer):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        yield envelope | {"choices": [choice]}
    if with_usage:
        yield envelope | {"choices": [], "usage": answer.usage}


def _deltas(answer: Answer) -> Iterator[tuple[dict[str, Any], str | None]]:
    if answer.tool is None:
        yield {"role": "assistant", "content": "", "refusal": None}, None
        for piece in answer.pieces:
            yield {"content": piece}, None
    else:
        function = {"name": answer.tool, "arguments": ""}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        yield {"role": "assistant", "content": None, "tool_calls": [call]}, None
        for piece in answer.pieces:
            yield {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}, None
    yield {}, answer.finish


def _envelope(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": kind,
        "created": CREATED,
        "model": snapshot_of(body["model"]),
        "service_tier": "default",
        "system_fingerprint": "fp_1",
    }


def _vector(text: str, dimensions: int) -> list[float]:
    return [(len(text) + at) % 7 / 8 for at in range(dimensions)]


def _spelled(vector: list[float], body: dict[str, Any]) -> list[float] | str:
    if body.get("encoding_format") == "base64":
        return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
    return vector
