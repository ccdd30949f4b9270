"""A real Redis for tests, which can be stopped and started again, and forgets everything.

`PRELA_TEST_REDIS` may hold the URL of one that runs already.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest
from tests.conftest import await_that
from tests.parts import free_port, missing

__all__ = ["RedisServer", "redis_server"]


@attrs.define
class RedisServer:
    """A server: its URL, and its process unless it is somebody else's."""

    url: str
    command: tuple[str, ...] = ()
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> subprocess.Popen[bytes]:
        if not self.command:
            pytest.skip("PRELA_TEST_REDIS names a server that is not ours to stop")
        assert self.process is not None, "the server was not started"
        return self.process

    def start(self) -> None:
        """Start the server, and return once it answers."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        await_that(self._answers, "Redis's start")

    def kill(self) -> None:
        """End at once, by SIGKILL: there is nothing to lose."""
        self.running.kill()
        self.running.wait(60)
        self.process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let connections be made, by the kernel alone, and nothing be answered, for a while."""
        self.running.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.running.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as wire:
                wire.sendall(b"PING\r\n")
                return wire.recv(5) == b"+PONG"
        except OSError:
            return False


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests; whoever stops it starts it again."""
    pytest.importorskip("redis")
    if url := os.environ.get("PRELA_TEST_REDIS"):
        yield RedisServer(url)
        return
    program = shutil.which("redis-server")
    if program is None:
        missing("Redis is not installed: apt-get install redis-server")
    directory: Path = tmp_path_factory.mktemp("redis")
    port = free_port()
    server = RedisServer(
        f"redis://127.0.0.1:{port}/0",
        (
            *(program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)),
            *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
        ),
        port,
    )
    try:
        server.start()
        yield server
    finally:
        if server.process is not None:
            server.kill()
