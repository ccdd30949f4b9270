from __future__ import annotations

import asyncio
from base64 import b64encode
from typing import Any, cast

import pytest
from starlette.requests import Request

from prela_core.errors import ForbiddenError, UnauthenticatedError
from prela_server.accounts import Accounts, Identity, Scope
from prela_server.edge.guard import key_guard, open_guard

IDENTITY = Identity(project_id="shop", key_id="k", scopes=frozenset({Scope.READ}))


class Keys:
    """Knows one key, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []

    def identify(self, key: str | None) -> Identity:
        self.asked.append(key)
        if key != "good":
            raise UnauthenticatedError("no such key")
        return IDENTITY


def request(*headers: tuple[str, str]) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return Request({"type": "http", "headers": raw})


def identify(keys: Keys, *headers: tuple[str, str], scope: Scope = Scope.READ) -> Identity:
    guard = key_guard(cast("Accounts", keys))
    return asyncio.run(cast("Any", guard(request(*headers), scope)))


def basic(credentials: str) -> str:
    return f"Basic {b64encode(credentials.encode()).decode()}"


@pytest.mark.parametrize(
    "headers",
    [
        [("X-API-Key", "good")],
        [("Authorization", "Bearer good")],
        [("Authorization", "bearer   good ")],
        [("X-API-Key", "good"), ("Authorization", "Bearer other")],
        [("X-API-Key", ""), ("Authorization", "Bearer good")],
        [("Authorization", basic("pk-lf-1:good"))],
        [("Authorization", basic(":good"))],
    ],
)
def test_a_key_is_taken_from_either_header(headers: list[tuple[str, str]]) -> None:
    assert IDENTITY == identify(Keys(), *headers)


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ([], None),
        ([("Authorization", "Basic good")], None),
        ([("Authorization", "Basic ~~~~")], None),
        ([("Authorization", "Basic /w==")], None),
        ([("Authorization", basic("good"))], None),
        ([("Authorization", basic("good:"))], None),
        ([("Authorization", basic("user:bad:good"))], "bad:good"),
        ([("Authorization", "good")], None),
        ([("Authorization", "Bearer")], ""),
        ([("Authorization", "Bearer ")], ""),
        ([("X-API-Key", "bad"), ("Authorization", "Bearer good")], "bad"),
    ],
)
def test_anything_else_is_no_key_or_another(
    headers: list[tuple[str, str]], asked: str | None
) -> None:
    keys = Keys()

    with pytest.raises(UnauthenticatedError):
        identify(keys, *headers)
    assert [asked] == keys.asked


def test_a_key_reaches_no_further_than_its_scope() -> None:
    with pytest.raises(ForbiddenError):
        identify(Keys(), ("X-API-Key", "good"), scope=Scope.INGEST)


def test_what_is_recalled_is_not_asked_for_and_its_scope_is_checked_all_the_same() -> None:
    keys = Keys()
    guard = key_guard(cast("Accounts", keys), lambda key: IDENTITY if key == "known" else None)

    async def known(scope: Scope) -> Identity:
        return await guard(request(("X-API-Key", "known")), scope)

    assert IDENTITY == asyncio.run(known(Scope.READ))
    with pytest.raises(ForbiddenError):
        asyncio.run(known(Scope.INGEST))
    assert [] == keys.asked

    async def unknown() -> Identity:
        return await guard(request(("X-API-Key", "good")), Scope.READ)

    assert IDENTITY == asyncio.run(unknown())
    assert ["good"] == keys.asked


@pytest.mark.parametrize("scope", Scope)
def test_without_keys_everybody_may_do_everything_in_one_project(scope: Scope) -> None:
    async def anyone() -> Identity:
        return await open_guard()(request(("X-API-Key", "whatever")), scope)

    identity = asyncio.run(anyone())
    identity.require(scope)
    assert "default" == identity.project_id
