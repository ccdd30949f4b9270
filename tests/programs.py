"""`prela` as users run it: a process of its own, away from the settings of the environment."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import attrs
from tests.conftest import clean_environment

__all__ = ["Ended", "Server", "prela", "start"]

_COMMAND = [sys.executable, "-m", "prela_cli"]
_LONGEST = 60


@attrs.frozen
class Ended:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.stdout)


def prela(*arguments: object, stdin: bytes = b"", **environment: str) -> Ended:
    """Run a command to its end."""
    done = subprocess.run(
        [*_COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        env=_environment(environment),
        timeout=_LONGEST,
        check=False,
    )
    return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


def start(arguments: Sequence[object], **environment: str) -> subprocess.Popen[str]:
    """Start a command, its standard error to be read."""
    return subprocess.Popen(
        [*_COMMAND, *map(str, arguments)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=_environment(environment),
        text=True,
    )


class Server:
    """`prela serve` on a free port; `lines` is what it said until it was ready."""

    def __init__(self, data_dir: Path, *arguments: object, **environment: str) -> None:
        self.data_dir = data_dir
        self.process = start(
            ["serve", "--port", 0, "--data-dir", data_dir, *arguments], **environment
        )
        self.lines: list[str] = []
        self.url = ""

    def __enter__(self) -> Self:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            if line.startswith("Prela is ready at "):
                self.url = line.split()[4]
            if line.startswith("  read "):  # the last line of every greeting, but for a hint
                return self
        raise AssertionError(f"the server ended: {self.lines}")

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.end()
        assert self.process.stderr is not None
        self.process.stderr.close()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop, and give its exit code."""
        self.process.send_signal(number)
        return self.process.wait(_LONGEST)


def _environment(more: dict[str, str]) -> dict[str, str]:
    # A home that isn't there shows who reaches for it.
    return clean_environment() | {"HOME": "/nonexistent", "PYTHONWARNINGS": "error"} | more
