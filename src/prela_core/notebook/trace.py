"""One trace with all its spans, which shows itself as a waterfall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from prela_core.errors import InvalidError, NotFoundError
from prela_core.html import trace_html
from prela_core.notebook import frames
from prela_core.store import StoredSpan, TraceDetail
from prela_core.text.trace_tree import stored_tree_text

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

__all__ = ["Trace"]


@attrs.frozen(kw_only=True, slots=False, repr=False)
class Trace(TraceDetail):
    """A trace and its spans, as `prela_core.store.TraceDetail` has them; `spans` are `Spans`.

    It shows itself as a waterfall of its spans, or as a tree where there is only text. `arrow()`,
    `pandas()` and `polars()` have a row for each span.
    """

    def span(self, span_id: str) -> StoredSpan:
        """Give the span of that id, or the only one whose id begins so.

        Raises `NotFoundError`, or `InvalidError` when several begin so.
        """
        found = [each for each in self.spans if each.span_id == span_id] or [
            each for each in self.spans if span_id and each.span_id.startswith(span_id)
        ]
        if len(found) > 1:
            raise InvalidError(f"{len(found)} spans begin with {span_id}; give more of the id")
        if not found:
            raise NotFoundError(f"the trace {self.trace_id} has no span {span_id}")
        return found[0]

    def arrow(self) -> pa.Table:
        """Give the spans as an Arrow table: a column for each field, times in UTC."""
        return frames.arrow_table(StoredSpan, self.spans)

    def pandas(self) -> pd.DataFrame:
        """Give the spans as a pandas frame whose columns have Arrow's types."""
        return frames.pandas_frame(self.arrow())

    def polars(self) -> pl.DataFrame:
        """Give the spans as a polars frame."""
        return frames.polars_frame(self.arrow())

    def __repr__(self) -> str:
        return stored_tree_text(self.spans).rstrip("\n") or f"trace {self.trace_id}: no spans yet"

    def _repr_html_(self) -> str:
        return trace_html(self)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Yield the tree for a terminal as wide as this one is."""
        from rich.text import Text  # noqa: PLC0415 - whoever asks has it

        tree = stored_tree_text(
            self.spans, width=options.max_width, unicode=not options.ascii_only, colour=True
        )
        yield Text.from_ansi(tree, no_wrap=True, overflow="ignore")
