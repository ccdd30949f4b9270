"""Text of strangers made safe for a terminal, and cut to the cells it may take.

Names, messages and attributes come from whatever was traced. They must not be able to move
the cursor, change the colours, set the window's title or turn the reading direction around.
"""

from __future__ import annotations

from functools import lru_cache

from rich.cells import cell_len, set_cell_size

from prela_core.text.plain import clean

__all__ = ["clean", "fit", "fold", "pad", "width_of"]

_CHARS_PER_CELL = 8
"""Combining marks take no cell; more of them than this a cell is not language."""


_REMEMBERED = 200
_cells = lru_cache(maxsize=4096)(cell_len)  # bars, guides and names come again and again


def width_of(text: str) -> int:
    """Give the cells that `text` takes."""
    if text.isascii():
        return len(text)
    return _cells(text) if len(text) <= _REMEMBERED else cell_len(text)


def fit(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut `text` so that it takes at most `width` cells, with `ellipsis` where it was cut.

    Chinese characters and most emoji take two cells, and are never halved.
    """
    head = text[: max(width, 0) * _CHARS_PER_CELL + _CHARS_PER_CELL]
    if len(head) == len(text) and width_of(head) <= width:
        return text
    if width < len(ellipsis):
        return ellipsis[: max(width, 0)]
    return set_cell_size(head, width - len(ellipsis)).rstrip() + ellipsis


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Fill `text` with blanks to `width` cells; `right` puts the blanks before it."""
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks


def fold(text: str, width: int, lines: int, ellipsis: str = "…") -> list[str]:
    """Break `text` at blanks into at most `lines` lines of `width` cells, the last one cut."""
    text = text.strip()
    folded: list[str] = []
    while len(folded) < lines - 1 and width > 0:
        head = set_cell_size(text[: width * _CHARS_PER_CELL], width).rstrip()
        if len(head) >= len(text):
            break
        blank = text.rfind(" ", 0, len(head) + 1)
        # Without a blank in its second half, a line is broken where it is full.
        end = blank if blank > len(head) // 2 else len(head)
        if not end:
            break
        folded.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*folded, fit(text, width, ellipsis)]
