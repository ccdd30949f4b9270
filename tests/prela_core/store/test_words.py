from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import InvalidError
from prela_core.store.words import excerpt, fold, json_spelling, split_words


@pytest.mark.parametrize(
    ("q", "words"),
    [
        ("one", ["one"]),
        (" one  two\tthree\n", ["one", "two", "three"]),
        ('"one two" three', ["one two", "three"]),
        ('a"b c"d', ["a", "b c", "d"]),
        ('"never closed', ["never closed"]),
        ('"" one " "', ["one"]),
        ("twice twice", ["twice"]),
        ("Twice twice", ["Twice", "twice"]),
        ("it's 50% {x:String} \\ *", ["it's", "50%", "{x:String}", "\\", "*"]),
        ("退款 🦊", ["退款", "🦊"]),
        ("wide\u3000blank", ["wide", "blank"]),
    ],
)
def test_what_is_searched_for(q: str, words: list[str]) -> None:
    assert words == split_words(q)


@pytest.mark.parametrize("q", ["", "   ", '""', '"  "', '" " ""', "\u3000"])
def test_nothing_to_search_for_is_refused(q: str) -> None:
    with pytest.raises(InvalidError, match="no word"):
        split_words(q)


def test_there_are_bounds() -> None:
    assert 16 == len(split_words(" ".join(map(str, range(16)))))
    with pytest.raises(InvalidError, match="17 words"):
        split_words(" ".join(map(str, range(17))))
    assert ["x" * 1000] == split_words("x" * 1000)
    with pytest.raises(InvalidError, match="1001 characters"):
        split_words("x" * 1001)


@given(st.text(max_size=100))
def test_every_word_stands_in_what_was_asked(q: str) -> None:
    try:
        words = split_words(q)
    except InvalidError:
        assert not q.replace('"', "").strip()
        return
    assert all(word in q and word.strip() and '"' not in word for word in words)


@given(st.text())
def test_folding_keeps_every_position(text: str) -> None:
    assert len(text) == len(fold(text))
    assert fold(text) == fold(fold(text))
    assert fold(text) == "".join(map(fold, text))


@pytest.mark.parametrize(
    ("text", "folded"),
    [("ΟΔΟΣ", "οδοσ"), ("İstanbul", "istanbul"), ("ÄÖÜ ẞ", "äöü ß"), ("退", "退")],
)
def test_folding(text: str, folded: str) -> None:
    assert folded == fold(text)


@given(st.text())
def test_a_word_is_spelled_as_in_json(word: str) -> None:
    assert json_spelling(word) in msgspec.json.encode({"k": f"<{word}>"}).decode()


def marked(text: str, *words: str) -> list[str]:
    cut, marks = excerpt(text, list(words))
    return [cut[start:end] for start, end in marks]


def test_words_are_marked_wherever_they_stand() -> None:
    assert ["One", "one"] == marked("One and one", "ONE")
    assert ["one", "two"] == marked("one two", "two", "one")
    assert ["abcd"] == marked("abcd", "abc", "bcd")
    assert ["aaaa"] == marked("aaaa", "aa")
    assert [] == marked("nothing", "else")
    assert ["ΟΔΟΣ"] == marked("ΟΔΟΣ", "οδοσ")
    assert ["İz"] == marked("İİ İz", "iz")


def test_the_cut_is_around_the_first_word() -> None:
    cut, marks = excerpt("x" * 500 + "needle" + "y" * 500, ["needle"])
    assert (240, [(60, 66)]) == (len(cut), marks)
    assert "x" * 60 + "needle" == cut[:66]
    cut, marks = excerpt("a needle" + "y" * 500, ["needle"])
    assert (240, [(2, 8)]) == (len(cut), marks)


def test_a_text_without_the_words_is_shown_from_its_beginning() -> None:
    assert ("x" * 240, []) == excerpt("x" * 300, ["needle"])
    assert ("", []) == excerpt("", ["needle"])


@given(st.text(), st.text(min_size=1, max_size=5), st.text())
def test_marks_are_apart_in_order_and_hold_the_word(before: str, word: str, after: str) -> None:
    cut, marks = excerpt(before + word + after, [word])
    assert marks
    flat = [place for mark in marks for place in mark]
    assert sorted(flat) == flat
    assert len(set(flat)) == len(flat)
    assert all(fold(word) in fold(cut[start:end]) for start, end in marks)
    assert marks[-1][1] <= len(cut) <= 240
