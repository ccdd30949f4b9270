"""The outermost layer of every answer: request id, security headers, and who may call."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Collection
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prela_core.emit.trace_headers import read_traceparent
from prela_server.edge.problems import problem
from prela_server.settings import is_loopback

__all__ = ["Frame"]

_log = structlog.get_logger()

_REQUEST_ID = re.compile(r"[\w.:@/+=-]{1,128}", re.ASCII)
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    # Clients of the hosted service turn features off by this word; here there is nothing to buy.
    (b"x-prela-tier", b"enterprise"),
]
_DEFAULT_POLICY = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
_DEFAULT_CACHING = (b"cache-control", b"no-store")


class Frame:
    """Wraps an ASGI application.

    Each answer carries `X-Request-ID`, the caller's own when it is plain enough to be logged.
    With `local_only`, which is how a server without keys is run, requests whose Host or Origin
    is not this machine are refused, unless the origin is one of `origins`: a page on the web must
    not reach it through the browser.

    Log lines of a request have its id, and the id of the caller's trace where `traceparent` says
    it (https://www.w3.org/TR/trace-context/). At the level debug, each request is a line.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        local_only: bool,
        origins: Collection[str] = (),
        new_id: Callable[[], str] = lambda: secrets.token_hex(8),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._app = app
        self._local_only = local_only
        self._origins = origins
        self._new_id = new_id
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        sent_id = headers.get("x-request-id", "")
        request_id = sent_id if _REQUEST_ID.fullmatch(sent_id) else self._new_id()

        status = 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                answered = message.setdefault("headers", [])
                present = {name for name, _ in answered}
                answered += [(b"x-request-id", request_id.encode()), *_SECURITY]
                for default in (_DEFAULT_POLICY, _DEFAULT_CACHING):
                    if default[0] not in present:
                        answered.append(default)
            await send(message)

        bound = {"request_id": request_id}
        if caller := read_traceparent(headers.get("traceparent", "")):
            bound["trace_id"] = caller[0]
        with structlog.contextvars.bound_contextvars(**bound):
            begun = self._clock()
            try:
                if self._local_only and not _is_local(headers, self._origins):
                    refusal = problem(
                        HTTPStatus.FORBIDDEN,
                        "this server has no keys and answers only to this machine by its own name; "
                        "start it with PRELA_AUTH=on to open it to others",
                    )
                    await refusal(scope, receive, send_framed)
                else:
                    await self._app(scope, receive, send_framed)
            finally:  # also of what was not foreseen, which is raised on after its answer
                _log.debug(
                    "request",
                    method=scope["method"],
                    # Without the query, which holds what people search for.
                    path=scope["path"],
                    status=status,
                    seconds=round(self._clock() - begun, 4),
                )


def _is_local(headers: Headers, origins: Collection[str]) -> bool:
    host = headers.get("host", "localhost")
    origin = headers.get("origin")
    try:
        # An address can't be made to mean another machine, as a name can.
        own = is_loopback(urlsplit(f"//{host}").hostname or "")
        return own and (origin is None or origin in origins or urlsplit(origin).netloc == host)
    except ValueError:  # brackets that hold no address
        return False
