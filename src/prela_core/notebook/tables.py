"""Tables whose columns are whatever was asked for: measures, and answers to SQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from prela_core.notebook import frames
from prela_core.notebook.pictured import SHOWN, Pictured
from prela_core.notebook.plots import plot_table
from prela_core.store import Measure, MetricTable
from prela_core.text import figures
from prela_core.text.table import Column

if TYPE_CHECKING:
    import altair as alt
    import pyarrow as pa

__all__ = ["Table", "metric_table", "table_of_stream"]

_LONG_TEXT = 200


class Table(Pictured):
    """Rows of named columns; each is a dict when they are gone through."""

    def __init__(self, table: pa.Table, *, more: bool = False) -> None:
        self._table = table
        self.more = more

    def arrow(self) -> pa.Table:
        """Give all rows as the Arrow table that they are."""
        return self._table

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._table.column_names)

    def plot(self, measure: str | None = None) -> alt.Chart:
        """Draw a column of numbers, by default the first, as an Altair chart.

        Over time where a column tells it, a line for each group of texts; else as bars. Raises
        `InvalidError` where there is no such column.
        """
        return plot_table(self._table, measure)

    def __len__(self) -> int:
        return int(self._table.num_rows)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._table.to_pylist())

    def __getitem__(self, at: int) -> dict[str, Any]:
        """Give one row; an IndexError where there is none."""
        number = range(len(self))[at]
        row: dict[str, Any] = self._table.slice(number, 1).to_pylist()[0]
        return row

    def _columns(self) -> list[Column]:
        first = self._table.slice(0, SHOWN)
        return [_column(name, first.column(name).to_pylist()) for name in self.names]

    def _note(self) -> str:
        number = "1 row" if len(self) == 1 else f"{figures.count(len(self))} rows"
        if len(self) > SHOWN:
            number += f", of which the first {SHOWN} are shown"
        return number + (
            ", and there are more groups: ask with a higher limit" if self.more else ""
        )


def metric_table(answer: MetricTable) -> Table:
    """Give measures as a table: when the bucket begins, the group, then a column for each."""
    arrow = frames.needed("pyarrow")
    rows = answer.rows
    columns: dict[str, Any] = {}
    if answer.bucket is not None:
        columns["start"] = arrow.array(
            [each.start for each in rows], arrow.timestamp("us", tz="UTC")
        )
    for name in answer.by:
        columns[name] = arrow.array([each.group.get(name) for each in rows], arrow.string())
    if any(each.is_other for each in rows):
        columns["is_other"] = arrow.array([each.is_other for each in rows], arrow.bool_())
    for name in answer.measures:
        whole = Measure(name).counts and name != Measure.COST
        form = arrow.int64() if whole else arrow.float64()
        columns[name] = arrow.array([each.values.get(name) for each in rows], form)
    return Table(arrow.table(columns), more=answer.has_more)


def table_of_stream(stream: bytes) -> Table:
    """Give the table that an Arrow IPC stream holds."""
    frames.needed("pyarrow")
    ipc = frames.needed("pyarrow.ipc")
    return Table(ipc.open_stream(stream).read_all())


def _column(name: str, values: list[Any]) -> Column:
    numbers = all(isinstance(value, int | float) for value in values if value is not None)
    right = numbers and not all(value is None for value in values)
    return Column(name, [_text(name, value) for value in values], right=right, flexible=not right)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return figures.moment(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(name, value)
    return str(value)[:_LONG_TEXT]


def _number(name: str, value: float) -> str:
    if name.endswith("_ms"):
        return figures.duration(value)
    if name.endswith("_usd"):
        return figures.dollars(value)
    if name == Measure.ERROR_RATE:
        return f"{value:.1%}"
    return figures.count(value) if isinstance(value, int) else f"{value:,.6g}"
