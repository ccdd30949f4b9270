"""HTTP/1.1 with bounds that uvicorn over httptools lacks: on heads, and on connections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from prela_server.edge.problems import problem
from prela_server.edge.stopping import announce_stop

__all__ = ["BoundedHttp"]

_log = structlog.get_logger()

_HEAD_BYTES = 64 * 1024
_LINGER_SECONDS = 0.5
_QUIET_SECONDS = 60.0
"""How long nothing more is said of connections refused, after something was."""


class BoundedHttp(HttpToolsProtocol):
    """Ends connections whose request line and headers go on beyond 64 KiB, or for too long.

    A header without end would take memory without end, and time that grows with its square.
    What arrives together with a head's beginning is not counted; asyncio reads 256 KiB at most.

    A head must be complete `head_seconds` after the connection was made, or after the first byte
    that followed the answer before: whoever sends nothing, a byte now and then, or the rest of a
    body that nobody waits for, can't keep a connection. Between requests uvicorn waits 5 seconds.

    When the server stops, a connection without a request stays for half a second more: what was
    sent on it meanwhile is answered, and the answer says that it was the last one.

    More than `most_connections` are refused at once: each needs an open file, and so does all
    else that the process does.
    """

    head_seconds = 25.0
    most_connections = 10_000

    _in_head = False
    _head_bytes = 0
    _stopping = False
    _deadline: asyncio.TimerHandle | None = None
    _told_at: float | None = None  # of the class

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wait for a first request, if there is room."""
        super().connection_made(transport)
        self._told_to_stop = asyncio.Event()
        if len(self.connections) > self.most_connections:
            self._tell_once()
            text = "there are too many connections to this server; come again later"
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, text, {"Retry-After": "2"})
        else:
            self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._expect_nothing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came in, and refuse the request when its head is too long."""
        was_in_head = self._in_head
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head or not self._answers:
            self._expect_head()
        else:
            self._expect_nothing()
        if was_in_head and self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_BYTES:
                self.send_400_response("the request's line and headers are too long")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, in the form of every other refusal, and end the connection."""
        self._refuse(HTTPStatus.BAD_REQUEST, msg)

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the head is complete."""
        self._in_head = False
        announce_stop(self.scope, self._told_to_stop)
        super().on_headers_complete()
        if self._stopping:
            self.cycle.keep_alive = False

    def shutdown(self) -> None:
        """Answer what is there or about to be, and end the connection."""
        self._stopping = True
        self._told_to_stop.set()
        if self._answers:
            super().shutdown()
        else:
            self.loop.call_later(_LINGER_SECONDS, self._leave, 2)

    @property
    def _answers(self) -> bool:
        """Whether a request is being answered."""
        cycle: RequestResponseCycle | None = self.cycle  # uvicorn's own type leaves None out
        return cycle is not None and not cycle.response_complete

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.head_seconds, self._miss_head)

    def _expect_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _miss_head(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._answers:
            self._expect_head()  # of a request sent before the answer to the one before
        elif self._in_head:
            text = f"the request's line and headers did not arrive within {self.head_seconds:g} s"
            self._refuse(HTTPStatus.REQUEST_TIMEOUT, text)
        else:
            self.transport.close()

    def _leave(self, turns: int) -> None:
        if self._answers or self.transport.is_closing():
            return
        if turns:  # of the loop, which looks at timers first: a busy one has yet to read what came
            self.loop.call_soon(self._leave, turns - 1)
        else:
            self.transport.close()

    def _refuse(
        self, status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        refusal = problem(status, text, headers={**(headers or {}), "Connection": "close"})
        head = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        head += [name + b": " + value for name, value in refusal.raw_headers]
        self.transport.write(b"\r\n".join(head) + b"\r\n\r\n" + bytes(refusal.body))
        self.transport.close()

    def _tell_once(self) -> None:
        now, told = self.loop.time(), BoundedHttp._told_at
        if told is None or now - told > _QUIET_SECONDS:
            BoundedHttp._told_at = now
            _log.warning("connections are refused", open=self.most_connections)
