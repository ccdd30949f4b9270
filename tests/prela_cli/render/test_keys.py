from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from prela_cli.render.keys import keys_table
from prela_server.accounts import KeyInfo, Scope

ACTIVE = KeyInfo(
    key_id="4fZ0aQk91B",
    project_id="shop",
    scopes=frozenset({Scope.READ, Scope.INGEST}),
    name="[red]till",
    created_at=datetime(2026, 3, 1, 9, 5, 59, tzinfo=UTC),
)
REVOKED = KeyInfo(
    key_id="zzzzzzzzzz",
    project_id="shop",
    scopes=frozenset({Scope.ADMIN}),
    name="",
    created_at=datetime(2026, 3, 1, 9, 6, tzinfo=UTC),
    revoked_at=datetime(2026, 3, 2, 10, 7, tzinfo=UTC),
)


def render(*keys: KeyInfo, terminal: bool = False) -> list[str]:
    console = Console(file=StringIO(), width=120, force_terminal=terminal)
    console.print(keys_table(keys))
    assert isinstance(console.file, StringIO)
    return [line.strip() for line in console.file.getvalue().splitlines()]


def test_one_line_a_key() -> None:
    assert [
        "key id      project  scopes        name       created           state",
        "4fZ0aQk91B  shop     ingest, read  [red]till  2026-03-01 09:05  active",
        "zzzzzzzzzz  shop     admin                    2026-03-01 09:06  revoked 2026-03-02 10:07",
    ] == render(ACTIVE, REVOKED)


def test_revoked_keys_are_dimmed_on_a_terminal() -> None:
    _, active, revoked = render(ACTIVE, REVOKED, terminal=True)
    assert "\x1b[2m" not in active
    assert "\x1b[2m" in revoked
