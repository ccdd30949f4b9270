from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from prela_cli.render.plain import clean, fit, fold, pad

ANY_TEXT = st.text(st.characters(codec=None))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\x1b[31mred\x1b[0m", "\ufffd[31mred\ufffd[0m"),
        ("\x1b]0;title\x07", "\ufffd]0;title\ufffd"),
        ("\x9b31m", "\ufffd31m"),
        ("back\b\b\rspace", "back\ufffd\ufffd space"),
        ("abc\u202edcba", "abc\ufffddcba"),
        ("lone \ud800", "lone \ufffd"),
        ("क्\u200dष", "क्\u200dष"),
        ("👩\u200d👧", "👩\u200d👧"),
    ],
)
def test_nothing_reaches_the_terminal_but_text(text: str, expected: str) -> None:
    assert expected == clean(text)


@given(ANY_TEXT)
def test_clean_text_holds_no_control_characters(text: str) -> None:
    unwelcome = {"Cc", "Cs", "Zl", "Zp", "Co", "Cn"}

    assert not unwelcome & {unicodedata.category(one) for one in clean(text)}
    assert len(text) == len(clean(text))


@given(ANY_TEXT, st.sampled_from(["ascii", "latin-1", "cp1252", "utf-8", "utf-16"]))
def test_clean_text_can_be_said_in_the_encoding(text: str, encoding: str) -> None:
    assert clean(text, encoding) == clean(text, encoding).encode(encoding).decode(encoding)


def test_microseconds_stay_readable_in_ascii() -> None:
    assert clean("12 µs", "ascii") == "12 us"


@given(ANY_TEXT, st.integers(0, 30), st.sampled_from(["…", "..."]))
def test_cut_text_fits_and_says_that_it_was_cut(text: str, width: int, ellipsis: str) -> None:
    text = clean(text)
    cut = fit(text, width, ellipsis)

    assert cell_len(cut) <= width
    assert cut == text or cut.endswith(ellipsis[:width])


def test_wide_characters_are_never_halved() -> None:
    assert fit("日本語です", 6) == "日本…"
    assert fit("日本語です", 10) == "日本語です"


def test_padding_counts_cells() -> None:
    assert pad("日本", 6) == "日本  "
    assert pad("7", 3, right=True) == "  7"


def test_long_text_is_broken_at_blanks() -> None:
    assert fold("there is no file of that name", 14, 3) == ["there is no", "file of that", "name"]
    assert fold("there is no file of that name", 14, 2) == ["there is no", "file of that…"]
    assert fold("nowheretobreak it", 8, 3) == ["nowheret", "obreak", "it"]
    assert fold("short", 14, 2) == ["short"]


@given(ANY_TEXT, st.integers(0, 30), st.integers(1, 4))
def test_folded_text_fits_and_loses_only_blanks_and_its_end(
    text: str, width: int, lines: int
) -> None:
    text = clean(text)
    folded = fold(text, width, lines)

    assert 1 <= len(folded) <= lines
    assert all(cell_len(line) <= width for line in folded)
    kept = "".join(folded).removesuffix("…").replace(" ", "")
    assert text.replace(" ", "").startswith(kept) or width == 0
