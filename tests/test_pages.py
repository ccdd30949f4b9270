"""What the README and the pages on sending say is done as it stands there, and does what they say.

Sent to is a real server. Packages are not installed: that the ones named are there is checked.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from examples.openai_standin.api import OpenAIApi
from tests.client_packages import node_modules, python_with_clients, python_with_examples
from tests.conftest import Server, clean_environment, span
from tests.page_session import Session, blocks_of, commands_of, shows
from tests.served import listening

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs" / "send").glob("*.md"))]
ADDRESS = "http://127.0.0.1:8000"
GRPC_ADDRESS = "127.0.0.1:4317"

ELSEWHERE: dict[str, Callable[[], Path]] = {
    "frameworks": python_with_examples,
    "langfuse": python_with_clients,
    "openai": python_with_examples,
    "opentelemetry": python_with_clients,
    "published-sdk": python_with_clients,
}
"""Whose programs need packages that Prela's own tests do without."""

NEED_PRELA = frozenset({"frameworks", "openai"})

PIP = """
import re, sys
from importlib.metadata import version
for word in sys.argv[2:]:
    name = re.match(r"[\\w-]*", word).group()
    if name and name != "prela-core" and not word.startswith(("-", ".")):
        version(name)
"""

NPM = """
for name in "${@:2}"; do test -d "node_modules/$name" || { echo "no $name"; exit 1; }; done
"""


@pytest.fixture(scope="session")
def openai_url() -> Iterator[str]:
    with listening(OpenAIApi()) as url:
        yield url


@pytest.fixture(scope="module")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"PRELA_OTLP_GRPC_PORT": "0"}
    server = Server(tmp_path_factory.mktemp("pages") / "data", settings)
    try:
        yield server.start()
    finally:
        server.end()


def commands(folder: Path, python: Path, server: Server, page: str) -> Path:
    """Make the commands that a reader has: some are others than here, and some already done."""
    bin_dir = folder / ".bin"
    bin_dir.mkdir()
    (bin_dir / "pip.py").write_text(PIP)
    greeting = f"sed 's#{server.data_dir}#~/.prela#g' {server.log_path}"
    ours = f'PYTHONPATH="{clean_environment()["PYTHONPATH"]}"'
    theirs = f"{ours} " if page in NEED_PRELA or page not in ELSEWHERE else ""
    scripts = {
        "python": f'test "$2" = pip && exit 0\n{theirs}exec {python} "$@"',
        "pip": f'exec {python} {bin_dir / "pip.py"} "$@"',
        "npm": NPM,
        "pytest": f'{ours} exec {sys.executable} -m pytest "$@"',
        "prela": f'test "$1" = serve && exec {greeting}\n'
        f'{ours} exec {sys.executable} -m prela_cli "$@"',
        "nox": "exit 0",  # other tests see to what its sessions do
    }
    for name, script in scripts.items():
        (bin_dir / name).write_text(f"#!/bin/bash\n{script}\n")
        (bin_dir / name).chmod(0o755)
    return bin_dir


def at_server(text: str, server: Server) -> str:
    """Give `text` with the addresses of the test's server in place of the usual ones."""
    grpc = re.search(r"OTLP over gRPC to (\S+)", server.log)
    assert grpc is not None
    return text.replace(ADDRESS, server.url).replace(GRPC_ADDRESS, grpc.group(1))


@pytest.fixture
def python(page: Path) -> Path:
    return ELSEWHERE.get(page.stem, lambda: Path(sys.executable))()


@pytest.fixture
def session(
    page: Path, python: Path, tmp_path: Path, page_server: Server, openai_url: str
) -> Iterator[Session]:
    bin_dir = commands(tmp_path, python, page_server, page.stem)
    environment = {
        "PATH": f"{bin_dir}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "COLUMNS": "100",
        "NO_PROXY": "*",
        "PRELA_URL": page_server.url,
        "OPENAI_BASE_URL": f"{openai_url}/v1",
        "OPENAI_API_KEY": "sk-any",
    }
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "tests").symlink_to(ROOT / "tests")  # the stand-ins that examples use
    (tmp_path / "traces").mkdir()  # some that were written before
    (tmp_path / "traces" / "spans.jsonl").write_text(json.dumps(span()) + "\n")
    if page.stem == "opentelemetry":
        (tmp_path / "node_modules").symlink_to(node_modules())
    with Session(tmp_path, environment) as session:
        yield session


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_true(page: Path, session: Session, page_server: Server) -> None:
    program = ""
    for block in blocks_of(at_server(page.read_text(), page_server)):
        if block.name:
            (session.folder / block.name).write_text(block.text)
        elif block.language == "python":
            program += block.text
        else:
            for command in commands_of(block):
                printed = session.run(command.typed)
                missing = shows(command.shown, printed)
                assert missing is None, f"$ {command.typed}\n{printed}\nshows no line {missing!r}"
    (session.folder / "page.py").write_text(program)
    session.run("python page.py")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_of_a_kind_that_is_carried_out(page: Path) -> None:
    text = page.read_text()
    found = blocks_of(text)

    assert len(found) == text.count("```") / 2
    assert {block.language for block in found if not block.name} <= {"console", "python", "sh"}


def test_what_is_not_printed_is_missed() -> None:
    printed = "✓ answer 12 ms\n  ├╴tool look_up ━━╸ 3.1 ms\n"

    assert shows(("✓ answer 90 ms", "├╴tool look_up   ━ 4 µs"), printed) is None
    assert shows(("✓ answer 90 ms", "├╴tool look…"), printed) is None
    assert shows(("✓ answer 90 ms", "├╴tool read_file ━ 4 µs"), printed) is not None
    assert shows(("✓ answer 90 ms", "✓ answer 90 ms"), printed) is not None
    assert shows(("✗ answer 90 ms",), printed) is not None
