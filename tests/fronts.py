"""ClickHouse for tests: `tests.clickhouse_front` as a process, its faults, or a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import attrs
import httpx
from tests.local_http import local_client

__all__ = ["ClickHouse", "clickhouse", "database", "server"]

_ROOT = Path(__file__).parents[1]


@attrs.frozen
class ClickHouse:
    """A running front: where it listens, and what is to go wrong with it."""

    port: int
    control: int
    pid: int
    client: httpx.Client

    def tell(self, what: str, **values: object) -> None:
        """Ask for a fault, as `tests.clickhouse_front` names it."""
        url = f"http://127.0.0.1:{self.control}/_front/{what}"
        self.client.post(url, params=values).raise_for_status()

    def command(self, statement: str) -> str:
        """Have a statement done, and give what it answers."""
        url = f"http://127.0.0.1:{self.port}"
        answer = self.client.post(url, content=statement)
        return answer.raise_for_status().text

    def seen(self) -> list[dict[str, Any]]:
        """Give the requests so far."""
        url = f"http://127.0.0.1:{self.control}/_front/seen"
        requests: list[dict[str, Any]] = self.client.get(url).json()
        return requests

    def heal(self) -> None:
        """Undo every fault."""
        self.tell("back")
        self.tell("delay", seconds=0)
        self.tell("fail", code=0)
        self.tell("cut", times=0)


@contextmanager
def clickhouse(data: Path, *arguments: object) -> Iterator[ClickHouse]:
    """Run a front with its data in `data`."""
    command = [sys.executable, "-m", "tests.clickhouse_front", "--data", data, *arguments]
    with (
        local_client() as client,
        subprocess.Popen(
            list(map(str, command)),
            cwd=_ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            said = json.loads(process.stdout.readline())
            yield ClickHouse(**said, pid=process.pid, client=client)
        finally:
            process.stdin.close()  # which ends it
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                raise


@contextmanager
def server(data: Path) -> Iterator[dict[str, Any]]:
    """Give what `open_server` is to be given for a server that goes wrong in no way.

    It is the one that `PRELA_TEST_CLICKHOUSE` names (`http://user:password@host:8123`); without
    that, it is a front with its data in `data`.
    """
    url = os.environ.get("PRELA_TEST_CLICKHOUSE")
    if url is None:
        with clickhouse(data) as front:
            yield {"host": "127.0.0.1", "port": front.port}
        return
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    yield {
        "host": parts.hostname,
        "port": parts.port or (8443 if secure else 8123),
        "secure": secure,
        "username": unquote(parts.username or "default"),
        "password": unquote(parts.password or ""),
    }


@contextmanager
def database(server: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the same for an empty database there, which is dropped in the end."""
    name = f"prela_test_{uuid4().hex}"
    with httpx.Client(
        base_url=f"{'https' if server.get('secure') else 'http'}://{server['host']}:{server['port']}",
        auth=(server.get("username", "default"), server.get("password", "")),
        trust_env=False,
        timeout=60,
    ) as client:
        client.post("/", content=f"CREATE DATABASE {name}").raise_for_status()
        try:
            yield server | {"database": name}
        finally:
            client.post("/", content=f"DROP DATABASE {name}").raise_for_status()
