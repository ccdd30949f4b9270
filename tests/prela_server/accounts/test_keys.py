from __future__ import annotations

import hashlib
import hmac
import random
import re
from math import log2
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_server.accounts.keys import (
    PREFIX,
    SECRET_LENGTH,
    Key,
    Scope,
    hash_key,
    in_order,
    matches,
    mint,
    parse,
)

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEYS = st.integers().map(lambda seed: mint(random.Random(seed).randrange))  # noqa: S311 - repeatable


def test_a_key_is_what_the_description_says() -> None:
    letters = iter(range(44))
    body = "prela_sk_" + ALPHABET[:44]
    rest, digits = crc32(body.encode()), ""
    for _ in range(6):
        digits = ALPHABET[rest % 62] + digits
        rest //= 62
    assert 0 == rest
    assert Key(key_id="0123456789", text=body + digits) == mint(lambda _: next(letters))


def test_keys_of_today_work_for_ever() -> None:
    text = "prela_sk_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefgh348v2T"
    assert Key(key_id="0123456789", text=text) == parse(text)
    expected = "f95e9f1448cbaf5c0943e269be4c88c3e4e9e9403bb40aa1f6b3c5a14949dd93"
    assert expected == hash_key(Key(key_id="0123456789", text=text), bytes(range(32))).hex()


def test_a_secret_has_at_least_190_random_bits() -> None:
    assert SECRET_LENGTH * log2(62) >= 190


def test_all_letters_come_from_the_randomness_that_is_passed_in() -> None:
    asked: list[int] = []

    def randbelow(n: int) -> int:
        asked.append(n)
        return n - 1

    key = mint(randbelow)
    assert [62] * 44 == asked
    assert PREFIX + "z" * 44 == key.text[:-6]


@given(KEYS)
def test_what_is_minted_can_be_parsed(key: Key) -> None:
    assert key == parse(key.text)
    assert re.fullmatch(r"prela_sk_[0-9A-Za-z]{50}", key.text)


@given(KEYS, st.integers(0, 58), st.characters())
def test_no_key_survives_another_character(key: Key, at: int, character: str) -> None:
    text = key.text[:at] + character + key.text[at + 1 :]
    assert (key if text == key.text else None) == parse(text)


@given(KEYS, st.integers(0, 59), st.text(min_size=1))
def test_no_key_survives_an_insertion(key: Key, at: int, more: str) -> None:
    assert parse(key.text[:at] + more + key.text[at:]) is None


@given(KEYS, st.integers(0, 57))
def test_no_key_survives_swapped_neighbours(key: Key, at: int) -> None:
    one, other = key.text[at], key.text[at + 1]
    text = key.text[:at] + other + one + key.text[at + 2 :]
    assert (key if one == other else None) == parse(text)


@given(st.none() | st.text())
def test_anything_else_is_refused(text: str | None) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("ending", ["\n", " ", "\0"])
def test_nothing_may_follow(ending: str) -> None:
    assert parse(mint().text + ending) is None


def test_a_very_long_text_is_refused() -> None:
    assert parse(mint().text * 100_000) is None


@given(KEYS)
def test_a_key_does_not_show_in_its_repr(key: Key) -> None:
    assert key.text not in repr(key)
    assert key.text[19:] not in repr(key)


def test_the_hash_is_hmac_sha256_of_the_whole_key() -> None:
    key = mint()
    expected = hmac.new(b"pepper", key.text.encode(), hashlib.sha256).digest()
    assert expected == hash_key(key, b"pepper")


def test_only_the_right_key_and_pepper_match() -> None:
    key, other = mint(), mint()
    digest = hash_key(key, b"pepper")
    assert matches(key, b"pepper", digest)
    assert not matches(other, b"pepper", digest)
    assert not matches(key, b"salt", digest)
    assert not matches(key, b"pepper", None)
    assert not matches(key, b"pepper", b"")


@given(st.lists(st.sampled_from(Scope)))
def test_scopes_in_order(scopes: list[Scope]) -> None:
    assert [
        s for s in (Scope.INGEST, Scope.READ, Scope.DELETE, Scope.ADMIN) if s in scopes
    ] == in_order(scopes)
