from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import MalformedError
from prela_core.wire.repair import drop_non_finite, plain_text

texts = st.text(st.characters(codec=None, exclude_categories=())) | st.sampled_from(
    [
        "NaN",
        "-Infinity",
        '"NaN"',
        "\\NaN",
        "\\",
        '\\"',
        "\ud83e",
        "\udd8a\ud83e",
        "\ud83e\udd8a",
        "/",
    ]
)
leaves = st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | texts
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=12
)


def lone_surrogates_replaced(text: str) -> str:
    """Say what Python's text means in UTF-8: pairs joined, the rest replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def as_the_standard_has_it(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return lone_surrogates_replaced(value)
    if isinstance(value, list):
        return [as_the_standard_has_it(each) for each in value]
    if isinstance(value, dict):
        return {
            lone_surrogates_replaced(key): as_the_standard_has_it(each)
            for key, each in value.items()
        }
    return value


@given(values)
def test_whatever_python_writes_is_read_as_it_was_meant(value: Any) -> None:
    body = json.dumps(value).encode()
    assert as_the_standard_has_it(value) == msgspec.json.decode(drop_non_finite(plain_text(body)))


@given(values)
def test_likewise_when_it_does_not_escape(value: Any) -> None:
    try:
        body = json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        body = json.dumps(as_the_standard_has_it(value), ensure_ascii=False).encode()
    assert as_the_standard_has_it(value) == msgspec.json.decode(drop_non_finite(plain_text(body)))


@given(values)
def test_mending_twice_changes_nothing_more(value: Any) -> None:
    once = drop_non_finite(plain_text(json.dumps(value).encode()))
    assert once == drop_non_finite(plain_text(once))


@given(st.text().map(lambda text: text.replace("\x7f", "")))
def test_a_text_is_spelled_as_a_search_spells_it(text: str) -> None:
    """`json_spelling` of the store looks for the very bytes that are kept."""
    printable = "".join(char for char in text if not 0x7F <= ord(char) < 0xA0)
    for body in (json.dumps(printable), json.dumps(printable).replace("/", "\\/")):
        assert msgspec.json.encode(printable) == plain_text(body.encode())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb'"\u00e9\u9000\ud83e\udd8a"', '"é退🦊"'.encode()),
        (rb'"\ud800"', '"\ufffd"'.encode()),
        (rb'"\ud800\u0041"', '"\ufffdA"'.encode()),
        (rb'"\udd8a\ud83e"', '"\ufffd\ufffd"'.encode()),
        (rb'"\ud83e\ud83e\udd8a"', '"\ufffd🦊"'.encode()),
        (rb'"\\u00e9"', rb'"\\u00e9"'),
        (rb'"\\\u00e9"', b'"\\\\\xc3\xa9"'),
        (rb'"\u0022\u005C\u000A\u0009"', rb'"\"\\\n\t"'),
        (rb'"\u0000\u001F\u007F\u0085"', rb'"\u0000\u001f\u007f\u0085"'),
        (rb'"\/\\/"', rb'"/\\/"'),
        (rb'"\u0041\u002f"', b'"A/"'),
        (b'\xef\xbb\xbf{"a":1}', b'{"a":1}'),
        (b"", b""),
        (rb'"\u12', rb'"\u12'),
        (rb'"\q"', rb'"\q"'),
    ],
)
def test_escapes_become_what_they_stand_for(sent: bytes, kept: bytes) -> None:
    assert kept == plain_text(sent)


@pytest.mark.parametrize(
    "body", [b"\xff", b'"\xc3"', b'"\xed\xa0\x80"', b'"\xc0\xaf"', b"\xff\xfe{\0"]
)
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError, match="not UTF-8"):
        plain_text(body)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (b"[NaN,Infinity,-Infinity]", b"[null,null,null]"),
        (b'["NaN","-Infinity"]', b'["NaN","-Infinity"]'),
        (b'{"NaN":NaN,"a\\"NaN":NaN}', b'{"NaN":null,"a\\"NaN":null}'),
        (b'["\\\\",NaN]', b'["\\\\",null]'),
        (b"[NaNN,Infinityx]", b"[NaNN,Infinityx]"),
        (b'"NaN', b'"null'),
    ],
)
def test_only_numbers_that_are_none_become_null(sent: bytes, kept: bytes) -> None:
    assert kept == drop_non_finite(sent)
