"""Measures as pictures: one line each over time, or one line a group."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import BAD, DIM, KEY, PLAIN, Glyphs, glyphs_for
from prela_cli.render.lines import one_line
from prela_cli.render.measures import heading_of, written
from prela_cli.render.plain import clean, pad
from prela_cli.render.sparkline import bar, sparkline
from prela_core.store import Measure, MetricRow, MetricTable

__all__ = ["Groups", "Totals"]

_GAP = "  "
_BAR = 12
_TREND = 24
_WIDEST = 72
_NO_VALUE = "(none)"
_OTHERS = "(all others)"


@attrs.frozen
class Totals:
    """A renderable: each measure of `whole` on a line of its own, and how it went in `series`.

    `series` has the same measures by bucket, filled.
    """

    whole: MetricTable
    series: MetricTable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines."""
        glyphs = glyphs_for(options)
        measures = [Measure(name) for name in self.whole.measures]
        values = self.whole.rows[0].values
        headings = [heading_of(each) for each in measures]
        figures = [written(each, values[each]) or "-" for each in measures]
        left = max(map(len, headings))
        right = max(map(len, figures))
        room = min(options.max_width - left - right - 2 * len(_GAP), _WIDEST)
        for measure, heading, figure in zip(measures, headings, figures, strict=True):
            trend = sparkline([row.values[measure] for row in self.series.rows], room, glyphs)
            pieces = [
                (pad(heading, left), DIM),
                (_GAP + pad(figure, right, right=True), _style(measure, values[measure])),
                (_GAP + trend if room > 1 else "", KEY),
            ]
            yield from one_line(pieces, options.max_width, glyphs.ellipsis)


@attrs.frozen
class Groups:
    """A renderable: one line a group with its measures, as many as fit the console's width.

    A bar shows the measure that orders, `ranked_by`, against the largest, and `series`, by group
    and bucket, filled, how it went.
    """

    table: MetricTable
    series: MetricTable
    ranked_by: Measure

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading and the lines."""
        glyphs = glyphs_for(options)
        columns = list(self._columns(glyphs, options.encoding))
        for pieces in table_lines(columns, options.max_width, glyphs.ellipsis):
            yield from one_line(pieces, options.max_width, glyphs.ellipsis)

    def _columns(self, glyphs: Glyphs, encoding: str) -> Iterator[Column]:
        rows = self.table.rows
        for number, field in enumerate(self.table.by):
            names = [_name(row, field, first=not number) for row in rows]
            heading = field.removesuffix("_name").removesuffix("_id").replace("_", " ")
            cells = [(clean(text, encoding), KEY if known else DIM) for text, known in names]
            yield Column(heading, cells, least=12)
        yield Column("", [(text, PLAIN) for text in self._bars(glyphs)], leaves=2)
        # The measures leave from the right, the one that orders never.
        count = len(self.table.measures)
        for number, name in enumerate(self.table.measures):
            measure = Measure(name)
            values = [row.values[name] for row in rows]
            cells = [(written(measure, value), _style(measure, value)) for value in values]
            leaves = 0 if measure is self.ranked_by else 3 + count - number
            if any(text for text, _ in cells):
                yield Column(heading_of(measure), cells, right=True, leaves=leaves)
        trends = [(text, KEY) for text in self._trends(glyphs)]
        if any(text.strip() for text, _ in trends):
            yield Column(f"{heading_of(self.ranked_by)} over time", trends, leaves=1)

    def _bars(self, glyphs: Glyphs) -> list[str]:
        values = [row.values.get(self.ranked_by) or 0 for row in self.table.rows]
        top = max(values, default=0)
        return [bar(value / top if top > 0 else 0, _BAR, glyphs) for value in values]

    def _trends(self, glyphs: Glyphs) -> list[str]:
        points: dict[tuple[tuple[str | None, ...], bool], list[float | None]] = {}
        for row in self.series.rows:
            points.setdefault(_key(row), []).append(row.values[self.ranked_by])
        return [sparkline(points.get(_key(row), ()), _TREND, glyphs) for row in self.table.rows]


def _key(row: MetricRow) -> tuple[tuple[str | None, ...], bool]:
    return tuple(row.group.values()), row.is_other


def _name(row: MetricRow, field: str, *, first: bool) -> tuple[str, bool]:
    if row.is_other:
        return _OTHERS if first else "", False
    name = row.group[field]
    return (name, True) if name else (_NO_VALUE, False)


def _style(measure: Measure, value: float | None) -> Style:
    is_bad = measure in {Measure.ERRORS, Measure.ERROR_RATE} and bool(value)
    return BAD if is_bad else PLAIN
