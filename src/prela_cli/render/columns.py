"""How wide the columns of a table are, and which ones are left out, in a given width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
from rich.cells import cell_len

from prela_cli.render.glyphs import DIM
from prela_cli.render.lines import Piece
from prela_cli.render.plain import fit, pad

__all__ = ["Column", "fit_columns", "table_lines"]

_GAP = "  "


@attrs.frozen(eq=False)
class Column:
    """A column of a table, its cells already clean.

    A column shrinks down to `least` cells when that is given, else not at all. When all have
    shrunk and the line is still too wide, columns leave by their `leaves`, 1 first; 0 means
    never. `longer` cells take the place of `cells` when everything fits with them.
    """

    heading: str
    cells: list[Piece]
    right: bool = attrs.field(default=False, kw_only=True)
    least: int | None = attrs.field(default=None, kw_only=True)
    leaves: int = attrs.field(default=0, kw_only=True)
    longer: list[Piece] | None = attrs.field(default=None, kw_only=True)

    def natural(self) -> int:
        """Give the cells that the widest text takes."""
        widest = max((cell_len(text) for text, _ in self.cells), default=0)
        return max(widest, cell_len(self.heading))

    def shrunk(self, size: int) -> int:
        """Give the least that `size` may become."""
        return size if self.least is None else min(self.least, size)

    def lengthen(self) -> Column:
        """Give this column with its `longer` cells."""
        return attrs.evolve(self, cells=self.longer) if self.longer is not None else self


def fit_columns(columns: Sequence[Column], width: int, gap: int) -> list[tuple[Column, int]]:
    """Choose the columns of a line that fits `width`, each with its width in cells."""
    longer = [(column.lengthen(), column.lengthen().natural()) for column in columns]
    if _line_width(longer, gap) <= width:
        return longer
    kept = [(column, column.natural()) for column in columns]
    while _line_width([(one, one.shrunk(size)) for one, size in kept], gap) > width:
        leaving = [column for column, _ in kept if column.leaves]
        if not leaving:
            break
        first = min(leaving, key=lambda column: column.leaves)
        kept = [(column, size) for column, size in kept if column is not first]
    return _cut_to(_shrink(kept, _line_width(kept, gap) - width), width, gap)


def table_lines(columns: Sequence[Column], width: int, ellipsis: str) -> Iterator[list[Piece]]:
    """Yield the heading and the lines of a table that fits `width`, as pieces."""
    chosen = fit_columns(columns, width, len(_GAP))
    lines = [[(column.heading, DIM) for column, _ in chosen]]
    if chosen:
        lines += map(list, zip(*(column.cells for column, _ in chosen), strict=True))
    for cells in lines:
        gap = ""
        pieces = []
        for (text, style), (column, size) in zip(cells, chosen, strict=True):
            pieces.append((gap + pad(fit(text, size, ellipsis), size, right=column.right), style))
            gap = _GAP
        yield pieces


def _shrink(kept: Sequence[tuple[Column, int]], over: int) -> list[tuple[Column, int]]:
    """Take `over` cells away, one at a time from whichever column is widest and may shrink."""
    sizes = [size for _, size in kept]
    for _ in range(over):
        able = [at for at, (one, _) in enumerate(kept) if one.shrunk(sizes[at]) < sizes[at]]
        if not able:
            break
        sizes[max(able, key=sizes.__getitem__)] -= 1
    return [(column, size) for (column, _), size in zip(kept, sizes, strict=True)]


def _cut_to(kept: Sequence[tuple[Column, int]], width: int, gap: int) -> list[tuple[Column, int]]:
    """Cut what still does not fit, from the right: a very narrow terminal."""
    left = width
    cut: list[tuple[Column, int]] = []
    for column, size in kept:
        room = left - (gap if cut else 0)
        if room <= 0:
            break
        cut.append((column, min(size, room)))
        left = room - min(size, room)
    return cut


def _line_width(kept: Sequence[tuple[Column, int]], gap: int) -> int:
    return sum(size for _, size in kept) + gap * max(len(kept) - 1, 0)
