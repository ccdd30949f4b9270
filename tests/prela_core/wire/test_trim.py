from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prela_core.wire import Limits
from prela_core.wire.trim import trim_list, trim_object

SMALL = Limits(attributes=200, value=50, name_chars=10)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=120),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=30), values, max_size=12))
def test_an_object_fits_or_is_cut_until_it_does(value: dict[str, Any]) -> None:
    raw = msgspec.json.encode(value)
    trimmed, cut = trim_object(raw, SMALL)
    kept = msgspec.json.decode(trimmed)
    if not cut:
        assert value == kept
        assert len(trimmed) <= SMALL.attributes
        return
    assert len(raw) == kept.pop("prela.truncated_bytes")
    assert len(msgspec.json.encode(kept)) <= SMALL.attributes
    assert set(kept) <= set(value)
    assert [key for key in value if key in kept] == list(kept)
    for key, each in kept.items():
        whole = msgspec.json.encode(value[key])
        if len(whole) <= SMALL.value:
            assert value[key] == each
        else:
            text = value[key] if isinstance(value[key], str) else whole.decode()
            assert text.startswith(each)


def test_the_largest_values_go_first() -> None:
    value = {"large": "x" * 46, "id": "7"} | {f"k{at}": "z" * 40 for at in range(3)}
    kept = msgspec.json.decode(trim_object(msgspec.json.encode(value), SMALL)[0])
    assert ["id", "k0", "k1", "k2", "prela.truncated_bytes"] == list(kept)


def test_one_long_text_is_cut_and_the_rest_stays() -> None:
    value = {"a": 1, "long": "é" * 1000, "b": 2}
    kept = msgspec.json.decode(trim_object(msgspec.json.encode(value), SMALL)[0])
    assert {"a": 1, "long": "é" * 25, "b": 2, "prela.truncated_bytes": 2023} == kept


def test_white_space_is_no_way_around_the_limit() -> None:
    raw = b'{"a":1,' + b" " * 5000 + b'"b":2}'
    assert (b'{"a":1,"b":2}', False) == trim_object(raw, SMALL)


def test_a_number_beyond_64_bits_survives_the_cut() -> None:
    digits = b"9" * 40
    trimmed, _ = trim_object(b'{"n":%s,"long":"%s"}' % (digits, b"x" * 1000), SMALL)
    assert digits in trimmed


@given(st.lists(values, max_size=20))
def test_a_list_keeps_its_beginning(value: list[Any]) -> None:
    raw = msgspec.json.encode(value)
    trimmed, cut = trim_list(raw, SMALL)
    kept = msgspec.json.decode(trimmed)
    assert value[: len(kept)] == kept
    assert cut is (len(kept) < len(value))
    assert len(trimmed) <= SMALL.attributes
