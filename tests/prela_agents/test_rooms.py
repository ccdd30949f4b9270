"""What the agents may know: their parts, and nothing of the world behind them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import prela_agents

SOURCE = Path(prela_agents.__file__).parent

PIPELINES = ("scout", "sentinel", "amplifier", "radar", "reading", "reports")
BEHIND_PORTS = frozenset({"history", "http", "outbox", "platforms", "run", "state", "tracing"})
PURE = frozenset({"prela_agents.index.cutting", "prela_agents.index.stop_words"})
"""Of the index, what is no more than text in and text out."""
EFFECTS = frozenset({"anyio", "asyncio", "httpx", "os", "requests", "socket", "sqlite3", "time"})
VALUES = ("model", "ports")


def imports_of(room: str) -> set[tuple[str, str]]:
    found = set()
    for path in sorted((SOURCE / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom):
                found.add((path.name, node.module or ""))
            elif isinstance(node, ast.Import):
                found |= {(path.name, each.name) for each in node.names}
    return found


def ours(module: str) -> str:
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "prela_agents" else ""


@pytest.mark.parametrize("room", [each for each in PIPELINES if (SOURCE / each).is_dir()])
def test_pipelines_see_the_world_through_their_parts(room: str) -> None:
    imports = imports_of(room)
    assert imports
    assert [] == sorted(each for each in imports if ours(each[1]) in BEHIND_PORTS)
    assert {module for _, module in imports if ours(module) == "index"} <= PURE
    assert [] == sorted(each for each in imports if each[1].partition(".")[0] in EFFECTS)


@pytest.mark.parametrize("room", VALUES)
def test_values_and_ports_know_no_one_who_does_anything(room: str) -> None:
    assert {"", *VALUES} >= {ours(module) for _, module in imports_of(room)}


def test_nothing_but_running_knows_the_platforms() -> None:
    rooms = [path.name for path in SOURCE.iterdir() if path.is_dir() and path.name[0] != "_"]
    assert {"platforms", "run"} == {
        room for room in rooms if any(ours(module) == "platforms" for _, module in imports_of(room))
    }


def test_only_claude_and_the_platforms_go_out_by_http() -> None:
    users = {
        path.relative_to(SOURCE).parts[0]
        for path in SOURCE.rglob("*.py")
        if any(
            isinstance(node, ast.Import) and any(each.name == "httpx" for each in node.names)
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
    }
    assert {"http", "platforms"} == users
