"""Names and values, one below the other."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from prela_cli.render.glyphs import DIM
from prela_cli.render.plain import clean

__all__ = ["CleanedText", "Facts"]


@attrs.frozen
class CleanedText:
    """A renderable: a text as somebody wrote it, cleaned, its own line breaks kept.

    What is too long for a line goes on in the next, as it is to be read or copied whole.
    """

    text: str

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the text."""
        lines = (clean(line, options.encoding) for line in self.text.splitlines())
        yield Text("\n".join(lines), overflow="fold")


@attrs.frozen
class Facts:
    """A renderable: pairs of a name and a value; values are cleaned."""

    pairs: Sequence[tuple[str, str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the pairs in two columns."""
        grid = Table.grid(padding=(0, 2))
        for name, value in self.pairs:
            grid.add_row(Text(name, style=DIM, no_wrap=True), CleanedText(value))
        yield grid
