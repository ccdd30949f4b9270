"""What a search is made of: words and quoted phrases, and where they stand in a text."""

from __future__ import annotations

import re

import msgspec

from prela_core.errors import InvalidError

__all__ = [
    "SEARCHED_FIELDS",
    "SEARCHED_JSON",
    "excerpt",
    "fold",
    "json_spelling",
    "pieces",
    "split_words",
]

SEARCHED_FIELDS = ("input", "output", "name", "status_message", "attributes", "events")
"""The fields of a span that are searched, in the order in which a hit is shown."""

SEARCHED_JSON = ("attributes", "events")
"""Those that hold JSON text, in which some characters stand escaped."""

_PARTS = re.compile(r'"([^"]*)"?|([^\s"]+)')
# What stands between words, for the text index; and two letters whose lower case depends on their
# neighbours, or is two letters, so that only what stands around them can be looked up.
_BETWEEN = re.compile(
    "[\\x00-/:-@\\[-`{-\\x7f"
    "\N{GREEK CAPITAL LETTER SIGMA}\N{GREEK SMALL LETTER SIGMA}\N{GREEK SMALL LETTER FINAL SIGMA}"
    "\N{LATIN CAPITAL LETTER I WITH DOT ABOVE}]+"
)
_MAX_WORDS = 16
_MAX_CHARS = 1000
_BEFORE = 60
_EXCERPT = 240


def split_words(q: str) -> list[str]:
    """Split `q` at white space; what stands in double quotes is one phrase.

    Raises `InvalidError` when nothing is left, or more than can be searched for.
    """
    if len(q) > _MAX_CHARS:
        raise InvalidError(f"q has {len(q)} characters; at most {_MAX_CHARS} are searched for")
    words = [phrase or word for phrase, word in _PARTS.findall(q)]
    words = [word for word in dict.fromkeys(words) if word.strip()]
    if not words:
        raise InvalidError("q holds no word to search for")
    if len(words) > _MAX_WORDS:
        raise InvalidError(f"q holds {len(words)} words; at most {_MAX_WORDS} are searched for")
    return words


def json_spelling(word: str) -> str:
    """Write `word` as it stands inside a JSON string."""
    return msgspec.json.encode(word)[1:-1].decode()


def pieces(word: str) -> list[str]:
    """Cut `word` into what stands, as it is, within one word of any text that holds it.

    However `word` is spelled in JSON, its letters and digits stand together there too.
    """
    return [piece for piece in _BETWEEN.split(word) if piece]


def fold(text: str) -> str:
    """Write `text` in lower case, each character by itself, so that positions stay.

    `str.lower` makes two characters of one dotted capital I, and looks at the neighbours of a
    capital sigma; the engine does neither.
    """
    lowered = text.lower()
    if len(lowered) == len(text) and "\N{GREEK CAPITAL LETTER SIGMA}" not in text:
        return lowered
    return "".join(char.lower()[:1] for char in text)


def excerpt(text: str, words: list[str]) -> tuple[str, list[tuple[int, int]]]:
    """Cut the part of `text` around the first of `words`, and say where words stand in it.

    The pairs are start and end in characters of the excerpt. Letter case does not matter.
    """
    lowered, folded = fold(text), [fold(word) for word in words]
    found = [at for word in folded if (at := lowered.find(word)) >= 0]
    start = max(min(found, default=0) - _BEFORE, 0)
    cut = text[start : start + _EXCERPT]
    lowered = lowered[start : start + _EXCERPT]
    marks: list[tuple[int, int]] = []
    for word in folded:
        at = lowered.find(word)
        while at >= 0:
            marks.append((at, at + len(word)))
            at = lowered.find(word, at + len(word))
    return cut, _merged(sorted(marks))


def _merged(marks: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in marks:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
