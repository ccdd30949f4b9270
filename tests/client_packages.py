"""The clients of others, installed from their registries: made once, and kept between runs.

They live apart from Prela's own packages, so that neither can lean on what the other brings.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

__all__ = ["node_modules", "python_with_clients", "python_with_examples", "run_client"]

_ROOT = Path(__file__).parents[1]
_NODE = Path(__file__).with_name("clients") / "node"
_INSTALL_SECONDS = 600
_RUN_SECONDS = 120


def python_with_clients() -> Path:
    """Give a Python that has the packages of the dependency group `clients`."""
    return _python_with("clients", _project()["dependency-groups"]["clients"])


def python_with_examples() -> Path:
    """Give a Python with the packages of the group `examples`, and what Prela needs of others.

    Prela itself is found by `PYTHONPATH`, so that it is always the one under test.
    """
    project = _project()
    groups, extras = project["dependency-groups"], project["project"]["optional-dependencies"]
    needed = [*project["project"]["dependencies"], *extras["otel"]]
    return _python_with("examples", [*groups["examples"], *needed])


def _project() -> dict[str, Any]:
    return tomllib.loads((_ROOT / "pyproject.toml").read_text())


def _python_with(name: str, wanted: list[str]) -> Path:
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"

    def install(home: Path) -> None:
        if shutil.which("uv"):
            _install("uv", "venv", "--quiet", "--python", sys.executable, str(home))
            python = str(home / "bin" / "python")
            _install("uv", "pip", "install", "--quiet", "--python", python, *wanted)
        else:
            _install(sys.executable, "-m", "venv", str(home))
            pip = [str(home / "bin" / "python"), "-m", "pip", "install"]
            _install(*pip, "--quiet", "--no-input", *wanted)

    return _kept(f"{name}-{version}", "\n".join(wanted), install) / "bin" / "python"


def node_modules() -> Path:
    """Give the folder with the packages that `clients/node/package-lock.json` names."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _do_without("there is no Node.js here")
    lock = (_NODE / "package-lock.json").read_text()

    def install(home: Path) -> None:
        home.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_NODE / name, home)
        _install("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=home)

    return _kept("clients-node", lock, install) / "node_modules"


def run_client(*command: object, **environment: str) -> str:
    """Run a client's program to its end, which must be a good one; give what it wrote."""
    kept = ("PATH", "HOME", "LANG", "SSL_CERT_FILE")
    # The environment may name a proxy, which requests to this machine must not take.
    env = {name: os.environ[name] for name in kept if name in os.environ} | {"NO_PROXY": "*"}
    done = subprocess.run(
        [str(each) for each in command],
        env=env | environment,
        capture_output=True,
        text=True,
        timeout=_RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _kept(name: str, wanted: str, install: Callable[[Path], None]) -> Path:
    """Give the folder that `install` makes of `wanted`, from an earlier run if there was one."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "prela-tests"
    home = cache / f"{name}-{hashlib.sha256(wanted.encode()).hexdigest()[:16]}"
    if not home.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with _workshop(cache) as workshop:
            install(workshop / "made")
            # Another run may have been faster; then this one's work is thrown away.
            if not home.exists():
                (workshop / "made").rename(home)
    return home


@contextmanager
def _workshop(cache: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=cache) as folder:
        yield Path(folder)


def _install(*command: str, cwd: Path | None = None) -> None:
    done = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False
    )
    if done.returncode:
        _do_without(f"clients can't be installed: {done.stderr.strip()[-300:]}")


def _do_without(reason: str) -> None:
    """Skip, or fail where every client must be there."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
