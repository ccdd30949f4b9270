"""A trace of any size as one JSON object, written as it is read: memory holds a group of spans."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from itertools import chain
from typing import Any

import msgspec
from starlette.responses import Response, StreamingResponse

from prela_core.store import OpenTrace, StoredSpan
from prela_core.store.summary import detail
from prela_server.edge.answers import json_answer

__all__ = ["trace_answer"]

Ask = Callable[[Callable[[], Any]], Awaitable[Any]]

_encode = msgspec.json.Encoder().encode


async def trace_answer(trace: OpenTrace, ask: Ask) -> Response:
    """Answer with a `TraceDetail`: as a whole when one group has all spans, else as a stream.

    `ask` reads where it may block. A client that reads slowly holds up no one: nothing is read
    ahead of it, and the store is let go of between groups. When the store fails midway, the
    connection is closed in the middle of the object, which no client takes for the end.
    """
    first = await ask(lambda: next(trace.groups, ()))
    if trace.summary.span_count <= len(first):
        return json_answer(detail(trace.summary, list(first)))
    return StreamingResponse(_pieces(trace, first, ask), media_type="application/json")


async def _pieces(trace: OpenTrace, first: Sequence[StoredSpan], ask: Ask) -> AsyncIterator[bytes]:
    groups = chain([first], trace.groups)
    yield _encode(trace.summary)[:-1] + b',"spans":['
    comma = b""

    def following() -> bytes | None:
        group = next(groups, ())
        return b"".join((comma, memoryview(_encode(group))[1:-1])) if group else None

    while (spans := await ask(following)) is not None:
        yield spans
        comma = b","
    yield b"]}"
