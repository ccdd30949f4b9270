"""Columns as the lines of a table that fits the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import ConsoleOptions, RenderResult

from prela_cli.render.columns import Column, fit_columns
from prela_cli.render.glyphs import DIM, Glyphs
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import fit, pad

__all__ = ["table_lines"]

_GAP = "  "


def table_lines(columns: Sequence[Column], glyphs: Glyphs, options: ConsoleOptions) -> RenderResult:
    """Yield the heading and a line for each row, of as many columns as fit the width."""
    chosen = fit_columns(columns, options.max_width, len(_GAP))
    rows = len(columns[0].cells)
    lines = [[(column.heading, DIM) for column, _ in chosen]]
    lines += [[column.cells[at] for column, _ in chosen] for at in range(rows)]
    for cells in lines:
        yield from one_line(_pieces(cells, chosen, glyphs), options.max_width, glyphs.ellipsis)


def _pieces(
    cells: Sequence[Piece], chosen: Sequence[tuple[Column, int]], glyphs: Glyphs
) -> Iterator[Piece]:
    gap = ""
    for (text, style), (column, width) in zip(cells, chosen, strict=True):
        yield gap + pad(fit(text, width, glyphs.ellipsis), width, right=column.right), style
        gap = _GAP
