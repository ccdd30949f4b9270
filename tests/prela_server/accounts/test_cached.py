from __future__ import annotations

from collections.abc import Callable

import pytest

from prela_core.errors import UnauthenticatedError, UnavailableError
from prela_server.accounts import Identity
from prela_server.accounts.cached import CachedAccounts
from prela_server.accounts.keys import mint
from prela_server.accounts.memory import MemoryAccounts


class Counting(MemoryAccounts):
    """Accounts that count the questions that reach them, and can do something meanwhile."""

    def __init__(self) -> None:
        super().__init__(now=lambda: 0)
        self.asked = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def identify(self, text: str | None) -> Identity:
        self.asked += 1
        try:
            return super().identify(text)
        finally:
            self.meanwhile()


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def inner() -> Counting:
    return Counting()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cached(inner: Counting, clock: Clock) -> CachedAccounts:
    return CachedAccounts(inner, clock=clock, ttl=2.0, capacity=3)


def refuse(accounts: CachedAccounts, text: str | None) -> None:
    with pytest.raises(UnauthenticatedError):
        accounts.identify(text)


def test_a_good_key_is_asked_about_every_two_seconds(
    cached: CachedAccounts, inner: Counting, clock: Clock
) -> None:
    _, text = inner.create("shop", ["read"])
    for _ in range(5):
        cached.identify(text)
    clock.now += 1.99
    cached.identify(text)
    assert 1 == inner.asked
    clock.now += 0.01
    cached.identify(text)
    assert 2 == inner.asked


def test_an_unknown_key_is_asked_about_every_two_seconds(
    cached: CachedAccounts, inner: Counting, clock: Clock
) -> None:
    text = mint().text
    for _ in range(5):
        refuse(cached, text)
    assert 1 == inner.asked
    clock.now += 2
    refuse(cached, text)
    assert 2 == inner.asked


@pytest.mark.parametrize("text", [None, "", "nonsense", "prela_sk_" + "0" * 50])
def test_a_malformed_key_is_never_asked_about(
    cached: CachedAccounts, inner: Counting, text: str | None
) -> None:
    refuse(cached, text)
    with pytest.raises(UnauthenticatedError):
        cached.recall(text)
    assert 0 == inner.asked


def test_made_up_keys_take_no_memory_and_leave_good_ones_alone(
    cached: CachedAccounts, inner: Counting
) -> None:
    _, text = inner.create("shop", ["read"])
    cached.identify(text)
    for _ in range(50):
        refuse(cached, mint().text)
    assert 51 == inner.asked
    cached.identify(text)
    assert 51 == inner.asked
    assert 3 == len(cached._refused._entries)


def test_with_more_good_keys_than_fit_all_still_work(
    cached: CachedAccounts, inner: Counting
) -> None:
    texts = [inner.create(f"p{n}", ["read"])[1] for n in range(5)]
    for _ in range(2):
        assert [f"p{n}" for n in range(5)] == [cached.identify(t).project_id for t in texts]
    assert 3 == len(cached._accepted._entries)


def test_the_key_asked_about_longest_ago_makes_room(
    cached: CachedAccounts, inner: Counting, clock: Clock
) -> None:
    first, second, third, fourth = (inner.create("shop", ["read"])[1] for _ in range(4))

    def recalled() -> list[bool]:
        return [cached.recall(text) is not None for text in (first, second, third, fourth)]

    for text in (first, second, third):
        cached.identify(text)
    clock.now += 2
    cached.identify(second)  # already has a place
    clock.now -= 2
    assert [True, True, True, False] == recalled()
    cached.identify(fourth)
    assert [False, True, True, True] == recalled()


def test_a_slow_answer_is_kept_from_the_moment_of_the_question(
    cached: CachedAccounts, inner: Counting, clock: Clock
) -> None:
    _, text = inner.create("shop", ["read"])

    def take_three_seconds() -> None:
        clock.now += 3

    inner.meanwhile = take_three_seconds
    cached.identify(text)
    cached.identify(text)
    assert 2 == inner.asked


def test_an_answer_from_before_a_revocation_is_not_kept(
    cached: CachedAccounts, inner: Counting
) -> None:
    info, text = inner.create("shop", ["read"])

    def revoke() -> None:
        inner.meanwhile = lambda: None
        cached.revoke(info.key_id)

    inner.meanwhile = revoke
    cached.identify(text)  # was asked before the revocation
    refuse(cached, text)


def test_the_storage_being_away_is_not_remembered(cached: CachedAccounts, inner: Counting) -> None:
    _, text = inner.create("shop", ["read"])

    def fail() -> None:
        raise UnavailableError("away")

    inner.meanwhile = fail
    with pytest.raises(UnavailableError):
        cached.identify(text)
    inner.meanwhile = lambda: None
    assert "shop" == cached.identify(text).project_id


def test_while_the_storage_is_away_known_keys_work_for_their_time(
    cached: CachedAccounts, inner: Counting, clock: Clock
) -> None:
    _, good = inner.create("shop", ["read"])
    bad = mint().text
    expected = cached.identify(good)
    refuse(cached, bad)

    def fail() -> None:
        raise UnavailableError("away")

    inner.meanwhile = fail
    clock.now += 1.99
    assert expected == cached.identify(good)
    refuse(cached, bad)
    clock.now += 0.01
    for text in (good, bad):
        with pytest.raises(UnavailableError):
            cached.identify(text)


def test_recalling_never_asks(cached: CachedAccounts, inner: Counting, clock: Clock) -> None:
    _, good = inner.create("shop", ["read"])
    bad = mint().text
    assert cached.recall(good) is None
    assert cached.recall(bad) is None
    assert 0 == inner.asked
    expected = cached.identify(good)
    refuse(cached, bad)
    assert expected == cached.recall(good)
    with pytest.raises(UnauthenticatedError):
        cached.recall(bad)
    assert 2 == inner.asked
    clock.now += 2
    assert cached.recall(good) is None
    assert cached.recall(bad) is None


def test_no_plain_key_is_kept(cached: CachedAccounts, inner: Counting) -> None:
    _, good = inner.create("shop", ["read"])
    bad = mint().text
    cached.identify(good)
    refuse(cached, bad)
    kept = [*cached._accepted._entries, *cached._refused._entries]
    assert 2 == len(kept)
    assert not {good.encode(), bad.encode()} & set(kept)
    assert good[19:] not in repr([cached._accepted._entries, cached._refused._entries])
