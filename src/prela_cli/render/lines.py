"""One line of a picture, from its pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich.segment import Segment
from rich.style import Style

from prela_cli.render.plain import fit, width_of

__all__ = ["Piece", "many_lines", "one_line"]

Piece = tuple[str, Style]
"""A stretch of clean text in one style."""

_END = Segment.line()


def one_line(pieces: Iterable[Piece], width: int, ellipsis: str) -> Iterator[Segment]:
    """Yield `pieces` as one line of at most `width` cells, cut with `ellipsis` where it is longer.

    Segments are not read as markup, so a text may hold brackets.
    """
    left = width
    for text, style in pieces:
        left -= width_of(text)
        if left >= 0:
            if text:
                yield Segment(text, style)
            continue
        if shown := fit(text, left + width_of(text), ellipsis):
            yield Segment(shown, style)
        break
    yield Segment.line()


def many_lines(
    lines: Iterable[Sequence[Piece]], width: int, ellipsis: str, *, styled: bool
) -> Iterator[Segment]:
    """Yield lines as `one_line` does, in fewer steps where they fit, as nearly all do.

    A console takes a few microseconds for each segment, which 20,000 lines make a second of: a
    line is one segment where no styles are shown.
    """
    for pieces in lines:
        # The widths of pieces are known, for they come again and again, unlike lines.
        if sum([len(text) if text.isascii() else width_of(text) for text, _ in pieces]) > width:
            yield from one_line(pieces, width, ellipsis)
        elif styled:
            yield from [Segment(text, style) for text, style in pieces if text]
            yield _END
        else:
            yield Segment("".join([text for text, _ in pieces]) + "\n")
