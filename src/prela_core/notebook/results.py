"""What was found: lists that show themselves as tables and give themselves as frames."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, SupportsIndex, TypeVar, overload

from prela_core.html.excerpts import marked
from prela_core.notebook import frames
from prela_core.notebook.columns import group_columns, hit_columns, span_columns, trace_columns
from prela_core.notebook.pictured import SHOWN, Pictured
from prela_core.notebook.plots import plot_spans, plot_traces
from prela_core.store import GroupSummary, SearchHit, StoredSpan, TraceSummary
from prela_core.text import figures
from prela_core.text.table import Column

if TYPE_CHECKING:
    import altair as alt
    import pyarrow as pa

__all__ = ["Groups", "Hits", "Results", "Spans", "Traces"]

T = TypeVar("T")


class Results(Pictured, list[T]):
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

    @overload
    def __getitem__(self, at: SupportsIndex) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Results[T]: ...
    def __getitem__(self, at: SupportsIndex | slice) -> T | Results[T]:
        if isinstance(at, slice):
            return type(self)(super().__getitem__(at), now=self.now)
        return super().__getitem__(at)

    def _note(self) -> str:
        if not self:
            return f"no {self.noun}s"
        number = "1 " + self.noun if len(self) == 1 else f"{figures.count(len(self))} {self.noun}s"
        if len(self) > SHOWN:
            number += f", of which the first {SHOWN} are shown"
        return number + (", and there are more: ask with a higher limit" if self.more else "")


class Traces(Results[TraceSummary]):
    """Traces, a row each."""

    kind = TraceSummary
    noun = "trace"

    def plot(self) -> alt.Chart:
        """Draw when they began and how long they took, as an Altair chart; at most 5,000."""
        return plot_traces(self)

    def _columns(self) -> list[Column]:
        return trace_columns(self[:SHOWN], self.now) if self else []


class Spans(Results[StoredSpan]):
    """Spans, a row each. Attributes, events, links and scores are JSON text in frames."""

    kind = StoredSpan
    noun = "span"

    def plot(self) -> alt.Chart:
        """Draw when they began and how long they took, as an Altair chart; at most 5,000."""
        return plot_spans(self)

    def _columns(self) -> list[Column]:
        return span_columns(self[:SHOWN], self.now) if self else []


class Groups(Results[GroupSummary]):
    """Services, models, users or the like, and what the spans of each come to."""

    kind = GroupSummary
    noun = "group"

    def _columns(self) -> list[Column]:
        return group_columns(self[:SHOWN], self.now) if self else []


class Hits(Results[SearchHit]):
    """Traces in which words were found, with the text around the first of them."""

    kind = SearchHit
    noun = "hit"

    def _columns(self) -> list[Column]:
        return hit_columns(self[:SHOWN], self.now) if self else []

    def _html_columns(self) -> list[Column]:
        if not self:
            return []
        *others, text = self._columns()
        shown = [marked(hit.excerpt, hit.highlights) for hit in self[: len(text.cells)]]
        return [*others, Column(text.title, shown)]
