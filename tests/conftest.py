"""A real server as a process of its own, and a way to talk to it, for every kind of test.

And how thoroughly properties are tried: `PRELA_TESTS=thorough` for hundreds of examples each.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import attrs
import httpx
import pytest
from _pytest.nodeid import coerce_node_id  # pytest has no public way to name a test anew
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from tests import kafka_broker
from tests.client_packages import python_with_clients
from tests.local_http import local_client

import prela_cli
from prela_core.io.data_directory import holder_of
from prela_core.model import new_span_id, new_trace_id
from prela_server.settings import Settings, settings_of

# Examples that go through the embedded engine take a second; the default is for every commit.
_SHARED: Mapping[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
hypothesis_settings.register_profile("quick", max_examples=100, **_SHARED)
hypothesis_settings.register_profile("thorough", max_examples=2000, **_SHARED)
hypothesis_settings.load_profile(os.environ.get("PRELA_TESTS", "quick"))


os.environ.pop("COLUMNS", None)  # pytest-xdist sets it, and pictures are fitted to it

gc.disable()  # until all tests are collected: none of what makes thousands of them is garbage


def pytest_collection_finish() -> None:
    """Collect garbage from now on, and look no more at what was made so far."""
    gc.enable()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test an id of its own: on several cores only one of those that share one runs.

    schemathesis says apart from the id which operation a test is about. The pages come first: they
    are few and take long, and processes that are done would wait for whoever has them.
    """
    items.sort(key=lambda item: item.path.parent != _HERE)
    for item in items:
        if operation := getattr(item, "operation_label", None):
            item._id = coerce_node_id(f"{item.nodeid}[{operation}]")
    shared = [each for each, count in Counter(item.nodeid for item in items).items() if count > 1]
    if shared:
        raise pytest.UsageError(f"several tests are called {shared[0]}")


Serve = Callable[..., "Server"]
Await = Callable[..., Any]
NewServer = Callable[..., "Server"]

NOW = datetime.now(UTC).replace(microsecond=123456)
"""Sent spans start here: recent, so that they are neither due for removal nor flagged."""

_QUESTIONS = ("/api/v1/", "/openapi.json")
_PACKAGES = Path(prela_cli.__file__).parents[1]
_HERE = Path(__file__).parent
_ROOT = _HERE.parent
_START_SECONDS = 60


def await_that(condition: Callable[[], Any], what: str, *, seconds: float = 10.0) -> Any:
    """Give what `condition` gives once it is true."""
    until = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > until:
            pytest.fail(f"{what}: not within {seconds:g} s")
        time.sleep(0.01)
    return value


def moment(seconds: float = 0.0) -> str:
    """Give `NOW` and some seconds, spelled as the API spells it."""
    at = NOW + timedelta(seconds=seconds)
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def span(trace_id: str | None = None, **overrides: Any) -> dict[str, Any]:
    """Make a span as clients send it: one good LLM call of 250 ms."""
    return {
        "span_id": new_span_id(),
        "trace_id": trace_id or new_trace_id(),
        "parent_span_id": None,
        "name": "chat",
        "span_type": "llm",
        "started_at": moment(),
        "ended_at": moment(0.25),
        "duration_ms": 250.0,
        "status": "success",
        "status_message": None,
        "attributes": {},
        "events": [],
    } | overrides


def trace(*spans: dict[str, Any], **overrides: Any) -> dict[str, Any]:
    """Make a trace as clients send it, of the spans given, which are of one trace."""
    return {
        "trace_id": spans[0]["trace_id"] if spans else new_trace_id(),
        "service_name": "acceptance",
        "started_at": moment(),
        "completed_at": moment(0.25),
        "duration_ms": 250.0,
        "status": "completed",
        "spans": list(spans),
    } | overrides


@attrs.frozen
class Api:
    """One way into a pipeline, wherever it runs: its addresses and perhaps a key.

    Spans go to `url`, and questions about traces to `asks_at`. Before each question, `settle`
    waits until what was accepted is stored; the embedded server stores before it answers.
    """

    url: str
    client: httpx.Client
    key: str | None = None
    asks_at: str = attrs.field(default=attrs.Factory(lambda self: self.url, takes_self=True))
    settle: Callable[[], None] = lambda: None

    def with_key(self, key: str | None) -> Api:
        return attrs.evolve(self, key=key)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-API-Key": self.key} if self.key else {}
        headers |= options.pop("headers", {})
        url = self.url
        if path.startswith(_QUESTIONS):
            url = self.asks_at
            self.settle()
        return self.client.request(method, url + path, headers=headers, **options)

    def post(self, path: str, body: Any, **headers: str) -> httpx.Response:
        """Post bytes as they are, and anything else as JSON in Python's spelling."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return self.request("POST", path, content=content, headers=sent)

    def accept(self, path: str, body: Any, **headers: str) -> dict[str, Any]:
        """Post what must be accepted, and give the answer."""
        response = self.post(path, body, **headers)
        assert response.status_code == 200, response.text
        answer = response.json()
        assert answer["status"] == "accepted"
        return answer

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.request("GET", path, params=parameters)

    def read(self, path: str, **parameters: Any) -> dict[str, Any]:
        """Get what must be there."""
        response = self.get(path, **parameters)
        assert response.status_code == 200, response.text
        return response.json()

    def trace(self, trace_id: str, *, spans: int = 1) -> dict[str, Any]:
        """Give a trace, which must be there with `spans` spans at least."""
        found = self.read(f"/api/v1/traces/{quote(trace_id, safe='')}")
        assert found["span_count"] >= spans
        return found

    def span(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Give the one span of a trace of one span."""
        found = self.trace(sent["trace_id"])["spans"]
        assert len(found) == 1
        return found[0]

    def walk(self, path: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Follow the cursor from the first page to the last, and give every item."""
        while True:
            page = self.read(path, **parameters)
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            assert page["items"]
            parameters["cursor"] = page["next_cursor"]


@attrs.frozen
class Wire:
    """A bare TCP connection to a server."""

    socket: socket.socket

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def answered(self) -> bool:
        """Say whether there is something to read, or the end."""
        # Not `select`, which knows no file beyond the first thousand.
        looking = select.poll()
        looking.register(self.socket, select.POLLIN)
        return bool(looking.poll(0))

    def talk(self, pieces: Iterable[bytes]) -> tuple[bytes, int]:
        """Send `pieces` until the server answers, then read to the end of the connection.

        Gives the answer, and how many bytes went out before it.
        """
        sent = 0
        with self, contextlib.suppress(ConnectionError):
            for piece in pieces:
                if self.answered():
                    break
                self.socket.sendall(piece)
                sent += len(piece)
            return self.rest(), sent
        return b"", sent

    def rest(self) -> bytes:
        """Read to the end of the connection."""
        read = b""
        with contextlib.suppress(ConnectionError):
            while piece := self.socket.recv(65536):
                read += piece
        return read


@attrs.define
class Server:
    """`prela serve` as a process of its own, on any free port, in a data directory."""

    data_dir: Path
    settings: dict[str, str] = attrs.field(factory=dict)
    arguments: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    url: str = ""
    program: str = "prela_cli"
    client: httpx.Client = attrs.field(factory=local_client, repr=False)

    @property
    def log_path(self) -> Path:
        return self.data_dir.with_suffix(".log")

    @property
    def log(self) -> str:
        """All that the server has written so far, over all its starts."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def api(self) -> Api:
        return Api(self.url, self.client)

    @property
    def asks_at(self) -> str:
        """Where questions are answered."""
        return self.url

    def settle(self) -> None:
        """Wait until everything accepted so far is stored; here, it is."""

    def prela(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command about what this server has."""
        return run_prela(*arguments, "--data-dir", str(self.data_dir))

    def wire(self) -> Wire:
        """Open a bare connection; the test decides when which bytes go out."""
        address = urlsplit(self.url)
        return Wire(socket.create_connection((address.hostname, address.port), timeout=60))

    @property
    def running(self) -> subprocess.Popen[bytes]:
        assert self.process is not None, "the server was not started"
        return self.process

    def launch(self) -> None:
        """Begin to start; `await_ready` sees it through."""
        assert self.process is None
        with self.log_path.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", self.program, "serve", "--port", "0"),
                    *("--data-dir", str(self.data_dir), *self.arguments),
                ],
                env=clean_environment() | self.settings,
                cwd=_ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def await_ready(self) -> None:
        """Wait until the data directory says where this very process answers."""

        def announced() -> str | None:
            if self.running.poll() is not None:
                pytest.fail(f"the server ended with {self.running.returncode}:\n{self.log}")
            holder = holder_of(self.data_dir) if self.data_dir.exists() else None
            return holder.url if holder and holder.pid == self.running.pid else None

        self.url = await_that(announced, "a server's start", seconds=_START_SECONDS)

    def start(self) -> Server:
        self.launch()
        self.await_ready()
        return self

    def stop(self, *, seconds: float = 60.0) -> int:
        """Ask the server to end, by SIGTERM, and give its exit code."""
        self.running.send_signal(signal.SIGTERM)
        return self.await_end(seconds=seconds)

    def await_end(self, *, seconds: float = 60.0) -> int:
        """Give the exit code of a server that was told to end."""
        try:
            code = self.running.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            pytest.fail(f"the server did not stop within {seconds:g} s:\n{self.log}")
        self.process = None
        return code

    def kill(self) -> None:
        """End the server at once, by SIGKILL."""
        self.running.kill()
        self.running.wait()
        self.process = None

    def end(self) -> None:
        """Stop if still running, for good."""
        self.client.close()
        if self.process is not None:
            self.stop()

    def memory(self, field: str = "VmHWM") -> int:
        """Give a figure of the process's memory in bytes; VmHWM is its peak so far."""
        status = Path(f"/proc/{self.running.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith(f"{field}:"))
        return int(line.split()[1]) * 1024


_SETTINGS = {name for setting in settings_of(Settings) for name in setting.variable.names}


def clean_environment() -> dict[str, str]:
    """Give this environment without settings of Prela, and with the packages under test."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _SETTINGS and not name.startswith("PRELA_")
    }
    path = [str(_PACKAGES), *filter(None, [kept.get("PYTHONPATH")])]
    nowhere = {"PRELA_ENV_FILE": os.devnull, "PRELA_CONFIG_DIR": os.devnull}
    return kept | {"PYTHONPATH": os.pathsep.join(path)} | nowhere


def run_prela(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a `prela` command as another process."""
    return subprocess.run(
        [sys.executable, "-m", "prela_cli", *arguments],
        env=clean_environment() | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    """Hold an error to RFC 9457 and to what must never be in one; give its members."""
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == status
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert problem["detail"]
    for leak in ("Traceback", 'File "', "DB::Exception", "chdb", "ArrowStream", "site-packages"):
        assert leak not in response.text
    if status in (429, 503):
        assert int(response.headers["retry-after"]) >= 1
    return problem


@pytest.fixture(scope="session")
def session_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def clients_python() -> Path:
    """Give a Python that has the clients of others, and nothing of ours."""
    return python_with_clients()


@pytest.fixture(scope="session")
def kafka_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kafka_broker.Broker]:
    """A broker of our own, which no test stops."""
    with kafka_broker.running(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture(scope="session")
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of a broker that no test stops: that of `PRELA_TEST_KAFKA`, or one of our own."""
    if elsewhere := os.environ.get("PRELA_TEST_KAFKA"):
        return elsewhere
    node: kafka_broker.Broker = request.getfixturevalue("kafka_node")
    return node.bootstrap


@pytest.fixture(scope="session")
def new_server(request: pytest.FixtureRequest) -> NewServer:
    """Give what makes servers, not yet started: `new_server(directory, settings, arguments)`.

    With `--pipeline deployed` each is a deployment of several processes instead.
    """
    if request.config.getoption("pipeline") == "deployed":
        return request.getfixturevalue("new_deployment")
    return Server


@pytest.fixture(scope="session")
def new_small_server(request: pytest.FixtureRequest, new_server: NewServer) -> NewServer:
    """Give the same for what few tests use: a deployment with one worker, where others have two."""
    if request.config.getoption("pipeline") == "deployed":
        return functools.partial(new_server, roles=("ingest", "worker", "api"))
    return new_server


@pytest.fixture(scope="session")
def server(session_dir: Path, new_server: NewServer) -> Iterator[Server]:
    """One server for all tests that don't disturb each other: their ids are their own."""
    shared = new_server(session_dir / "shared")
    try:
        yield shared.start()
    finally:
        shared.end()


@pytest.fixture(scope="session")
def api(server: Server) -> Api:
    """The pipeline under test."""
    return server.api


@pytest.fixture
def serve(tmp_path: Path, new_small_server: NewServer) -> Iterator[Serve]:
    """Start servers of a test's own: `serve(PRELA_AUTH="on")`."""
    with serving(lambda number: tmp_path / f"data{number}", new_small_server) as serve:
        yield serve


@contextlib.contextmanager
def serving(place: Callable[[int], Path], new_server: NewServer) -> Iterator[Serve]:
    """Give what starts servers, each in a place of its own, and end them all."""
    started: list[Server] = []

    def serve(*arguments: str, **settings: str) -> Server:
        one = new_server(place(len(started)), settings, arguments)
        started.append(one)
        return one.start()

    try:
        yield serve
    finally:
        for one in started:
            one.end()
