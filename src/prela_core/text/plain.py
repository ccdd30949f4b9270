"""Text of strangers made safe for a terminal, and as wide as it is there.

Names, messages and attributes come from whatever was traced. They must not be able to move
the cursor, change the colours, set the window's title or turn the reading direction around.
"""

from __future__ import annotations

import unicodedata

__all__ = ["cells", "clean", "cut"]

_JOINERS = frozenset("\u200c\u200d")
"""Invisible, harmless, and needed to write Persian, Hindi and many emoji."""

_UNSEEN = "\ufffd"


def clean(text: str, encoding: str = "utf-8") -> str:
    """Give `text` on one line without anything that is not printed.

    White space becomes a blank; control characters, direction marks, lone surrogates and
    unassigned characters become U+FFFD. What `encoding` can't say becomes `?`.
    """
    if not text.isprintable():
        text = "".join(map(_printable, text))
    if encoding.startswith("utf") or text.isascii():
        return text
    # U+00B5 is outside ASCII: a duration would else read "12 ?s".
    return text.replace("µs", "us").encode(encoding, "replace").decode(encoding)


def _printable(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    return " " if character.isspace() else _UNSEEN


def cells(text: str) -> int:
    """Give the cells that `text` takes in a terminal.

    Chinese characters and most emoji take two, combining marks and joiners none (Unicode's
    annex 11, without its tailoring for sequences of emoji).
    """
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    if character in _JOINERS or unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int, ellipsis: str) -> str:
    """Cut `text` so that it takes at most `width` cells, with `ellipsis` where it was cut."""
    if cells(text) <= width:
        return text
    left = width - cells(ellipsis)
    if left < 0:
        return ellipsis[: max(width, 0)]
    end = 0
    for character in text:
        left -= _cells(character)
        if left < 0:
            break
        end += 1
    return text[:end].rstrip() + ellipsis
