"""One line of a picture, from its pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style

from prela_cli.render.plain import fit

__all__ = ["Piece", "one_line"]

Piece = tuple[str, Style]
"""A stretch of clean text in one style."""


def one_line(pieces: Iterable[Piece], width: int, ellipsis: str) -> Iterator[Segment]:
    """Yield `pieces` as one line of at most `width` cells, cut with `ellipsis` where it is longer.

    Segments are not read as markup, so a text may hold brackets.
    """
    left = width
    for text, style in pieces:
        shown = fit(text, left, ellipsis)
        if shown:
            yield Segment(shown, style)
        left -= cell_len(shown)
        if shown != text:
            break
    yield Segment.line()
