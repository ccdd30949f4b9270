"""What shows itself as a table, in text, HTML and on terminals, and gives itself as frames."""

from __future__ import annotations

import textwrap
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prela_core.html.table import table_html
from prela_core.notebook import frames
from prela_core.text.table import Column, table_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

__all__ = ["SHOWN", "Pictured"]

SHOWN = 20
"""Rows of a picture; the frames have them all."""

_WIDTH = 110
"""Cells of a table where nobody says how many there are."""


class Pictured(ABC):
    """The pictures and frames of rows; those who inherit say what the rows are."""

    @abstractmethod
    def arrow(self) -> pa.Table:
        """Give all rows as an Arrow table, times in UTC."""

    @abstractmethod
    def _columns(self) -> list[Column]:
        """Give the columns of the picture, of the first `SHOWN` rows; none where there are none."""

    @abstractmethod
    def _note(self) -> str:
        """Say below the table how many rows there are."""

    def pandas(self) -> pd.DataFrame:
        """Give all rows as a pandas frame whose columns have Arrow's types, over its memory."""
        return frames.pandas_frame(self.arrow())

    def polars(self) -> pl.DataFrame:
        """Give all rows as a polars frame."""
        return frames.polars_frame(self.arrow())

    def __repr__(self) -> str:
        return self._text(_WIDTH, unicode=True)

    def _repr_html_(self) -> str:
        return table_html(self._html_columns(), self._note())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the table for a terminal as wide as this one is."""
        from rich.text import Text  # noqa: PLC0415 - whoever asks has it

        text = self._text(options.max_width, unicode=not options.ascii_only)
        yield Text(text, no_wrap=True, overflow="ignore")

    def _html_columns(self) -> list[Column]:
        return self._columns()

    def _text(self, width: int, *, unicode: bool) -> str:
        columns = self._columns()
        table = table_text(columns, width=width, unicode=unicode) if columns else ""
        return table + textwrap.fill(self._note(), max(width, 1))
