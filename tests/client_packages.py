"""The clients of others, installed from their registries: made once, and kept between runs.

They live apart from Prela's own packages, so that neither can lean on what the other brings.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from tests.kept import do_without, install_with, kept

__all__ = [
    "node_modules",
    "python_that_builds",
    "python_with_clients",
    "python_with_examples",
    "run_client",
]

_ROOT = Path(__file__).parents[1]
_NODE = Path(__file__).with_name("clients") / "node"
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


def python_that_builds() -> Path:
    """Give a Python with what builds Prela's own package."""
    return _python_with("build", _project()["build-system"]["requires"])


def _project() -> dict[str, Any]:
    return tomllib.loads((_ROOT / "pyproject.toml").read_text())


def _python_with(name: str, wanted: list[str]) -> Path:
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"

    def install(home: Path) -> None:
        if shutil.which("uv"):
            install_with("uv", "venv", "--quiet", "--python", sys.executable, str(home))
            python = str(home / "bin" / "python")
            install_with("uv", "pip", "install", "--quiet", "--python", python, *wanted)
        else:
            install_with(sys.executable, "-m", "venv", str(home))
            pip = [str(home / "bin" / "python"), "-m", "pip", "install"]
            install_with(*pip, "--quiet", "--no-input", *wanted)

    return kept(f"{name}-{version}", "\n".join(wanted), install) / "bin" / "python"


def node_modules() -> Path:
    """Give the folder with the packages that `clients/node/package-lock.json` names."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        do_without("there is no Node.js here")
    lock = (_NODE / "package-lock.json").read_text()

    def install(home: Path) -> None:
        home.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(_NODE / name, home)
        install_with("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=home)

    return kept("clients-node", lock, install) / "node_modules"


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
