"""Every variable that the files name is one that something reads, and the guide names them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.deploy.described import (
    COMPOSE,
    KNOWN,
    NOT_SETTINGS,
    RAILWAY,
    ROOT,
    STAGES,
    STARTED,
    TOML,
    Started,
    named_in,
)

from prela_cli.env_file import OF_COMMANDS
from prela_cli.main import COMMANDS
from prela_server.settings import Settings, load, settings_of

GUIDE = (ROOT / "docs" / "deploy.md").read_text()
# Of services beside Prela, which read them themselves.
OF_OTHERS = {"KAFKA_BROKERS", "POSTGRES_USER", "POSTGRES_DB", "CLICKHOUSE_USER", "CLICKHOUSE_DB"}


def test_services_of_compose_are_given_settings() -> None:
    given = {name for service in COMPOSE["services"].values() for name in service["environment"]}

    assert set() == given - KNOWN


@pytest.mark.parametrize("name", ["docker-compose.yml", "docker-compose.local.yml"])
def test_compose_files_put_in_settings(name: str) -> None:
    assert set() == named_in((ROOT / name).read_text()) - KNOWN - NOT_SETTINGS


def test_services_of_railway_are_given_settings() -> None:
    given = {name for node in RAILWAY.values() for name in node.get("variables", {})}

    assert set() == given - KNOWN - NOT_SETTINGS


def test_the_image_sets_settings() -> None:
    given = {word.split("=")[0] for word in STAGES[-1]["ENV"][0].split() if "=" in word}

    assert {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "SSL_CERT_DIR"} == given - KNOWN


def test_the_image_is_built_from_an_argument_that_is_given() -> None:
    assert ["PRELA_EXTRAS"] == [value.split("=")[0] for value in STAGES[0]["ARG"]]


def test_the_example_of_settings_names_settings() -> None:
    # Lines that are commented out name settings, too: those that may be set.
    example = (ROOT / ".env.example").read_text()
    named = re.findall(r"^#?\s?(?:export )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE)

    assert {"KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_HOST"} <= set(named)
    assert set() == set(named) - KNOWN - NOT_SETTINGS - OF_COMMANDS


@pytest.mark.parametrize("started", STARTED, ids=str)
def test_what_is_given_can_be_read(started: Started, tmp_path: Path) -> None:
    empty = tmp_path / "none.env"
    empty.touch()

    # Railway's shared variables are missing here; that they are enough is seen below.
    load(empty, environ=started.environment)


def test_railway_gives_every_role_the_same() -> None:
    variables = [RAILWAY[role]["variables"] for role in TOML]

    assert [variables[0]] * 3 == variables
    assert {"KAFKA_BOOTSTRAP_SERVERS", "CLICKHOUSE_HOST", "DATABASE_URL"} <= set(variables[0])


def test_the_guide_names_every_setting_that_is_used() -> None:
    used = {
        name
        for setting in settings_of(Settings)
        if not setting.variable.unused
        for name in setting.variable.names
    }

    assert set() == {name for name in used if f"`{name}`" not in GUIDE}


def test_the_guide_names_nothing_else() -> None:
    named = set(re.findall(r"`((?:PRELA|KAFKA|CLICKHOUSE|POSTGRES)_[A-Z_]+)(?:=[^`]*)?`", GUIDE))

    assert set() == named - KNOWN - NOT_SETTINGS - OF_COMMANDS - OF_OTHERS


def test_the_guide_names_commands_that_there_are() -> None:
    typed = re.findall(r"(?:`|/|(?:exec \w+|then `?) )prela ([a-z]+)", GUIDE)

    assert {"serve", "keys", "config", "doctor", "reindex"} <= set(typed)
    assert set() == set(typed) - set(COMMANDS)
