"""So many requests a second, from one light client, whatever becomes of the answers.

Threads that each wait for their answer send less when a server slows down, which is when it
matters. Here requests start by the clock, each on a connection that is free, or on a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

import attrs
from tests.faults.conftest import Ids, Ledger, Request, make_request

__all__ = ["SteadyLoad"]

_TRACES = 20
_MOST_OPEN = 1000
_LONGEST = 60.0
"""Seconds after which a request counts as hanging."""

_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@attrs.define
class SteadyLoad:
    """Sends `rate` requests a second for the time of a block, and then awaits the answers.

    While 1,000 are open it waits, and the rate is less. What was sent and how it was answered is
    in `ledger`; what had no answer because the connection ended is in `dropped`. Who found nobody
    to connect to sent nothing.
    """

    url: str
    ledger: Ledger
    rate: float
    name: str = "steady"
    spans: int = 3
    started: list[float] = attrs.field(factory=list)
    """When each request was sent."""
    answered: list[tuple[float, int]] = attrs.field(factory=list)
    """When each answer came, and its status."""
    slowest: dict[int, float] = attrs.field(factory=dict)
    """The longest that an answer of each status took, in seconds."""
    unexplained: list[int] = attrs.field(factory=list)
    """Statuses other than 200 that came without `Retry-After`."""
    dropped: list[Request] = attrs.field(factory=list)
    refused: int = 0
    hanging: int = 0
    open: int = 0
    _idle: deque[_Connection] = attrs.field(factory=deque)
    _ended: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread | None = None
    _failures: list[BaseException] = attrs.field(factory=list)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Send no more, and wait until nothing is open."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        if self._failures:
            raise self._failures[0]

    @property
    def dropped_ids(self) -> Ids:
        """The spans of requests that were not answered."""
        return {one for request in self.dropped for one in request.ids}

    def rate_before(self, moment: float, seconds: float = 1.0) -> float:
        """Say how many answers a second came in the time before a moment."""
        return sum(moment - seconds <= at < moment for at, _ in list(self.answered)) / seconds

    def answers_since(self, moment: float, status: int) -> int:
        """Count the answers of a status that came after a moment."""
        return sum(at > moment and each == status for at, each in self.answered)

    def first_since(self, moment: float, status: int) -> float | None:
        """Say how long after a moment the first answer of a status came."""
        later = (at for at, each in self.answered if at > moment and each == status)
        return next((at - moment for at in later), None)

    def _run(self) -> None:
        try:
            asyncio.run(self._send_all())
        except BaseException as error:  # noqa: BLE001 - raised where the block ends
            self._failures.append(error)

    async def _send_all(self) -> None:
        chance = random.Random(self.name)  # noqa: S311 - repeatable on purpose
        begun = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in itertools.count():
                await asyncio.sleep(max(0.0, begun + number / self.rate - time.monotonic()))
                if self._ended.is_set():
                    break
                if self.open < _MOST_OPEN:
                    trace_id = f"{self.name}-{number % _TRACES}"
                    self.open += 1
                    sending = self._send(make_request(chance, trace_id, self.spans))
                    tasks.create_task(sending).add_done_callback(self._close)
        for _, writer in self._idle:
            writer.close()

    def _close(self, _: object) -> None:
        self.open -= 1

    async def _send(self, request: Request) -> None:
        connection = None
        try:
            async with asyncio.timeout(_LONGEST):
                try:
                    connection = await self._connect()
                except OSError:
                    self.refused += 1
                    return
                begun = time.monotonic()
                self.ledger.sent |= request.ids
                self.started.append(begun)
                status, headers = await _exchange(connection, request)
        except (OSError, EOFError) as error:
            if isinstance(error, TimeoutError):
                self.hanging += 1
            self.dropped.append(request)
            if connection is not None:
                connection[1].close()
            return
        now = time.monotonic()
        self.answered.append((now, status))
        self.slowest[status] = max(self.slowest.get(status, 0.0), now - begun)
        if status != 200 and int(headers.get("retry-after", 0)) < 1:
            self.unexplained.append(status)
        self.ledger.note(request, status)
        if headers.get("connection") == "close":
            connection[1].close()
        else:
            self._idle.append(connection)

    async def _connect(self) -> _Connection:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        address = urlsplit(self.url)
        return await asyncio.open_connection(address.hostname, address.port)


async def _exchange(connection: _Connection, request: Request) -> tuple[int, dict[str, str]]:
    reader, writer = connection
    body = json.dumps(request.body).encode()
    head = (
        f"POST {request.path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    await writer.drain()
    said, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
    }
    await reader.readexactly(int(headers["content-length"]))
    return int(said.split()[1]), headers


@attrs.define
class Watch:
    """Asks something of a server again and again, in a thread, and notes the answers."""

    ask: Callable[[], Any]
    pause: float = 0.02
    took: list[float] = attrs.field(factory=list)
    said: list[Any] = attrs.field(factory=list)
    _ended: threading.Event = attrs.field(factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join()

    def quantile(self, share: float) -> float:
        """Give the time in seconds that a share of the answers took at most."""
        took = sorted(self.took)
        return took[min(len(took) - 1, int(share * len(took)))]

    def _run(self) -> None:
        while not self._ended.wait(self.pause):
            begun = time.monotonic()
            with contextlib.suppress(OSError):
                self.said.append(self.ask())
            self.took.append(time.monotonic() - begun)
