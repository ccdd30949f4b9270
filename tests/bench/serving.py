"""A `prela serve` of its own, and when it was ready."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
from load import get, send_all

__all__ = ["Running", "free_port", "serving", "started", "visible_spans"]

_START_SECONDS = 300
_STOP_SECONDS = 60
_LOOK_SECONDS = 0.02


@attrs.frozen
class Running:
    """A server that is ready: `seconds` after it was started, its files in `folder`."""

    url: str
    process: subprocess.Popen[bytes]
    folder: Path
    seconds: float

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def serving(folder: Path | None = None) -> Iterator[Running]:
    """Run the server on a data directory, or else on an empty one that is gone afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as empty:
        place = folder or Path(empty)
        port = free_port()
        words = [sys.executable, "-m", "prela_cli", "serve", "--port", str(port)]
        with started([*words, "--data-dir", str(place)], {}, place, port, "/ready") as running:
            yield running


@contextmanager
def started(
    command: Sequence[str], settings: Mapping[str, str], folder: Path, port: int, ready: str
) -> Iterator[Running]:
    """Run any server until the block ends; it is ready once the path `ready` is answered by 200."""
    log = folder / "bench.log"
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    with log.open("wb") as written:
        process = subprocess.Popen(
            command, stdout=written, stderr=written, env={**os.environ, **settings}, cwd=folder
        )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url, ready):
            if process.poll() is not None or time.perf_counter() > began + _START_SECONDS:
                sys.exit(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(_LOOK_SECONDS)
        yield Running(url, process, folder, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """Give a port that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


def _answers(url: str, path: str) -> bool:
    try:
        return not get(url, path, 1).refused
    except OSError:
        return False


def visible_spans(url: str) -> int:
    """Ask how many spans can be seen."""
    path = "/api/v1/metrics/query?measures=count&start_time=2020-01-01T00:00:00Z"
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    rows = json.loads(send_all(url, [request], 1).answer)["rows"]
    return int(rows[0]["values"]["count"]) if rows else 0
