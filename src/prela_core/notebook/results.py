"""What was found: lists that show themselves as tables and give themselves as frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, SupportsIndex, TypeVar, overload

from prela_core.html.excerpts import marked
from prela_core.html.table import table_html
from prela_core.notebook import frames
from prela_core.notebook.columns import hit_columns, span_columns, trace_columns
from prela_core.store import SearchHit, StoredSpan, TraceSummary
from prela_core.text import figures
from prela_core.text.table import Column, table_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

__all__ = ["Hits", "Results", "Spans", "Traces"]

T = TypeVar("T")

_WIDTH = 110
"""Cells of a table where nobody says how many there are."""

_SHOWN = 20
"""Rows of a picture; the frames have them all."""


class Results(list[T]):
    """A list of what was found, in its order.

    It shows itself as a table, of the first rows where there are many, and gives all of itself,
    with every field, by `arrow()`, `pandas()` and `polars()`. `more` says that the question has
    more answers than were asked for; `now` is the moment that "3m ago" is reckoned from.
    """

    kind: ClassVar[type]
    """The class of each item."""

    noun: ClassVar[str]
    """What one of them is called, and with an s several."""

    def __init__(self, items: Iterable[T] = (), *, now: datetime, more: bool = False) -> None:
        super().__init__(items)
        self.now = now
        self.more = more

    def arrow(self) -> pa.Table:
        """Give all as an Arrow table: a column for each field, times in UTC."""
        return frames.arrow_table(self.kind, self)

    def pandas(self) -> pd.DataFrame:
        """Give all as a pandas frame whose columns have Arrow's types, over the same memory."""
        return frames.pandas_frame(self.arrow())

    def polars(self) -> pl.DataFrame:
        """Give all as a polars frame."""
        return frames.polars_frame(self.arrow())

    @overload
    def __getitem__(self, at: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Results[T]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> T | Results[T]:
        if isinstance(at, slice):
            return type(self)(super().__getitem__(at), now=self.now)
        return super().__getitem__(at)

    def __repr__(self) -> str:
        return self._text(_WIDTH, unicode=True)

    def _repr_html_(self) -> str:
        if not self:
            return table_html((), self._note())
        return table_html(self._html_columns(), self._note())

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the table for a terminal as wide as this one is."""
        from rich.text import Text  # noqa: PLC0415 - whoever asks has it

        text = self._text(options.max_width, unicode=not options.ascii_only)
        yield Text(text, no_wrap=True, overflow="ignore")

    def _columns(self) -> list[Column]:
        """Give the columns of the picture, of the first rows."""
        raise NotImplementedError

    def _html_columns(self) -> list[Column]:
        return self._columns()

    def _text(self, width: int, *, unicode: bool) -> str:
        note = self._note()
        if not self:
            return note
        return table_text(self._columns(), width=width, unicode=unicode) + note

    def _note(self) -> str:
        if not self:
            return f"no {self.noun}s"
        number = "1 " + self.noun if len(self) == 1 else f"{figures.count(len(self))} {self.noun}s"
        if len(self) > _SHOWN:
            number += f", of which the first {_SHOWN} are shown"
        return number + (", and there are more: ask with a higher limit" if self.more else "")


class Traces(Results[TraceSummary]):
    """Traces, a row each."""

    kind = TraceSummary
    noun = "trace"

    def _columns(self) -> list[Column]:
        return trace_columns(self[:_SHOWN], self.now)


class Spans(Results[StoredSpan]):
    """Spans, a row each. Attributes, events, links and scores are JSON text in frames."""

    kind = StoredSpan
    noun = "span"

    def _columns(self) -> list[Column]:
        return span_columns(self[:_SHOWN], self.now)


class Hits(Results[SearchHit]):
    """Traces in which words were found, with the text around the first of them."""

    kind = SearchHit
    noun = "hit"

    def _columns(self) -> list[Column]:
        return hit_columns(self[:_SHOWN], self.now)

    def _html_columns(self) -> list[Column]:
        *others, text = self._columns()
        shown = [marked(hit.excerpt, hit.highlights) for hit in self[: len(text.cells)]]
        return [*others, Column(text.title, shown)]
