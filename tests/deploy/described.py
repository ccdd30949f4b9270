"""What the files of a deployment say, read the way their own tools read them."""

from __future__ import annotations

import configparser
import re
import runpy
import shlex
import tomllib
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
    "DOCKERFILE",
    "KNOWN",
    "LOCAL",
    "NOT_SETTINGS",
    "RAILWAY",
    "ROOT",
    "STARTED",
    "TOML",
    "UNIT",
    "Started",
    "interpolated",
]

ROOT = Path(__file__).parents[2]

KNOWN = frozenset(
    name for setting in settings_of(Settings) for name in setting.variable.names
) | {"PRELA_ENV_FILE"}
"""The variables that Prela reads."""

NOT_SETTINGS = frozenset({"PRELA_EXTRAS", "POSTGRES_PASSWORD", "WORKERS"})
"""What else the files may ask for: they say of each where it is used."""

_REFERENCE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def interpolated(value: str, environ: Mapping[str, str]) -> str:
    """Put variables in, as Compose does: `${NAME}` and `${NAME:-otherwise}`."""
    return _REFERENCE.sub(lambda found: environ.get(found[1]) or found[2] or "", value)


def _compose(name: str) -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / name).read_text())
    return document


LOCAL = _compose("docker-compose.local.yml")
COMPOSE = _compose("docker-compose.yml")

DOCKERFILE = DockerfileParser(str(ROOT / "Dockerfile"))

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

UNIT = configparser.ConfigParser(strict=False, interpolation=None)
UNIT.optionxform = str  # type: ignore[assignment,method-assign] # names keep their case
UNIT.read(ROOT / "deploy" / "prela.service")


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


def _image() -> dict[str, str]:
    # The parser gives the last stage's variables, with those that they are made of put in.
    return {name: value for name, value in DOCKERFILE.envs.items() if name in KNOWN}


def _started() -> Iterator[Started]:
    image = _image()
    entry = yaml.safe_load(_last("ENTRYPOINT"))
    yield Started("Dockerfile", (*entry, *yaml.safe_load(_last("CMD"))), image, 10)
    for service in COMPOSE["services"].values():
        own = {name: interpolated(value, {}) for name, value in service["environment"].items()}
        grace = float(service["stop_grace_period"].removesuffix("s"))
        yield Started("docker-compose.yml", (*entry, *service["command"]), image | own, grace)
    for role, document in TOML.items():
        deploy = document["deploy"]
        yield Started(
            f"deploy/railway/{role}/railway.toml",
            tuple(shlex.split(deploy["startCommand"])),
            image,
            deploy["drainingSeconds"],
        )
    for node in RAILWAY.values():
        if node["type"] == "service":
            own = {
                name: variable["value"]
                for name, variable in node["variables"].items()
                if variable["type"] == "literal" and name in KNOWN
            }
            yield Started(
                "deploy/railway/railway.py",
                tuple(shlex.split(node["deploy"]["startCommand"])),
                image | own,
                node["deploy"]["drainingSeconds"],
            )
    service = UNIT["Service"]
    yield Started(
        "deploy/prela.service",
        ("prela", *shlex.split(service["ExecStart"])[1:]),
        dict(pair.split("=", 1) for pair in _environment_of_unit()),
        float(service["TimeoutStopSec"]),
    )


def _environment_of_unit() -> list[str]:
    # A unit may name a key many times, which configparser does not keep.
    lines = (ROOT / "deploy" / "prela.service").read_text().splitlines()
    return [line.removeprefix("Environment=") for line in lines if line.startswith("Environment=")]


def _last(instruction: str) -> str:
    return next(
        part["value"]
        for part in reversed(DOCKERFILE.structure)
        if part["instruction"] == instruction
    )


STARTED = tuple(_started())
"""Every command line there is."""
