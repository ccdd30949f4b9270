"""What the files of a deployment say, read the way their own tools read them."""

from __future__ import annotations

import re
import runpy
import shlex
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import railway_sdk
import yaml
from dockerfile_parse import DockerfileParser

from prela_server.settings import Settings, settings_of

__all__ = [
    "COMPOSE",
    "KNOWN",
    "LOCAL",
    "NOT_SETTINGS",
    "RAILWAY",
    "ROOT",
    "STAGES",
    "STARTED",
    "TOML",
    "UNIT",
    "Started",
    "interpolated",
    "named_in",
]

ROOT = Path(__file__).parents[2]

KNOWN = frozenset(name for setting in settings_of(Settings) for name in setting.variable.names) | {
    "PRELA_ENV_FILE"
}
"""The variables that Prela reads."""

NOT_SETTINGS = frozenset({"PRELA_EXTRAS", "POSTGRES_PASSWORD", "WORKERS"})
"""What else the files may ask for: of the image's build, of PostgreSQL, and of Compose."""

_REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def named_in(text: str) -> set[str]:
    """Give the variables that a Compose file puts in."""
    return {found[1] for found in _REFERENCE.finditer(text)}


def interpolated(text: str, environ: Mapping[str, str]) -> str:
    """Put variables in, as Compose does: `${NAME}` and `${NAME:-otherwise}`."""
    return _REFERENCE.sub(lambda found: environ.get(found[1]) or found[2] or "", text)


def _compose(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return document


LOCAL = _compose("docker-compose.local.yml")
COMPOSE = _compose("docker-compose.yml")

_DOCKERFILE = DockerfileParser(str(ROOT / "Dockerfile"))


def _stages() -> list[dict[str, list[str]]]:
    stages: list[dict[str, list[str]]] = []
    for part in _DOCKERFILE.structure:
        if part["instruction"] == "FROM":
            stages.append(defaultdict(list))
        if part["instruction"] != "COMMENT":
            stages[-1][part["instruction"]].append(part["value"])
    return stages


STAGES = _stages()
"""Of the Dockerfile: for each stage, the values of each instruction."""

TOML = {
    path.parent.name: tomllib.loads(path.read_text())
    for path in sorted((ROOT / "deploy" / "railway").glob("*/railway.toml"))
}
"""By role."""


def _railway() -> dict[str, dict[str, Any]]:
    program = runpy.run_path(str(ROOT / "deploy" / "railway" / "railway.py"))["main"]
    graph = program(railway_sdk.create_railway_context(environment="production")).to_graph()
    return {one["name"]: one for one in graph["resources"]}


RAILWAY = _railway()
"""The services and databases of deploy/railway/railway.py, by name."""


def _unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for line in (ROOT / "deploy" / "prela.service").read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found[name].append(value)
    return found


UNIT = _unit()
"""Of deploy/prela.service: all values of each key."""


@attrs.frozen
class Started:
    """A command line of one of the files, and what that file sets for it."""

    file: str
    command: tuple[str, ...]
    environment: dict[str, str]
    grace: float
    """Seconds between SIGTERM and SIGKILL."""

    @property
    def role(self) -> str:
        return self.command[2] if len(self.command) > 2 else "all"

    def __str__(self) -> str:
        return f"{self.role} of {self.file}"


def _started() -> Iterator[Started]:
    image = {name: value for name, value in _DOCKERFILE.envs.items() if name in KNOWN}
    entry = yaml.safe_load(STAGES[-1]["ENTRYPOINT"][0])
    command = yaml.safe_load(STAGES[-1]["CMD"][0])
    # docs/deploy.md has the `--stop-timeout` that goes with it.
    yield Started("Dockerfile", (*entry, *command), image, 30)
    for service in COMPOSE["services"].values():
        own = {name: interpolated(value, {}) for name, value in service["environment"].items()}
        grace = float(service["stop_grace_period"].removesuffix("s"))
        yield Started("docker-compose.yml", (*entry, *service["command"]), image | own, grace)
    for role, document in TOML.items():
        deploy = document["deploy"]
        line = tuple(shlex.split(deploy["startCommand"]))
        yield Started(f"deploy/railway/{role}/railway.toml", line, image, deploy["drainingSeconds"])
    for node in RAILWAY.values():
        if node["type"] == "service":
            own = {
                name: variable["value"]
                for name, variable in node["variables"].items()
                if variable["type"] == "literal" and name in KNOWN
            }
            line = tuple(shlex.split(node["deploy"]["startCommand"]))
            grace = node["deploy"]["drainingSeconds"]
            yield Started("deploy/railway/railway.py", line, image | own, grace)
    program, *arguments = shlex.split(UNIT["ExecStart"][0])
    own = dict(pair.split("=", 1) for pair in UNIT["Environment"])
    grace = float(UNIT["TimeoutStopSec"][0])
    yield Started("deploy/prela.service", (Path(program).name, *arguments), own, grace)


STARTED = tuple(_started())
"""Every command line there is."""
