"""What the compose file of the agents starts, and the file of settings that it gives them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from tests.deploy.described import ROOT, interpolated

from prela_agents.run.reading import read_settings
from prela_agents.run.workshop import AGENTS
from prela_cli.main import prela

TEXT = (ROOT / "docker-compose.agents.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_starts_a_command_that_there_is(name: str) -> None:
    words = list(SERVICES[name]["command"])
    command: click.Command = prela
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            inner = command.get_command(context, words.pop(0))
        assert inner is not None
        command = inner
    context = command.make_context("prela", words)
    assert context.params.get("name", name) == name


def test_each_agent_has_a_service_of_its_own() -> None:
    assert {*AGENTS, "purge"} == set(SERVICES)
    assert [] == [name for name, each in SERVICES.items() if "depends_on" in each]


def test_they_are_built_with_extras_that_exist() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    asked = {each["build"]["args"]["PRELA_EXTRAS"] for each in SERVICES.values()}
    assert [{"agents", "cli", "embedded"}] == [set(each.split(",")) for each in asked]
    assert {"agents", "cli", "embedded"} <= set(extras)


def test_they_run_dry_unless_they_are_told() -> None:
    assert not any("--live" in each["command"] for each in SERVICES.values())
    assert "PRELA_AGENTS_LIVE" not in {
        name for each in SERVICES.values() for name in each["environment"]
    }


def test_what_is_mounted_is_there_and_can_be_read() -> None:
    mounts = [interpolated(each, {}) for each in SERVICES["scout"]["volumes"]]
    sources = [each.split(":")[0] for each in mounts if each.startswith("./")]
    assert [] == [each for each in sources if not (ROOT / each).exists()]
    settings = read_settings({}, config=ROOT / "deploy" / "prela-agents.toml")
    assert "Prela" == settings.profile.us.name
    assert all(each.repository and each.package for each in settings.profile.competitors)


def test_settings_lead_to_what_is_mounted() -> None:
    environ = SERVICES["scout"]["environment"]
    inside = [interpolated(each, {}).split(":")[1] for each in SERVICES["scout"]["volumes"]]
    assert environ["PRELA_AGENTS_CONFIG"] in inside
    assert environ["PRELA_AGENTS_DOCS"] in inside
    assert any(Path(environ["PRELA_AGENTS_DIR"]).is_relative_to(each) for each in inside)
