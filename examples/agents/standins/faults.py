"""What goes wrong on purpose."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import attrs
from starlette.requests import Request
from starlette.responses import Response


@attrs.define
class Asked:
    """A request that came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@attrs.define
class Faulty:
    """Answers with the queued faults first, each once, and passes on what comes after them.

    With `lost`, requests are carried out, and their answers lost on the way: the connection
    breaks.
    """

    app: Any
    faults: deque[Response] = attrs.field(factory=deque)
    lost: int = 0
    asked: list[Asked] = attrs.field(factory=list)

    mangle: Callable[[bytes], bytes] | None = None
    """What becomes of the bodies of answers on the way."""

    def reset(self) -> None:
        """Let nothing go wrong any more, and forget what was asked."""
        self.mangle = None
        self.faults.clear()
        self.asked.clear()
        self.lost = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer, or break as was wanted."""
        request = Request(scope)
        self.asked.append(
            Asked(
                request.method,
                scope["path"].removeprefix(scope.get("root_path", "")),
                dict(request.query_params),
                dict(request.headers),
            )
        )
        if self.faults:
            await self.faults.popleft()(scope, receive, send)
        elif self.lost:
            self.lost -= 1
            await self.app(scope, receive, _swallow)
            await send({"type": "http.response.start", "status": 200, "headers": _LONG})
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            raise ConnectionAbortedError("the answer is lost, as it should be")
        elif self.mangle is not None:
            await self.app(scope, receive, _mangling(send, self.mangle))
        else:
            await self.app(scope, receive, send)


_LONG = [(b"content-length", b"100000")]


def _mangling(send: Any, mangle: Callable[[bytes], bytes]) -> Any:
    started: list[Any] = []

    async def sent(message: Any) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
            return
        body = mangle(message["body"])
        kept = [each for each in started[0]["headers"] if each[0] != b"content-length"]
        length = (b"content-length", str(len(body)).encode())
        await send({**started[0], "headers": [*kept, length]})
        await send({**message, "body": body})

    return sent


async def _swallow(message: Any) -> None:
    del message
