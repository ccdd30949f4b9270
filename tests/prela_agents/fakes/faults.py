"""What goes wrong on purpose."""

from __future__ import annotations

from collections import deque
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

    def reset(self) -> None:
        self.faults.clear()
        self.asked.clear()
        self.lost = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
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
        else:
            await self.app(scope, receive, send)


_LONG = [(b"content-length", b"100000")]


async def _swallow(message: Any) -> None:
    del message
