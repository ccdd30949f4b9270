"""What is kept as a place among the attributes is found there, spelled as it is."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.store.within import kept, place_within

ODD = [
    '","', '":"', '\\"', "\\", '"', "\n", "\\n", "\x00", "\x7f", "{}", '{"a":"b"}', "null", "😀\\u",
]  # fmt: skip
TEXTS = st.sampled_from(ODD) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12
)
VALUES: Any = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def cut(attributes: bytes, place: tuple[int, int]) -> bytes:
    at, length = place
    return attributes[at - 1 : at - 1 + length]


@given(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_stands_at_the_place_is_the_text(text: str, others: dict[str, Any]) -> None:
    attributes = msgspec.json.encode(others)
    place = place_within(text, attributes)
    assert not place[1] or text == msgspec.json.decode(cut(attributes, place))
    attributes = msgspec.json.encode({**others, "input.value": text})
    assert text == msgspec.json.decode(cut(attributes, place_within(text, attributes)))


@pytest.mark.parametrize(
    ("text", "attributes"),
    [
        ("a", b"{}"),
        ("a", b""),
        ("a", b'{"k":"ab"}'),
        ("a/b", rb'{"k":"a\/b"}'),
        ("é", rb'{"k":"\u00e9"}'),
        ('{"a":1}', b'{"k":{"a":1}}'),
    ],
)
def test_what_is_spelled_otherwise_is_not_found(text: str, attributes: bytes) -> None:
    assert (0, 0) == place_within(text, attributes)


def test_a_text_is_kept_once() -> None:
    found = kept(["", "one", "two"], [b'{"":""}', b'{"k":"one"}', b'{"k":"one"}'])
    assert (["", "", "two"], [0, 6, 0], [0, 5, 0]) == found
