"""The words of a question that are worth looking for."""

from __future__ import annotations

import re

__all__ = ["file_names", "key_terms", "stem", "times_in"]

_WORD = re.compile(r"[^\W\d_][\w-]*")
_FILE = re.compile(r"[\w./-]*\w\.[a-zA-Z][a-zA-Z0-9]{0,5}\b")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]")
_ENDINGS = ("ations", "ation", "ings", "ing", "ions", "ion", "ies", "ed", "es", "s")
_SHORTEST_STEM = 4
_SHORTEST_TERM = 3
_IDLE_WORDS = """
a about after all an and any are as at be been before but by can did do does each every
file files for from give has have how i if in into is it its kind kinds made make many me much
must not of on one or our out say says she should so some tell than that the their them then
there these they this those to use used uses was we were what when where which who why will
with work works would you your
"""
_IDLE = frozenset(_IDLE_WORDS.split())


def key_terms(question: str) -> list[str]:
    """Give the stems of the words that carry the question, in their order, each once.

    Names of files are left out; a name such as `TraceFilter` or `group_commit` gives its parts.
    """
    text = _FILE.sub(" ", question)
    words = [part for word in _WORD.findall(text) for part in _HUMP.split(word)]
    stems = [
        stem(word.lower())
        for word in words
        if len(word) >= _SHORTEST_TERM and word.lower() not in _IDLE
    ]
    return list(dict.fromkeys(stems))


def file_names(question: str) -> list[str]:
    """Give what looks like a file's name or path: it has a dot and an ending."""
    return [name.strip("./") for name in _FILE.findall(question)]


def stem(word: str) -> str:
    """Cut an English ending, so that `stored` finds `store`. Crude, and enough to search with."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def times_in(text: str, term: str) -> int:
    """Count where a word of `text` (in lower case) begins with `term`."""
    return len(re.findall(rf"(?<![a-z]){re.escape(term)}", text))
