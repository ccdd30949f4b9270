from __future__ import annotations

import base64
import string
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import MalformedError
from prela_core.store import Order, TraceFilter
from prela_core.store.cursors import decode_cursor, encode_cursor, first_asked, question_digest

DIGEST = question_digest("traces", "p", TraceFilter(), Order.NEWEST)

values = st.integers(-(2**63), 2**63 - 1)
# Ids of 128 characters at the most; a lone surrogate can't be one.
ids = st.text(max_size=128)
LETTERS = string.ascii_letters + string.digits + "-_+/= \n\0é"


def sealed(body: bytes) -> str:
    """Make what a forger makes, who knows how cursors are written."""
    data = zlib.crc32(body).to_bytes(4, "big") + body
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@given(values, ids)
def test_a_position_comes_back(value: int, row_id: str) -> None:
    assert (value, row_id) == decode_cursor(encode_cursor(DIGEST, value, row_id), DIGEST)


@given(values, ids)
def test_it_can_stand_in_an_address(value: int, row_id: str) -> None:
    assert set(encode_cursor(DIGEST, value, row_id)) <= set(LETTERS[:64])


@given(st.data())
def test_any_change_is_noticed(data: st.DataObject) -> None:
    cursor = encode_cursor(DIGEST, data.draw(values), data.draw(ids))
    at = data.draw(st.integers(0, len(cursor)))
    letter = data.draw(st.sampled_from(LETTERS))
    kind = data.draw(st.sampled_from(["replace", "insert", "remove", "cut"]))
    changed = {
        "replace": cursor[:at] + letter + cursor[at + 1 :],
        "insert": cursor[:at] + letter + cursor[at:],
        "remove": cursor[:at] + cursor[at + 1 :],
        "cut": cursor[:at],
    }[kind]
    if changed != cursor:
        with pytest.raises(MalformedError):
            decode_cursor(changed, DIGEST)


def test_each_letter_counts_also_the_last_one() -> None:
    """The last letter of base64 may hold bits that no byte needs."""
    for row_id in ("a", "ab", "abc"):
        cursor = encode_cursor(DIGEST, 1, row_id)
        for at, letter in enumerate(cursor):
            for other in LETTERS[:64]:
                if other != letter:
                    with pytest.raises(MalformedError):
                        decode_cursor(cursor[:at] + other + cursor[at + 1 :], DIGEST)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        decode_cursor(text, DIGEST)


@pytest.mark.parametrize(
    "body",
    [
        [],
        [DIGEST],
        [DIGEST, 1],
        [DIGEST, 1, "a", 2, 3],
        [DIGEST, 1, "a", "2"],
        [DIGEST, 1, "a", -1],
        [DIGEST, 1, "a", 10**17],
        [DIGEST, "1", "a"],
        [DIGEST, 1.5, "a"],
        [DIGEST, 1, None],
        [DIGEST, None, "a"],
        [DIGEST, 2**63, "a"],
        [DIGEST, -(2**63) - 1, "a"],
        [DIGEST, 10**30, "a"],
        [DIGEST + 1, 1, "a"],
        [True, 1, "a"],
        {"a": 1},
        "text",
        None,
    ],
    ids=str,
)
def test_a_forged_position_is_refused(body: object) -> None:
    with pytest.raises(MalformedError):
        decode_cursor(sealed(msgspec.json.encode(body)), DIGEST)


@pytest.mark.parametrize("body", [b"", b"\xff", b"[", b"[" * 100_000])
def test_a_forged_noise_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_cursor(sealed(body), DIGEST)


def test_questions_differ_by_each_of_their_parts() -> None:
    questions = [
        ("traces", "p", TraceFilter(), Order.NEWEST),
        ("traces", "q", TraceFilter(), Order.NEWEST),
        ("traces", "p", TraceFilter(), Order.OLDEST),
        ("search", "p", TraceFilter(), Order.NEWEST),
        ("traces", "p", TraceFilter(name="x"), Order.NEWEST),
        ("traces", "p", TraceFilter(model="x"), Order.NEWEST),
        ("traces", "p", TraceFilter(attributes=(("x", "y"),)), Order.NEWEST),
    ]
    assert len(questions) == len({question_digest(*each) for each in questions})


def test_when_the_first_page_was_asked_for_is_told_by_the_cursor() -> None:
    moving = encode_cursor(DIGEST, 1, "a", 5)
    assert (1, "a") == decode_cursor(moving, DIGEST)
    assert 5 == first_asked(moving, 9)
    assert 9 == first_asked(encode_cursor(DIGEST, 1, "a"), 9) == first_asked(None, 9)
