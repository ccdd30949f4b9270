"""What is different on a page, line by line as people read it."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

import attrs

__all__ = ["Difference", "difference"]

_COUNTS = re.compile(r"[\d.,:]+")
_MOST_LINES = 1_000
"""Comparing takes time with the square of them."""
_MONEY = re.compile(r"[$€£¥%]|\b(?:usd|eur)\b", re.IGNORECASE)


@attrs.frozen
class Difference:
    """A place where a page reads differently: the lines before, and those now. One may be empty."""

    before: str
    now: str


def difference(before: str, now: str, *, exact: bool = False) -> tuple[Difference, ...]:
    """Give the places where two texts of a page differ, in the order they stand in.

    Lines that only count something else, such as stars, dates and copyrights, do not differ,
    unless they are about money, or the page is `exact`, as a list of prices and plans is.
    """
    old, new = _lines(before), _lines(now)
    gist = str if exact else _gist
    matcher = SequenceMatcher(None, list(map(gist, old)), list(map(gist, new)))
    return tuple(
        Difference("\n".join(old[a:b]), "\n".join(new[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    )


def _lines(text: str) -> list[str]:
    lines = [flat for line in text.splitlines() if (flat := " ".join(line.split()))]
    return lines[:_MOST_LINES]


def _gist(line: str) -> str:
    return line if _MONEY.search(line) else _COUNTS.sub("0", line)
