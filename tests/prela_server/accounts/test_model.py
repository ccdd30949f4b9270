from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from prela_core.errors import ForbiddenError
from prela_server.accounts import Identity, KeyInfo, Scope


def identity(*scopes: Scope) -> Identity:
    return Identity(project_id="p", key_id="k", scopes=frozenset(scopes))


@pytest.mark.parametrize(
    ("had", "reached"),
    [
        ({Scope.INGEST}, {Scope.INGEST}),
        ({Scope.READ}, {Scope.READ}),
        ({Scope.INGEST, Scope.READ}, {Scope.INGEST, Scope.READ}),
        ({Scope.DELETE}, {Scope.DELETE}),
        ({Scope.ADMIN}, set(Scope)),
    ],
)
def test_only_admin_includes_the_others(had: set[Scope], reached: set[Scope]) -> None:
    assert reached == {scope for scope in Scope if identity(*had).may(scope)}


def test_requiring_a_scope() -> None:
    identity(Scope.ADMIN).require(Scope.READ)
    with pytest.raises(ForbiddenError, match="'read'"):
        identity(Scope.INGEST).require(Scope.READ)


def test_an_info_shows_which_key_it_is_about() -> None:
    info = KeyInfo(
        key_id="4fZ0aQk91B",
        project_id="p",
        scopes=frozenset({Scope.READ}),
        name="",
        created_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert "prela_sk_4fZ0aQk91B…" == info.prefix
    assert {
        "key_id": "4fZ0aQk91B",
        "project_id": "p",
        "scopes": ["read"],
        "name": "",
        "created_at": "2026-03-01T00:00:00Z",
        "revoked_at": None,
        "prefix": "prela_sk_4fZ0aQk91B…",
    } == msgspec.to_builtins(info)
