"""What arrives, as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html.

Each event is an answer of `/api/v1/live` as a whole, and its id is where to go on. So a client that
was cut off in the middle of one has not seen it, and gets it again by sending the id it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import attrs
import msgspec
from starlette.requests import Request

from prela_core.errors import PrelaError, UnavailableError
from prela_core.store import Arrivals, ArrivalsRequest

__all__ = ["EVENTS", "LiveStreams", "resumed", "wants_events"]

EVENTS = "text/event-stream"

_PAUSE = 1.0
_QUIET_TURNS = 15
"""After so many questions without an answer a sign of life is sent, for proxies and for us."""

_BEGIN = b"retry: 1000\n\n"

Ask = Callable[[ArrivalsRequest], Awaitable[Arrivals]]


def wants_events(request: Request) -> bool:
    """Say whether the client asks for a stream."""
    kinds = ",".join(request.headers.getlist("accept")).split(",")
    return any(kind.partition(";")[0].strip().lower() == EVENTS for kind in kinds)


def resumed(request: Request, wanted: ArrivalsRequest) -> ArrivalsRequest:
    """Go on where an earlier stream was cut off: a browser asks at the same address again."""
    last = request.headers.get("last-event-id")
    return attrs.evolve(wanted, cursor=last, since=None) if last else wanted


class LiveStreams:
    """The open streams of a server, at most `most` of them; each asks once a second."""

    def __init__(self, most: int = 100, pause: float = _PAUSE) -> None:
        self._most = most
        self._pause = pause
        self._open = 0

    def require_room(self) -> None:
        """Raise `UnavailableError` when there are too many."""
        if self._open >= self._most:
            raise UnavailableError("too many follow what arrives; come again later", retry_after=10)

    async def events(
        self, ask: Ask, first: Arrivals, wanted: ArrivalsRequest, stopping: asyncio.Event
    ) -> AsyncIterator[bytes]:
        """Yield events from the answer `first` on, until the server stops or `ask` raises."""
        self._open += 1
        try:
            yield _BEGIN + _event(first)
            answer, quiet = first, 0
            while True:
                if len(answer.items) < wanted.limit and await _set_within(stopping, self._pause):
                    return
                answer = await ask(attrs.evolve(wanted, cursor=answer.next_cursor, since=None))
                quiet = 0 if answer.items else quiet + 1
                if quiet in {0, _QUIET_TURNS}:
                    yield _event(answer)
                    quiet = 0
        except PrelaError:
            return  # to be asked again, and told then
        finally:
            self._open -= 1


def _event(answer: Arrivals) -> bytes:
    place = b"id: " + answer.next_cursor.encode() + b"\n"
    if not answer.items:
        return place + b"\n"  # without data it is no event, and the id counts all the same
    # Between the tokens of JSON a line's end is a blank, and within texts it is escaped.
    body = msgspec.json.encode(answer).replace(b"\r", b" ").replace(b"\n", b" ")
    return place + b"event: spans\ndata: " + body + b"\n\n"


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
