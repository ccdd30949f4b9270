"""Ten thousand connections that say nothing, and some that say a byte a second."""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest
from tests.conftest import NewServer, Server, Wire, await_that, span
from tests.deployed import Deployment
from tests.faults.conftest import Ledger
from tests.faults.steady_load import SteadyLoad, Watch
from tests.kept import do_without

pytestmark = pytest.mark.slow

IDLE = 10_000
SLOW = 100
RATE = 20
HEALTH_SECONDS = 0.5
CLOSED_SECONDS = 30.0
MEMORY = 256 * 1024 * 1024


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let this process open as many connections as the test needs."""
    resource = pytest.importorskip("resource", reason="this system has no limits of that kind")
    before = soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = IDLE + 2 * SLOW + 1000
    if 0 <= hard < wanted:
        do_without(f"this test opens {wanted} files, and may open {hard}: see ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.fixture(params=["embedded", "deployed"])
def one(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server | Deployment]:
    make: NewServer = Server
    settings: dict[str, str] = {}
    if request.param == "deployed":
        make = request.getfixturevalue("new_deployment")
        settings["PRELA_BODY_SECONDS"] = "10"  # the time of this test; the other has the default
    one = make(tmp_path_factory.mktemp("slow") / "data", settings)
    try:
        yield one.start()
    finally:
        one.end()


@attrs.frozen
class Held:
    """Connections that are kept open, and what each says once a second."""

    open: selectors.BaseSelector = attrs.field(factory=selectors.DefaultSelector)
    answers: dict[str, list[bytes]] = attrs.field(factory=dict)
    """What the server said before it ended a connection, by the kind of that."""

    def add(self, address: tuple[str, int], kind: str, begin: bytes, drip: bytes) -> None:
        """Open a connection, and send how it begins."""
        one = socket.create_connection(address, timeout=30)
        if begin:
            one.sendall(begin)
        self.open.register(one, selectors.EVENT_READ, (kind, drip))

    def see(self, seconds: float) -> None:
        """Let go of those that the server ended, or begins to end within some seconds."""
        for key, _ in self.open.select(seconds):
            answer = b""
            with contextlib.suppress(ConnectionError):
                while read := key.fileobj.recv(65536):
                    answer += read
            self.answers.setdefault(key.data[0], []).append(answer)
            self.open.unregister(key.fileobj)
            key.fileobj.close()

    def drip(self) -> None:
        """Send another byte on each that still sends."""
        for key in self.open.get_map().values():
            if key.data[1]:
                with contextlib.suppress(ConnectionError):
                    key.fileobj.sendall(key.data[1])

    def close(self) -> None:
        for key in list(self.open.get_map().values()):
            key.fileobj.close()
        self.open.close()


def test_ten_thousand_idle_and_some_slow_connections_hold_nobody_up(
    many_files: None, one: Server | Deployment, record_property: pytest.RecordProperty
) -> None:
    where = urlsplit(one.url)
    address = (str(where.hostname), int(where.port or 0))
    body = json.dumps(span())
    head = (
        "POST /v1/spans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body) + 1000}\r\n"
    ).encode()
    ledger = Ledger()

    def healthy() -> int:
        with one.wire() as wire:  # a connection of its own, as probes have
            wire.socket.sendall(
                b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            return int(wire.rest().split()[1])

    held = Held()
    before = one.memory("VmRSS")
    with (
        contextlib.closing(held),
        SteadyLoad(one.url, ledger, RATE) as load,
        Watch(healthy) as health,
    ):
        await_that(lambda: load.answered, "an answer", seconds=30)
        begun = time.monotonic()
        for _ in range(SLOW):
            held.add(address, "head", head + b"X: ", b"x")
            held.add(address, "body", head + b"\r\n" + body.encode(), b" ")
        slow_begun = time.monotonic()
        for _ in range(IDLE):
            held.add(address, "idle", b"", b"")
        opened = time.monotonic()
        await_that(lambda: _open_files(one) > IDLE + 2 * SLOW, "all to be open at once")
        held.see(0)
        all_open = len(held.open.get_map())
        closed: dict[str, float] = {}
        next_drip = time.monotonic()
        while held.open.get_map() and time.monotonic() < opened + 2 * CLOSED_SECONDS:
            held.see(0.2)
            left = {key.data[0] for key in held.open.get_map().values()}
            for kind, since in (("head", slow_begun), ("body", slow_begun), ("idle", opened)):
                if kind not in left:
                    closed.setdefault(kind, time.monotonic() - since)
            if time.monotonic() > next_drip:
                held.drip()
                next_drip += 1
    memory = one.memory("VmHWM") - before
    figures = {
        "opened, seconds": round(opened - begun, 2),
        "memory rose by, MB": round(memory / 2**20, 1),
        "health, answers": len(health.said),
        "health p50, p99, slowest, seconds": [
            round(health.quantile(share), 3) for share in (0.5, 0.99, 1)
        ],
        "closed after, seconds": {kind: round(seconds, 1) for kind, seconds in closed.items()},
        "answers": ledger.answers,
        "slowest answer, seconds": round(max(load.slowest.values()), 2),
    }
    for figure in figures.items():
        record_property(*figure)
    print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
    assert IDLE + 2 * SLOW == all_open
    assert {"head", "body", "idle"} == set(closed)
    assert max(closed.values()) <= CLOSED_SECONDS
    assert {b"HTTP/1.1 408"} == {answer[:12] for answer in held.answers["head"]}
    assert {b"HTTP/1.1 408"} == {answer[:12] for answer in held.answers["body"]}
    assert {b""} == set(held.answers["idle"])
    assert {200} == set(health.said)
    assert health.quantile(0.99) <= HEALTH_SECONDS
    assert memory <= MEMORY
    assert {200} == set(ledger.answers)
    assert (0, 0, 0) == (load.hanging, load.refused, len(load.dropped))
    ledger.assert_kept(one.api)
    assert "Traceback" not in one.log


def _open_files(one: Server | Deployment) -> int:
    return len(list(Path(f"/proc/{one.running.pid}/fd").iterdir()))


def _ended_at_once(wire: Wire) -> bool:
    """Say whether a connection, made among others, was refused; then it says so."""
    if not wire.answered():
        return False
    assert wire.rest().startswith(b"HTTP/1.1 503 ")
    return True


def test_a_server_takes_the_open_files_that_it_may_and_keeps_some_for_itself(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource", reason="this system has no limits of that kind")
    if not hasattr(resource, "prlimit"):
        pytest.skip("another process's limits are set on Linux only")
    files = 600
    server = Server(tmp_path / "data", {"PRELA_BODY_SECONDS": "5"})
    server.launch()
    resource.prlimit(server.running.pid, resource.RLIMIT_NOFILE, (files // 4, files))
    try:
        server.await_ready()
        now = resource.prlimit(server.running.pid, resource.RLIMIT_NOFILE)
        assert (files, files) == now
        server.api.accept("/v1/spans", span())  # on a connection that stays
        held = [server.wire() for _ in range(files)]
        try:
            await_that(held[-1].answered, "a refusal")
            ended = [wire for wire in held if _ended_at_once(wire)]
            kept = len(held) - len(ended)
            sent = span()
            server.api.accept("/v1/spans", sent)
            assert server.api.span(sent)["span_id"] == sent["span_id"]
            assert files // 2 - 10 <= kept <= files // 2
        finally:
            for wire in held:
                wire.socket.close()
        # Those that say nothing go, or are closed, and there is room again.
        with server.wire() as wire:
            wire.socket.sendall(
                b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
            )
            assert wire.rest().startswith(b"HTTP/1.1 200 ")
        assert "Traceback" not in server.log
        assert 1 == server.log.count("connections are refused")
    finally:
        server.end()
