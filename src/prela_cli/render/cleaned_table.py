"""A table of strangers' texts that fits the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import PLAIN, glyphs_for
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean

__all__ = ["CleanedTable", "pieces"]


@attrs.frozen
class CleanedTable:
    """A renderable: one line a row, with as many columns as fit the console's width.

    Cells may be as somebody wrote them: they are cleaned here. A column in which nothing stands is
    left out.
    """

    columns: Sequence[Column]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading and the lines."""
        ellipsis, encoding = glyphs_for(options).ellipsis, options.encoding
        cleaned = [
            attrs.evolve(each, cells=[(clean(text, encoding), style) for text, style in each.cells])
            for each in self.columns
            if any(text for text, _ in each.cells)
        ]
        for line in table_lines(cleaned, options.max_width, ellipsis):
            yield from one_line(line, options.max_width, ellipsis)


def pieces(texts: Iterable[str], style: Style = PLAIN) -> list[Piece]:
    """Give the cells of a column in one style."""
    return [(text, style) for text in texts]
