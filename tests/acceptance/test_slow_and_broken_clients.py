"""Requests that come slowly, in part or not at all, by bare connections."""

from __future__ import annotations

import contextlib
import itertools
import json
import select
import time
from collections.abc import Iterator

import pytest
from tests.conftest import Serve, Server, assert_problem, await_that, span

BODY = json.dumps(span()).encode()


@pytest.fixture(scope="module")
def hasty(module_serve: Serve) -> Server:
    """A server that waits one second for a body."""
    return module_serve(PRELA_BODY_SECONDS="1")


def _head(length: int, path: str = "/v1/spans") -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {length}\r\n\r\n"
    ).encode()


@pytest.mark.parametrize("path", ["/v1/spans", "/v1/batch", "/v1/traces"])
def test_a_body_that_does_not_come_is_408_and_the_connection_closed(
    hasty: Server, path: str
) -> None:
    answer, _ = hasty.wire().talk([_head(100, path)])

    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer.lower()


def test_a_body_of_a_byte_at_a_time_is_closed(hasty: Server) -> None:
    with hasty.wire() as wire:
        wire.socket.sendall(_head(10_000))
        until = time.monotonic() + 25
        while not select.select([wire.socket], [], [], 0.1)[0]:
            assert time.monotonic() < until
            wire.socket.sendall(b"[")

        assert wire.rest().startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("begun", [b"", b"POST /v1/spans HTTP/1.1\r\nHost: loc"])
def test_a_head_of_a_byte_at_a_time_is_closed(hasty: Server, begun: bytes) -> None:
    drip = itertools.chain([begun + b"POST /v"], itertools.repeat(b"1"))

    assert _talk_slowly(hasty, drip).startswith(b"HTTP/1.1 408 ")


def test_empty_lines_are_no_head_and_do_not_keep_a_connection(hasty: Server) -> None:
    assert b"" == _talk_slowly(hasty, itertools.repeat(b"\r\n"))


def test_a_connection_on_which_nothing_is_sent_is_closed(hasty: Server) -> None:
    assert b"" == _talk_slowly(hasty, itertools.repeat(b""))


def test_a_body_that_nobody_waits_for_does_not_keep_a_connection(hasty: Server) -> None:
    head = _head(1000, "/nowhere")

    answer = _talk_slowly(hasty, itertools.chain([head], itertools.repeat(b"x")))

    assert answer.startswith(b"HTTP/1.1 404 ")


def test_heads_that_come_slowly_but_in_time_are_served(hasty: Server) -> None:
    with hasty.wire() as wire:
        for _ in range(3):  # longer in all than one may take
            for piece in (b"GET /health HTTP/1.1\r\n", b"Host: localhost\r\n"):
                wire.socket.sendall(piece)
                assert not select.select([wire.socket], [], [], 0.2)[0]
            wire.socket.sendall(b"\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                answer += wire.socket.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200 ")


def _talk_slowly(server: Server, pieces: Iterator[bytes]) -> bytes:
    """Send a piece every tenth of a second until the server has ended the connection."""
    answer = b""
    until = time.monotonic() + 25
    with server.wire() as wire, contextlib.suppress(ConnectionError):
        for piece in pieces:
            assert time.monotonic() < until
            wire.socket.sendall(piece)
            if select.select([wire.socket], [], [], 0.1)[0]:
                read = wire.socket.recv(65536)
                answer += read
                if not read:
                    break
    return answer


def test_many_slow_bodies_do_not_hold_up_the_others(hasty: Server) -> None:
    wires = [hasty.wire() for _ in range(200)]
    try:
        for wire in wires:
            wire.socket.sendall(_head(100) + b"{")
        sent = span()
        hasty.api.accept("/v1/spans", sent)
        assert hasty.api.span(sent)["span_id"] == sent["span_id"]
        for wire in wires:
            assert wire.rest().startswith(b"HTTP/1.1 408 ")
    finally:
        for wire in wires:
            wire.socket.close()


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"POST",
        b"POST /v1/spans HTTP/1.1\r\nHost: loc",
        _head(len(BODY)),
        _head(len(BODY)) + BODY[:50],
        b"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
    ids=["nothing", "method", "header", "no body", "half a body", "half a chunk"],
)
def test_a_client_that_goes_away_leaves_no_trace(server: Server, part: bytes) -> None:
    before = len(server.log)
    for _ in range(20):
        with server.wire() as wire:
            wire.socket.sendall(part)

    sent = span()
    server.api.accept("/v1/spans", sent)
    assert server.api.span(sent)["span_id"] == sent["span_id"]
    said = server.log[before:]
    assert "Traceback" not in said
    assert "error" not in said.lower()


def test_a_client_that_goes_away_after_its_body_may_or_may_not_have_been_heard(
    server: Server,
) -> None:
    sent = span()
    body = json.dumps(sent).encode()
    with server.wire() as wire:
        wire.socket.sendall(_head(len(body)) + body)

    # It was whole, so it is taken, once, though nobody waits for the answer.
    path = f"/api/v1/traces/{sent['trace_id']}"
    await_that(lambda: server.api.get(path).status_code == 200, "the span")
    assert server.api.trace(sent["trace_id"])["span_count"] == 1


@pytest.mark.parametrize(
    "junk",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: "
        + b"a" * 1_000_000
        + b"\r\n\r\n",
        b"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
    ids=["TLS", "no version", "version", "negative", "words", "bytes", "header", "chunk"],
)
def test_what_is_no_http_is_refused(server: Server, junk: bytes) -> None:
    answer, _ = server.wire().talk([junk, b"\r\n\r\n"])

    assert answer == b"" or answer.split()[1].startswith(b"4")
    assert server.api.read("/health") == {"status": "healthy"}


@pytest.mark.parametrize(
    "twice",
    [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_body_of_two_lengths_is_refused(server: Server, twice: str) -> None:
    # What one reader takes for the body, another takes for the next request.
    head = f"POST /v1/spans HTTP/1.1\r\nHost: localhost\r\n{twice}\r\n"

    answer, _ = server.wire().talk([head.encode() + b"0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"])

    assert b"200 OK" not in answer


def test_requests_sent_without_waiting_are_answered_in_order(server: Server) -> None:
    one, two = span(), span()
    requests = b"".join(
        _head(len(body)) + body for body in (json.dumps(one).encode(), json.dumps(two).encode())
    )
    last = b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

    answer, _ = server.wire().talk([requests + last])

    places = [answer.index(each.encode()) for each in (one["span_id"], two["span_id"], "healthy")]
    assert places == sorted(places)
    assert answer.count(b"HTTP/1.1 200 OK") == 3


def test_a_bare_request_under_another_name_is_refused(server: Server) -> None:
    answer, _ = server.wire().talk(
        [b"GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"]
    )

    assert answer.startswith(b"HTTP/1.1 403 ")


def test_an_upgrade_is_not_made(server: Server) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}

    assert_problem(server.api.request("GET", "/nowhere", headers=headers), 404)


def test_what_is_no_http_is_refused_in_the_form_of_every_refusal(server: Server) -> None:
    answer, _ = server.wire().talk([b"no such thing\r\n\r\n"])
    head, _, body = answer.partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert 400 == json.loads(body)["status"]
