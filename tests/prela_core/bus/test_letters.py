from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.bus.letters import (
    DeadLetter,
    decode_letter,
    encode_letter,
    mark,
    marked,
    reason_of,
)
from prela_core.bus.records import Record
from prela_core.errors import InvalidError

HEADERS = st.lists(
    st.tuples(st.text(max_size=8).filter(lambda name: name[:4] != "dlq_"), st.binary(max_size=8)),
    max_size=4,
).map(tuple)
RECORDS = st.builds(
    Record,
    st.sampled_from(["spans", "traces", "a.dlq.b"]),
    st.none() | st.binary(max_size=10),
    st.none() | st.binary(max_size=50),
    HEADERS,
)
LETTERS = st.builds(
    DeadLetter,
    RECORDS,
    st.text(st.characters(codec="utf-8"), max_size=100),
    st.integers(0, 2**53),
    st.integers(-1, 100),
    st.integers(-1, 2**53),
)


@given(LETTERS)
def test_a_letter_is_read_as_it_was_written(letter: DeadLetter) -> None:
    record = encode_letter(letter)
    assert letter.record.topic + ".dlq" == record.topic
    assert letter.record.value == record.value
    assert letter == decode_letter(record)


@given(LETTERS)
def test_a_letter_about_a_replayed_record_says_the_last_reason_only(letter: DeadLetter) -> None:
    again = attrs.evolve(
        decode_letter(encode_letter(letter)), reason="another", partition=7, offset=8
    )
    record = encode_letter(again)
    assert 4 == sum(name.startswith("dlq_") for name, _ in record.headers)
    assert again == decode_letter(record)


def test_a_value_that_is_too_large_is_left_where_it_was() -> None:
    letter = DeadLetter(Record("spans", b"k", b"v" * 9, ()), "large", 1, 2, 3, is_cut=True)
    record = encode_letter(letter)
    assert None is record.value
    assert (True, 2, 3) == (
        decode_letter(record).is_cut,
        decode_letter(record).partition,
        decode_letter(record).offset,
    )


def test_a_long_reason_is_cut() -> None:
    letter = DeadLetter(Record("spans", None, None, ()), "é" * 5000, 1)
    assert len(decode_letter(encode_letter(letter)).reason.encode()) <= 1003


@pytest.mark.parametrize("digits", [b"", b"x", b"-", b"9" * 5000, b"1_0", "٣".encode()])
def test_whatever_stands_in_the_topic_is_a_letter(digits: bytes) -> None:
    record = Record("spans.dlq", None, b"?", (("dlq_at", digits), ("dlq_offset", digits)))
    assert DeadLetter(Record("spans", None, b"?", ()), "", 0) == decode_letter(record)


def test_a_reason_says_the_cause_too() -> None:
    def fail() -> None:
        raise InvalidError("the store can't hold it") from ValueError("not UTF-8")

    with pytest.raises(InvalidError) as raised:
        fail()
    assert "InvalidError: the store can't hold it (ValueError: not UTF-8)" == reason_of(
        raised.value
    )


def test_a_mark_is_no_letter_and_a_letter_no_mark() -> None:
    assert 12 == marked(mark("spans", 12))
    assert "spans.dlq" == mark("spans", 12).topic
    foreign = Record("spans", b"", None, mark("spans", 12).headers)
    assert None is marked(encode_letter(DeadLetter(foreign, "no value", 1)))
    assert None is marked(Record("spans.dlq", b"", b"v", foreign.headers))
    assert 0 == marked(Record("spans.dlq", b"", None, (("dlq_replayed", b"-9"),)))
    assert 0 == marked(Record("spans.dlq", b"", None, (("dlq_replayed", b"x"),)))
