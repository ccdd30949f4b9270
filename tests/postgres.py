"""A real PostgreSQL for tests, which can be stopped, killed, frozen and started again.

`PRELA_TEST_POSTGRES` may hold the URL of one that runs already, whose user may make schemas.
"""

from __future__ import annotations

import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from tests.parts import free_port, missing

__all__ = ["PASSWORD", "Postgres", "postgres", "postgres_url"]

PASSWORD = "canary-of-postgres-7Qx"  # noqa: S105 - of servers that live as long as a test
"""To be looked for where it must not turn up."""

_START_SECONDS = 30
_numbers = itertools.count(1)


@attrs.define
class Postgres:
    """A server: its URL, and its process unless it is somebody else's."""

    url: str
    command: tuple[str, ...] = ()
    account: str | None = None
    log: Path | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> subprocess.Popen[bytes]:
        if not self.command:
            pytest.skip("PRELA_TEST_POSTGRES names a server that is not ours to stop")
        assert self.process is not None, "the server was not started"
        return self.process

    def start(self) -> None:
        """Start the server, and return once it takes connections."""
        import psycopg  # noqa: PLC0415 - an extra

        until = time.monotonic() + _START_SECONDS
        while True:
            # One that is started too soon after another was killed gives up.
            if self.process is None or self.process.poll() is not None:
                self._launch()
            try:
                psycopg.connect(self.url, connect_timeout=2).close()
            except psycopg.OperationalError:
                assert self.log is not None
                if time.monotonic() > until:
                    pytest.fail(f"PostgreSQL did not start:\n{self.log.read_text()[-3000:]}")
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop as an administrator does: whoever is connected is cut off, and data is flushed."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End at once, by SIGKILL."""
        self._end(signal.SIGKILL)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let connections be made, by the kernel alone, and nothing be answered, for a while."""
        # Each connection is served by a process of its own.
        with _stopped(self.running.pid):
            yield

    def execute(self, statement: str) -> None:
        """Run a statement as the owner of everything."""
        import psycopg  # noqa: PLC0415 - an extra

        with psycopg.connect(self.url, autocommit=True) as db:
            db.execute(statement.encode())

    @contextmanager
    def schema(self) -> Iterator[str]:
        """Give the URL of a schema in which there is nothing yet."""
        name = f"test_{os.getpid()}_{next(_numbers)}"
        self.execute(f"CREATE SCHEMA {name}")
        try:
            yield f"{self.url}{'&' if '?' in self.url else '?'}options=-csearch_path%3D{name}"
        finally:
            if self.process is not None or not self.command:
                self.execute(f"DROP SCHEMA {name} CASCADE")

    def _launch(self) -> None:
        assert self.log is not None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                user=self.account,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self, how: signal.Signals) -> None:
        self.running.send_signal(how)
        self.running.wait(60)
        self.process = None


@contextmanager
def _stopped(server: int) -> Iterator[None]:
    # The first process makes the others, so it stops first.
    os.kill(server, signal.SIGSTOP)
    stopped = [server]
    try:
        children = Path(f"/proc/{server}/task/{server}/children").read_text()
        for pid in map(int, children.split()):
            os.kill(pid, signal.SIGSTOP)
            stopped.append(pid)
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


def _programs() -> Path:
    """Give the directory of a server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    program = shutil.which("initdb")
    if program is None:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    return Path(program).resolve().parent


def _account() -> str | None:
    """Name whom the server runs as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def _started() -> Iterator[Postgres]:
    programs, account = _programs(), _account()
    # Not below pytest's own directory, where only its user may go.
    home = Path(tempfile.mkdtemp(prefix="prela-postgres-"))
    data, password, port = home / "data", home / "password", free_port()
    password.write_text(PASSWORD)
    if account is not None:
        for path in (home, password):
            shutil.chown(path, account)
    options = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "fsync": "off",  # the machine does not fail in tests, only the server
        "shared_buffers": "16MB",
    }
    server = Postgres(
        f"postgresql://prela:{PASSWORD}@127.0.0.1:{port}/postgres",
        (
            *(str(programs / "postgres"), "-D", str(data)),
            *(f"--{name}={value}" for name, value in options.items()),
        ),
        account,
        home / "log",
    )
    try:
        made = subprocess.run(
            [
                *(programs / "initdb", "-D", data, "-U", "prela", "--pwfile", password),
                *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"),
            ],
            user=account,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One server for all tests; whoever stops it starts it again."""
    pytest.importorskip("psycopg")
    if url := os.environ.get("PRELA_TEST_POSTGRES"):
        yield Postgres(url)
        return
    with _started() as server:
        yield server


@pytest.fixture
def postgres_url(postgres: Postgres) -> Iterator[str]:
    """Give a place of the test's own, with nothing in it."""
    with postgres.schema() as url:
        yield url
