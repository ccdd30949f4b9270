"""Every chore of the project, one session each: `nox -l` lists them."""

from __future__ import annotations

import os
import pathlib

import nox

# Tests start Python hundreds of times; where this is set, each compiles all that it imports anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "typing", "tests"]

PROJECT = nox.project.load_toml("pyproject.toml")
YAML_STYLE = "{extends: default, rules: {line-length: {max: 100}}}"

# A file's tests stay together: what its fixtures start, they start once. Files come in the order
# of their names, for else the slow ones with few tests would all come last. One process more than
# there are cores, for those that wait for a fault to be over.
ON_SEVERAL_CORES = (
    f"--numprocesses={min(4, (os.cpu_count() or 1) + 1)}",
    "--dist=loadfile",
    "--no-loadscope-reorder",
)


def _group(name: str) -> list[str]:
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def demo(session: nox.Session) -> None:
    """Serve, run an agent, look at its traces: `nox -s demo -- --stay` leaves it up."""
    session.install("-e", ".[all]")
    session.run("python", "examples/demo.py", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, on up to four cores, and print what the agents' rules measure.

    `nox -s tests -- -k timestamps` runs a part, and prints nothing more.
    """
    session.install("-e", ".[all]", *_group("test"))
    session.run("pytest", *ON_SEVERAL_CORES, *session.posargs)
    if not session.posargs:
        # Figures of a model would be of a key and of that day.
        session.run("prela", "agents", "eval", "--baseline")


@nox.session
def integration(session: nox.Session) -> None:
    """Run the acceptance tests on every role apart, over Kafka, PostgreSQL, Redis, ClickHouse."""
    session.install("-e", ".[all]", *_group("test"))
    chosen = session.posargs or ["tests/acceptance"]
    session.run("pytest", *ON_SEVERAL_CORES, "--pipeline", "deployed", *chosen)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style and formatting, and the files of a deployment."""
    session.install(*_group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    compose = ("docker-compose.yml", "docker-compose.local.yml", "docker-compose.agents.yml")
    session.run("hadolint", "Dockerfile")
    session.run("yamllint", "--strict", "--config-data", YAML_STYLE, *compose)
    session.run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", *compose)
    schema = "deploy/railway/railway.schema.json"
    session.run("check-jsonschema", "--check-metaschema", schema)
    railway = [f"deploy/railway/{role}/railway.toml" for role in ("ingest", "worker", "api")]
    session.run("check-jsonschema", "--schemafile", schema, *railway)


@nox.session
def typing(session: nox.Session) -> None:
    """Check types, strictly."""
    session.install("-e", ".[all]", "nox", *_group("typing"), *_group("instrumented"))
    session.run("mypy")


@nox.session
def docs(session: nox.Session) -> None:
    """Write docs/api.md from the OpenAPI document; a test holds that it is current."""
    session.install("-e", ".[server]")
    session.run("python", "-m", "prela_server.docs.markdown", "docs/api.md")


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run the notebooks of `examples/` again, and keep what they say."""
    session.install("-e", ".[embedded]", *_group("notebooks"))
    with session.chdir("examples/notebooks"):
        for path in session.posargs or sorted(map(str, pathlib.Path().glob("*.ipynb"))):
            session.run("jupyter-execute", "--inplace", path)


@nox.session
def bench(session: nox.Session) -> None:
    """Measure, beside a floor and peers, small: `-- suite full` is all, `-- deployed` a part."""
    session.install("-e", ".[all]", *_group("test"))
    words = list(session.posargs)
    program = words.pop(0) if words and not words[0].startswith("-") else "suite"
    session.run("python", f"tests/bench/{program}.py", *words)


@nox.session
def gate(session: nox.Session) -> None:
    """Hold that no path became slower, by ratios: `nox -s gate -- --slower 1.5` must fail."""
    session.install("-e", ".[all]")
    session.run("python", "tests/bench/gate.py", *session.posargs)
