"""Tables as plain text, fitted to a width."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_core.text.glyphs import ASCII, UNICODE
from prela_core.text.plain import cells, clean, cut

__all__ = ["Column", "table_text"]

_LEAST = 6
_GAP = "  "


@attrs.frozen
class Column:
    """A column's title and the text of each of its cells.

    Figures stand at the right. Where the whole is too wide, columns that are `flexible` are cut.
    `tones` tell what a cell means, for pictures with colour: "good", "bad", "warn", "dim" or "".
    `whole` has each cell's text in full, where the cell itself is a shorter form.
    """

    title: str
    cells: Sequence[str]
    right: bool = False
    flexible: bool = False
    tones: Sequence[str] = ()
    whole: Sequence[str] = ()


def table_text(columns: Sequence[Column], *, width: int = 100, unicode: bool = True) -> str:
    """Give a heading and a line for each row, each at most `width` cells and ending in a newline.

    All columns have as many cells. Where cutting is not enough, the last columns are left out.
    Without `unicode`, all is ASCII.
    """
    encoding = "utf-8" if unicode else "ascii"
    ellipsis = (UNICODE if unicode else ASCII).ellipsis
    texts = [[clean(text, encoding) for text in (each.title, *each.cells)] for each in columns]
    widths = [max(map(cells, column)) for column in texts]
    _fit(columns, widths, width)
    lines = []
    for row in zip(*texts, strict=True):
        line = []
        for column, text, wide in zip(columns, row, widths, strict=False):
            shown = cut(text, wide, ellipsis)
            blank = " " * (wide - cells(shown))
            line.append(blank + shown if column.right else shown + blank)
        lines.append(cut(_GAP.join(line).rstrip(), width, ellipsis) + "\n")
    return "".join(lines)


def _fit(columns: Sequence[Column], widths: list[int], room: int) -> None:
    """Shorten `widths`, the widest flexible one first, until all fit; then drop from the end."""
    while len(widths) > 1 and sum(widths) + len(_GAP) * (len(widths) - 1) > room:
        over = sum(widths) + len(_GAP) * (len(widths) - 1) - room
        flexible = [at for at, wide in enumerate(widths) if columns[at].flexible and wide > _LEAST]
        if not flexible:
            widths.pop()
            continue
        ranked = sorted(flexible, key=lambda at: -widths[at])
        widest = ranked[0]
        next_wide = widths[ranked[1]] if len(ranked) > 1 else _LEAST
        least = max(next_wide - 1, _LEAST)
        widths[widest] -= max(1, min(over, widths[widest] - least))
