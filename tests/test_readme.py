"""What the README and the documents point at is there."""

from __future__ import annotations

import importlib
import re
from itertools import takewhile
from pathlib import Path

import click
import pytest

from prela_cli.env_file import OF_COMMANDS, OF_PROGRAMS
from prela_cli.main import COMMANDS
from prela_server.settings import PREFIX, Settings, settings_of

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)\s]+)\)")
TYPED = re.compile(r"(?:^\$ |`)prela ([^`\n]+)", re.MULTILINE)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    links = [link for link in LINK.findall(document.read_text()) if "://" not in link]
    paths = [link.partition("#")[0] for link in links]

    assert [] == [path for path in paths if path and not (document.parent / path).exists()]


def test_links_are_found() -> None:
    assert "docs/benchmarks.md" in LINK.findall(README)


def words(typed: str) -> list[str]:
    return list(takewhile(lambda word: word.isalpha() and word.islower(), typed.split()))


@pytest.mark.parametrize(
    "typed", [typed for typed in TYPED.findall(README) if not typed.startswith("COMMAND")]
)
def test_every_command_shown_exists(typed: str) -> None:
    name, *rest = words(typed)

    assert name in COMMANDS
    command = getattr(importlib.import_module(f"prela_cli.{name}"), name)
    if isinstance(command, click.Group):
        assert rest[0] in command.commands


def test_commands_are_found() -> None:
    shown = {words(typed)[0] for typed in TYPED.findall(README) if words(typed)}

    assert {"serve", "query", "show", "search", "ingest", "doctor", "keys"} <= shown


def variables(table: str) -> set[str]:
    rows = [line for line in table.splitlines() if line.startswith("| `PRELA_")]
    return {name for row in rows for name in re.findall(r"`(PRELA_\w+)`", row.split("|")[1])}


def test_the_tables_of_settings_are_whole() -> None:
    of_the_server, _, of_programs = README.partition("`prela_core.init` reads these")
    settings = {
        name
        for setting in settings_of(Settings)
        for name in setting.variable.names
        if name.startswith(PREFIX)
    }
    core = (ROOT / "src" / "prela_core").rglob("*.py")
    read = {name for one in core for name in re.findall(r'"(PRELA_[A-Z_]+)"', one.read_text())}

    assert settings | OF_COMMANDS == variables(of_the_server)
    # `connect` finds the server that the commands find.
    of_connect = read & OF_COMMANDS
    assert read - of_connect == OF_PROGRAMS - of_connect
    assert OF_PROGRAMS == variables(of_programs)
