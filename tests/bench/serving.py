"""A `prela serve` of its own, on an empty directory, and what it has used."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from load import get

from prela_core.io.data_directory import holder_of

__all__ = ["cpu_seconds", "peak_memory", "serving", "until_visible"]

_START_SECONDS = 60


@contextmanager
def serving() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run the server; gives its address and its process."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "prela_cli", "serve", "--port", "0", "--data-dir", folder],
            stderr=subprocess.DEVNULL,
        )
        try:
            yield _address(Path(folder)), process
        finally:
            process.terminate()
            process.wait()


def _address(folder: Path) -> str:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until:
        if url := getattr(holder_of(folder), "url", None):
            return url
        time.sleep(0.02)
    sys.exit("the server did not start")


def until_visible(url: str, path: str) -> None:
    """Ask for `path` until the server has it."""
    while asyncio.run(get(url, path, 1)).refused:
        time.sleep(0.01)


def cpu_seconds(pid: int) -> float:
    """Give the CPU time that a process has used so far; Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def peak_memory(pid: int) -> float:
    """Give the most memory that a process has held so far, in MB; Linux only."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1000
