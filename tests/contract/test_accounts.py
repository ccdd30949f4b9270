"""What every adapter of the accounts port must hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import attrs
import pytest

from prela_core.errors import InvalidError, NotFoundError, UnauthenticatedError
from prela_server.accounts import Accounts, Identity, Scope
from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.keys import mint
from prela_server.accounts.memory import MemoryAccounts
from prela_server.accounts.postgres import PostgresDatabase
from prela_server.accounts.sqlite import SqliteDatabase
from prela_server.accounts.stored import StoredAccounts

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def micros(self) -> int:
        return int((START.timestamp() + self.seconds) * 1_000_000)


@attrs.frozen
class Scene:
    """An adapter, and another object over the same keys, as a second process has it."""

    accounts: Accounts
    elsewhere: Accounts
    clock: Clock


Build = Callable[[Clock, pytest.FixtureRequest], Scene]


def _memory(clock: Clock, request: pytest.FixtureRequest) -> Scene:
    accounts = MemoryAccounts(now=clock.micros)
    return Scene(accounts, accounts, clock)


def _sqlite(clock: Clock, request: pytest.FixtureRequest) -> Scene:
    data_dir = request.getfixturevalue("tmp_path")
    first, second = (StoredAccounts(SqliteDatabase(data_dir), now=clock.micros) for _ in range(2))
    return Scene(first, second, clock)


def _postgres(clock: Clock, request: pytest.FixtureRequest) -> Scene:
    url = request.getfixturevalue("postgres_url")
    first, second = (StoredAccounts(PostgresDatabase(url), now=clock.micros) for _ in range(2))
    return Scene(first, second, clock)


def _cached(build: Build) -> Build:
    def build_cached(clock: Clock, request: pytest.FixtureRequest) -> Scene:
        scene = build(clock, request)
        first, second = (
            CachedAccounts(accounts, clock=clock.monotonic)
            for accounts in (scene.accounts, scene.elsewhere)
        )
        return Scene(first, second, clock)

    return build_cached


@pytest.fixture(
    params=[_memory, _sqlite, _postgres, _cached(_sqlite), _cached(_postgres)],
    ids=["memory", "sqlite", "postgres", "cached sqlite", "cached postgres"],
)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    build: Build = request.param
    scene = build(Clock(), request)
    yield scene
    scene.accounts.close()
    scene.elsewhere.close()


def refusal(accounts: Accounts, text: str | None) -> str:
    with pytest.raises(UnauthenticatedError) as caught:
        accounts.identify(text)
    return str(caught.value)


def test_a_new_key_says_whose_it_is(scene: Scene) -> None:
    info, text = scene.accounts.create("shop", ["ingest", "read"], "till 4")
    expected = Identity(
        project_id="shop", key_id=info.key_id, scopes=frozenset({Scope.INGEST, Scope.READ})
    )
    assert expected == scene.accounts.identify(text)
    assert expected == scene.elsewhere.identify(text)


def test_creation_tells_what_the_listing_tells(scene: Scene) -> None:
    info, text = scene.accounts.create("shop", [Scope.ADMIN], "ops [prod] 🛒")
    assert "shop" == info.project_id
    assert frozenset({Scope.ADMIN}) == info.scopes
    assert "ops [prod] 🛒" == info.name
    assert info.created_at == START
    assert info.revoked_at is None
    assert text.startswith(info.prefix.removesuffix("…"))
    assert [info] == list(scene.accounts.list())
    assert [info] == list(scene.elsewhere.list())


def test_the_listing_goes_by_time_and_by_project(scene: Scene) -> None:
    created = []
    for project in ("b", "a", "b"):
        created.append(scene.accounts.create(project, ["read"])[0])
        scene.clock.seconds += 1
    assert created == list(scene.accounts.list())
    assert [created[0], created[2]] == list(scene.accounts.list("b"))
    for nothing in ("c", "' OR 1=1 --", "", "a\0", "\ud800"):
        assert [] == list(scene.accounts.list(nothing))


def test_keys_of_the_same_moment_are_listed_by_id(scene: Scene) -> None:
    created = [scene.accounts.create("shop", ["read"])[0] for _ in range(8)]
    assert sorted(info.key_id for info in created) == [k.key_id for k in scene.accounts.list()]


def test_the_listing_does_not_give_keys_away(scene: Scene) -> None:
    _, text = scene.accounts.create("shop", ["read"], "n")
    listing = repr(scene.accounts.list())
    secret_and_checksum = text[19:]
    assert secret_and_checksum not in listing
    assert secret_and_checksum[:6] not in listing


def test_a_revoked_key_stops_at_once_where_it_was_revoked(scene: Scene) -> None:
    info, text = scene.accounts.create("shop", ["read"])
    scene.clock.seconds += 60
    scene.accounts.identify(text)
    revoked = scene.accounts.revoke(info.key_id)
    assert attrs.evolve(info, revoked_at=START + timedelta(seconds=60)) == revoked
    assert [revoked] == list(scene.accounts.list())
    refusal(scene.accounts, text)


def test_a_revoked_key_stops_elsewhere_within_five_seconds(scene: Scene) -> None:
    info, text = scene.accounts.create("shop", ["read"])
    scene.elsewhere.identify(text)
    scene.accounts.revoke(info.key_id)
    scene.clock.seconds += 5
    refusal(scene.elsewhere, text)


def test_revoking_touches_no_other_key(scene: Scene) -> None:
    info, _ = scene.accounts.create("shop", ["read"])
    other, text = scene.accounts.create("shop", ["read"])
    scene.accounts.revoke(info.key_id)
    assert other.key_id == scene.accounts.identify(text).key_id
    assert {info.key_id: True, other.key_id: False} == {
        key.key_id: key.revoked_at is not None for key in scene.accounts.list()
    }


def test_revoking_again_keeps_the_first_time(scene: Scene) -> None:
    info, _ = scene.accounts.create("shop", ["read"])
    first = scene.accounts.revoke(info.key_id)
    scene.clock.seconds += 10
    assert first == scene.elsewhere.revoke(info.key_id)


@pytest.mark.parametrize("key_id", ["", "0000000000", "' OR 1=1", "a\0b", "é" * 500, "\ud800"])
def test_revoking_an_unknown_key(scene: Scene, key_id: str) -> None:
    scene.accounts.create("shop", ["read"])
    with pytest.raises(NotFoundError):
        scene.accounts.revoke(key_id)


def test_revoking_by_the_whole_key_does_not_repeat_it(scene: Scene) -> None:
    _, text = scene.accounts.create("shop", ["read"])
    with pytest.raises(NotFoundError) as caught:
        scene.accounts.revoke(text)
    assert text[:30] not in str(caught.value)
    scene.accounts.identify(text)


def test_every_refusal_reads_the_same(scene: Scene) -> None:
    info, revoked = scene.accounts.create("shop", ["read"])
    scene.accounts.revoke(info.key_id)
    unknown = mint().text
    texts = [None, "", " ", "sk_x", revoked, unknown, revoked + "0", revoked[:-1], "é", "\ud800"]
    assert 1 == len({refusal(scene.accounts, text) for text in texts})
    # Once more, for what a cache remembers.
    assert 1 == len({refusal(scene.accounts, text) for text in texts})


def test_a_known_id_with_another_secret_is_refused(scene: Scene) -> None:
    _, text = scene.accounts.create("shop", ["read"])
    letters = iter(text.removeprefix("prela_sk_")[:10] + "0" * 34)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    forged = mint(lambda _: alphabet.index(next(letters))).text
    assert text[:19] == forged[:19]
    refusal(scene.accounts, forged)
    scene.accounts.identify(text)
    refusal(scene.accounts, forged)


@pytest.mark.parametrize(
    "project_id",
    ["", "Shop", "a b", "a/b", "a" * 65, "é", "shop\n", "\u0661", "a'; DROP TABLE keys"],
)
def test_project_ids_that_are_refused(scene: Scene, project_id: str) -> None:
    with pytest.raises(InvalidError):
        scene.accounts.create(project_id, ["read"])
    assert [] == list(scene.accounts.list())


@pytest.mark.parametrize("project_id", ["a", "0", "_", "-", "a" * 64, "my_shop-2"])
def test_project_ids_that_are_taken(scene: Scene, project_id: str) -> None:
    _, text = scene.accounts.create(project_id, ["read"])
    assert project_id == scene.accounts.identify(text).project_id


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "INGEST"], [""]])
def test_scopes_that_are_refused(scene: Scene, scopes: list[str]) -> None:
    with pytest.raises(InvalidError):
        scene.accounts.create("shop", scopes)


@pytest.mark.parametrize("name", ["a" * 101, "two\nlines", "\x1b[31mred", "\ud800"])
def test_names_that_are_refused(scene: Scene, name: str) -> None:
    with pytest.raises(InvalidError):
        scene.accounts.create("shop", ["read"], name)


def test_many_threads_create_and_use_keys_at_once(scene: Scene) -> None:
    def one(n: int) -> tuple[str, str]:
        mine, other = (scene.accounts, scene.elsewhere)[:: 1 if n % 2 else -1]
        _, text = mine.create(f"p{n}", ["read"])
        return text, other.identify(text).project_id

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(one, range(40)))
    assert [f"p{n}" for n in range(40)] == [project for _, project in made]
    assert 40 == len({text for text, _ in made})
    assert 40 == len(scene.accounts.list())


def test_the_storage_answers(scene: Scene) -> None:
    scene.accounts.ping()
    scene.accounts.create("shop", ["read"])
    scene.elsewhere.ping()


def test_closing_twice(scene: Scene) -> None:
    scene.accounts.close()
    scene.accounts.close()
