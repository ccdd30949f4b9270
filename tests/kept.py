"""What tests fetch from registries: once, into the user's cache, for all later runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

__all__ = ["do_without", "install_with", "kept"]

_INSTALL_SECONDS = 600


def kept(name: str, wanted: str, install: Callable[[Path], None]) -> Path:
    """Give the folder that `install` makes of `wanted`, from an earlier run if there was one."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "prela-tests"
    home = cache / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with _workshop(cache) as workshop:
            install(workshop / "made")
            try:
                (workshop / "made").rename(home)
            except OSError:  # another run was faster: this one's work is thrown away
                if not home.exists():
                    raise
    return home


@contextmanager
def _workshop(cache: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        yield Path(folder)


def install_with(*command: str, cwd: Path | None = None) -> None:
    """Run a command that fetches something; do without what can't be had."""
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-300:]
        do_without(f"{command[0]} could not fetch what tests need: {said}")


def do_without(reason: str) -> NoReturn:
    """Skip, or fail where every part must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
