"""Escapes are rewritten as the twin rewrites them, in whatever stands around them."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.parts import missing

from prela_core.compiled import compiled
from prela_core.wire import repair

PIECES = st.one_of(
    st.integers(0, 0xFFFF).map("\\u{:04x}".format),
    st.integers(0xD7FF, 0xE000).map("\\u{:04X}".format),
    st.sampled_from(
        ["\\", "\\\\", "\\/", "\\n", '\\"', "\\u", "\\u12", "u", "d83d", "\n", "/", "x"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)


@pytest.fixture(autouse=True, scope="module")
def there() -> None:
    if compiled("repair") is None:
        missing("`prela_core.compiled` is not compiled here: it takes a C compiler to install it")


def both(body: bytes) -> tuple[bytes, bytes]:
    held = repair._compiled
    taken = repair.plain_text(body)
    repair._compiled = None
    try:
        return taken, repair.plain_text(body)
    finally:
        repair._compiled = held


@settings(max_examples=500)
@given(st.lists(PIECES, max_size=10).map("".join))
@example("\\ud83d\\ude00")
@example("\\ud83d\\ud83d\\ude00")
@example("\\ude00\\ud83d")
@example("\\ud83d\\u0041")
@example("\\u0022\\u005C\\u002f\\u000A\\u000b\\u007F\\u009f\\u00a0\\u07ff\\u0800\\uffff")
@example("\\")
@example("\\u00e")
def test_any_text(text: str) -> None:
    taken, twin = both(text.encode())
    assert taken == twin


def test_every_code() -> None:
    taken, twin = both("".join(map("\\u{:04x}".format, range(0x10000))).encode())
    assert taken == twin


def test_what_has_no_escape_is_not_copied() -> None:
    body = b'{"a": 1}'
    assert repair.plain_text(body) is body
