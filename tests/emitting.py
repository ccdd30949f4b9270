"""What tests of the emitting side need: spans that ended, and servers that misbehave."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

from prela_core.model import Span, Status
from prela_core.testing import NOON

__all__ = ["Ended", "StandIn", "a_span", "await_that", "hanging_port", "stand_in"]


def a_span(span_id: str = "s0", **fields: Any) -> Span:
    defaults: dict[str, Any] = {
        "trace_id": "t",
        "name": "step",
        "started_at": NOON,
        "ended_at": NOON + timedelta(milliseconds=5),
        "status": Status.SUCCESS,
    }
    return Span(span_id=span_id, **(defaults | fields))


@attrs.frozen
class Ended:
    """A finished span, as a tracer gives it."""

    span: Span
    is_local_root: bool | None = None

    def to_span(self) -> Span:
        return self.span


def await_that(holds: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, f"{what} did not come about within {seconds:g} s"
        time.sleep(0.005)


class StandIn:
    """Takes spans as a Prela server does, or answers what `answers` says, one after the other.

    Each of `answers` is a status and headers; when there are no more it is 200. `ids` are those
    of the spans that it took, in order, with repetitions.
    """

    def __init__(self, port: int = 0) -> None:
        self.answers: list[tuple[int, dict[str, str]]] = []
        self.ids: list[str] = []
        self.peers: set[Any] = set()
        self.requests = 0
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["Content-Encoding"] == "gzip":
                    body = gzip.decompress(body)
                document = json.loads(body)
                spans = document if isinstance(document, list) else document["spans"]
                status, headers = stand_in.take(spans, self.client_address)
                answer = json.dumps({"ingested": len(spans), "rejected": []}).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_: object) -> None:
                """A client that went away is nothing to report."""

        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def take(self, spans: list[dict[str, Any]], peer: Any) -> tuple[int, dict[str, str]]:
        with self._lock:
            self.requests += 1
            self.peers.add(peer)
            if self.answers:
                return self.answers.pop(0)
            self.ids += [span["span_id"] for span in spans]
            return 200, {}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextmanager
def stand_in(port: int = 0) -> Iterator[StandIn]:
    server = StandIn(port)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def hanging_port() -> Iterator[int]:
    """Give a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]
