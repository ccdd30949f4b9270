"""A client light enough not to be the bottleneck: bare sockets, one loop, requests made beforehand.

No event loop and no objects between it and the kernel: some 10 us of CPU a request, which every
load tells (`Outcome.cpu`), since the client shares the cores with what it measures.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs
from otlp_bodies import otlp

__all__ = [
    "PROTOBUF",
    "Outcome",
    "body_of",
    "get",
    "otlp_posts",
    "post",
    "posts",
    "send",
    "send_all",
]

PROTOBUF = "application/x-protobuf"

_RECEIVE_BYTES = 1 << 18
_SILENT_SECONDS = 300.0


@attrs.define
class Outcome:
    """What a load came to.

    `latencies` are seconds, one for each request, sorted; at a pace they count from the moment
    when a request was due, so that one that had to wait for its turn is late too. `cpu` is what
    the client used, in seconds. `refused_at` are the places of the requests that were refused;
    `answer` is the body of the last of those, or else of the last answer.
    """

    seconds: float
    latencies: list[float]
    refused: int
    cpu: float = 0.0
    answer: bytes = b""
    refused_at: list[int] = attrs.field(factory=list)

    def percentile(self, share: float) -> float:
        """Give the latency in milliseconds that `share` of the requests did not exceed."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


def posts(made: Sequence[dict[str, Any]], size: int) -> Iterator[bytes]:
    """Make the requests that send spans as Prela's own JSON, `size` in each."""
    for start in range(0, len(made), size):
        if size == 1:
            yield post("/v1/spans", json.dumps(made[start]).encode())
        else:
            yield post("/v1/batch", json.dumps({"spans": made[start : start + size]}).encode())


def otlp_posts(
    made: Sequence[dict[str, Any]], size: int, headers: Mapping[str, str] | None = None
) -> Iterator[bytes]:
    """Make the requests that send spans as OTLP protobuf, `size` in each, to any server."""
    for start in range(0, len(made), size):
        body = otlp(made[start : start + size]).SerializeToString()
        yield post("/v1/traces", body, PROTOBUF, headers)


def post(
    path: str,
    body: bytes,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Make one request."""
    more = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {media_type}\r\n"
        f"{more}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def body_of(request: bytes) -> bytes:
    """Give the body of a request."""
    return request.partition(b"\r\n\r\n")[2]


def get(url: str, path: str, times: int) -> Outcome:
    """Ask for `path` again and again on one connection.

    `{limit}` in it is about 50, and another number each time: a page that was asked for is kept.
    """
    limits = range(50 - times // 2, 50 - times // 2 + times)
    paths = [path.replace("{limit}", str(each)) for each in limits]
    requests = [f"GET {each} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() for each in paths]
    return send_all(url, requests, 1)


def send(
    url: str, requests: Sequence[bytes], connections: int, *, rate: float | None = None
) -> Outcome:
    """Send all, and end the program if any was refused: figures would say nothing then."""
    outcome = send_all(url, requests, connections, rate=rate)
    if outcome.refused:
        sys.exit(
            f"{outcome.refused} of {len(requests)} requests were refused: {outcome.answer[:200]!r}"
        )
    return outcome


def send_all(
    url: str, requests: Sequence[bytes], connections: int, *, rate: float | None = None
) -> Outcome:
    """Send `requests` over so many connections, each waiting for its answer before the next.

    With a `rate`, requests are due so many a second, and sent when they are and a connection
    is free. A server that closes a connection, or is silent, raises an `OSError`.
    """
    return _Load(url, requests, connections, rate).run()


@attrs.define(eq=False)
class _Connection:
    socket: socket.socket
    unsent: memoryview = attrs.field(factory=lambda: memoryview(b""))
    received: bytearray = attrs.field(factory=bytearray)
    began: float = 0.0
    waits: bool = False
    request: int = 0


class _Load:
    """One load: connections take requests in turn until none is left."""

    def __init__(
        self, url: str, requests: Sequence[bytes], connections: int, rate: float | None
    ) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._requests = requests
        self._number = min(connections, len(requests))
        self._pause = 1 / rate if rate else 0.0
        self._next = 0
        self._latencies: list[float] = []
        self._refused: list[int] = []
        self._answer = b""
        self._selector = selectors.DefaultSelector()

    def run(self) -> Outcome:
        connected = [_Connection(self._connect()) for _ in range(self._number)]
        for each in connected:
            self._selector.register(each.socket, selectors.EVENT_READ, each)
        cpu = time.process_time()
        began = time.perf_counter()
        free = deque(connected)
        while len(self._latencies) < len(self._requests):
            wait = self._start(free, began)
            ready = self._selector.select(wait)
            if not ready and wait == _SILENT_SECONDS:
                raise TimeoutError(f"{self._address} was silent for {wait:g} s")
            for key, events in ready:
                connection = key.data
                if events & selectors.EVENT_WRITE:
                    self._write(connection)
                if events & selectors.EVENT_READ and self._read(connection):
                    free.append(connection)
        seconds = time.perf_counter() - began
        cpu = time.process_time() - cpu
        for each in connected:
            each.socket.close()
        self._selector.close()
        return Outcome(
            seconds,
            sorted(self._latencies),
            len(self._refused),
            cpu,
            self._answer,
            self._refused,
        )

    def _connect(self) -> socket.socket:
        connected = socket.create_connection(self._address)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.setblocking(False)
        return connected

    def _start(self, free: deque[_Connection], began: float) -> float:
        """Send what is due on connections that are free; says how long to wait for answers."""
        while free and self._next < len(self._requests):
            now = time.perf_counter()
            due = began + self._next * self._pause if self._pause else now
            if due > now:
                return due - now
            connection = free.popleft()
            connection.waits = True
            connection.began = due
            connection.request = self._next
            connection.unsent = memoryview(self._requests[self._next])
            self._next += 1
            self._write(connection)
        return _SILENT_SECONDS

    def _write(self, connection: _Connection) -> None:
        was_waiting = self._selector.get_key(connection.socket).events & selectors.EVENT_WRITE
        try:
            while connection.unsent:
                connection.unsent = connection.unsent[connection.socket.send(connection.unsent) :]
        except BlockingIOError:
            pass
        wanted = selectors.EVENT_WRITE if connection.unsent else 0
        if wanted != was_waiting:
            self._selector.modify(connection.socket, selectors.EVENT_READ | wanted, connection)

    def _read(self, connection: _Connection) -> bool:
        """Take what has come; says whether the answer is complete."""
        received = connection.socket.recv(_RECEIVE_BYTES)
        if not received and connection.waits:
            raise ConnectionAbortedError(f"{self._address} closed before it answered")
        if not received:  # it was idle for too long, at a slow pace
            self._selector.unregister(connection.socket)
            connection.socket.close()
            connection.socket = self._connect()
            self._selector.register(connection.socket, selectors.EVENT_READ, connection)
            return False
        connection.received += received
        found = _answer(connection.received)
        if found is None:
            return False
        self._latencies.append(time.perf_counter() - connection.began)
        accepted = connection.received.startswith(b"HTTP/1.1 2")
        if not accepted:
            self._refused.append(connection.request)
        if not accepted or not self._refused:
            self._answer = found
        connection.received = bytearray()
        connection.waits = False
        return True


def _answer(received: bytearray) -> bytes | None:
    """Give the body of an answer once it is there in whole."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = bytes(received[:end]).lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 :].split(b"\r\n", 1)[0])
        whole = bytes(received[end + 4 :])
        return whole if len(whole) >= length else None
    if b"\r\ntransfer-encoding: chunked" not in head:
        return b""
    return bytes(received[end + 4 :]) if received.endswith(b"0\r\n\r\n") else None
