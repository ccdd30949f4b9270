"""The server is told to stop while it is busy."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest
from tests.conftest import Serve, Server, span
from tests.faults.stopping import STOP_SECONDS, assert_stops_well

pytestmark = pytest.mark.slow

SHUTDOWN_SECONDS = 12
"""For who is waited for in vain, three quarters of it: the default is twice as long."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that each test stops, and starts again for the next."""
    one = Server(tmp_path_factory.mktemp("stopped") / "data")
    try:
        yield one.start()
    finally:
        one.end()


def test_a_server_stopped_under_load_answers_what_it_began_and_loses_nothing(
    server: Server, record_property: pytest.RecordProperty
) -> None:
    assert_stops_well(server, record_property)


@pytest.mark.parametrize("endpoint", ["/v1/spans", "/v1/batch", "/v1/traces"])
def test_requests_whose_body_is_still_coming_are_answered_truly(
    server: Server, endpoint: str
) -> None:
    sent = [span() for _ in range(20)]
    forms = {"/v1/spans": dict, "/v1/batch": lambda one: [one]}
    bodies = [
        json.dumps(
            forms.get(endpoint, lambda one: {"trace_id": one["trace_id"], "spans": [one]})(one)
        )
        for one in sent
    ]
    wires = [server.wire() for _ in sent]
    for wire, body in zip(wires, bodies, strict=True):
        head = (
            f"POST {endpoint} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        wire.socket.sendall(head.encode() + body[:50].encode())
    server.api.read("/health")  # answered after those above were read

    stopping = threading.Thread(target=server.running.terminate)
    stopping.start()
    stopping.join()
    answers = []
    for wire, body in zip(wires, bodies, strict=True):
        with wire:
            wire.socket.sendall(body[50:].encode())
            answers.append(wire.rest())
    assert server.running.wait(STOP_SECONDS) == 0
    server.process = None

    assert all(answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 503 ")) for answer in answers)
    server.start()
    for one, answer in zip(sent, answers, strict=True):
        if answer.startswith(b"HTTP/1.1 200 "):
            assert server.api.span(one)["span_id"] == one["span_id"]


def test_a_client_that_sends_nothing_more_does_not_keep_the_server_from_stopping(
    serve: Serve,
) -> None:
    server = serve(PRELA_SHUTDOWN_SECONDS=str(SHUTDOWN_SECONDS))
    idle = [server.wire() for _ in range(50)]
    halves = [server.wire() for _ in range(5)]
    try:
        for wire in halves:
            wire.socket.sendall(
                b"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
            )
        server.api.read("/health")

        assert server.stop(seconds=SHUTDOWN_SECONDS + 3) == 0
    finally:
        for wire in (*idle, *halves):
            wire.socket.close()
