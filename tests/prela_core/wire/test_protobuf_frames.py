from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.otlp import otlp_request, otlp_span

from prela_core.errors import MalformedError
from prela_core.wire.protobuf_frames import count_messages, messages


def test_fields_with_a_length_are_found_among_the_others() -> None:
    data = b"\x08\x96\x01" + b"\x12\x03abc" + b"\x19" + bytes(8) + b"\x25" + bytes(4) + b"\x2a\x00"

    found = list(messages(data, 0, len(data)))

    assert [(2, b"abc"), (5, b"")] == [(number, data[at:to]) for number, at, to in found]


def test_long_numbers_and_sizes_are_read() -> None:
    data = b"\xfa\xff\xff\xff\x0f" + b"\xac\x02" + bytes(300)

    assert [(2**29 - 1, 7, 307)] == list(messages(data, 0, len(data)))


@pytest.mark.parametrize(
    "data",
    [
        b"\x12",
        b"\x12\x01",
        b"\x12\x80",
        b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        b"\x80",
        b"\x80" * 11 + b"\x01",
        b"\x19" + bytes(7),
        b"\x25" + bytes(3),
        b"\x0b",
        b"\x0e",
    ],
    ids=bytes.hex,
)
def test_what_is_no_message_is_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        list(messages(data, 0, len(data)))


def test_an_inner_message_does_not_reach_beyond_its_end() -> None:
    data = b"\x12\x02\x12\x05" + b"hello"
    with pytest.raises(MalformedError):
        list(messages(data, 2, 4))


@given(st.binary(max_size=60))
def test_no_bytes_break_it(data: bytes) -> None:
    try:
        found = list(messages(data, 0, len(data)))
    except MalformedError:
        return
    assert all(0 <= at <= to <= len(data) for _, at, to in found)


def test_messages_are_counted_by_shape_and_no_further_than_asked() -> None:
    span = otlp_span({"a": 1, "b": [1, 2]})
    data = otlp_request(span, span).SerializeToString()
    value: dict[int, dict] = {}  # type: ignore[type-arg] # a shape holds itself
    pair = {2: value}
    value |= {5: {1: value}, 6: {1: pair}}
    shape = {1: {2: {2: {9: pair}}}}

    # A resource, a scope, and twice a span with two attributes and their values, one a list.
    assert 2 + 2 * (1 + 4 + 3) == count_messages(data, shape, 1000)
    assert 5 == count_messages(data, shape, 4)
    assert 0 == count_messages(data, {}, 0)
