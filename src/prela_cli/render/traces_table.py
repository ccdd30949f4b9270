"""A list of traces as a table that fits the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import BAD, DIM, KEY, PLAIN, Glyphs, glyphs_for, status_style
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean
from prela_core.store import Page, TraceSummary
from prela_core.text import figures

__all__ = ["TracesTable", "short_ids"]

_SHORTEST_ID = 8
_LONGEST_ID = 36


@attrs.frozen
class TracesTable:
    """A renderable: one line a trace, with as many columns as fit the console's width.

    Ids are cut to what tells them apart on this page, or shown whole where there is room;
    `prela show` takes such a beginning too. `now` is the moment that "3m ago" is reckoned from.
    """

    page: Page[TraceSummary]
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading and the lines."""
        glyphs = glyphs_for(options)
        columns = _columns(self.page.items, self.now, glyphs, options.encoding)
        for pieces in table_lines(columns, options.max_width, glyphs.ellipsis):
            yield from one_line(pieces, options.max_width, glyphs.ellipsis)


def short_ids(ids: Sequence[str]) -> list[str]:
    """Cut every id to the fewest characters, at least eight, that tell all of them apart."""
    distinct = set(ids)
    for length in range(_SHORTEST_ID, _LONGEST_ID):
        if len({one[:length] for one in distinct}) == len(distinct):
            return [one[:length] for one in ids]
    return list(ids)


def _columns(
    traces: Sequence[TraceSummary], now: datetime, glyphs: Glyphs, encoding: str
) -> list[Column]:
    ids = [clean(trace.trace_id, encoding) for trace in traces]

    def plain(texts: Iterator[str], style: Style = PLAIN) -> list[Piece]:
        return [(clean(text, encoding), style) for text in texts]

    columns = [
        Column(
            "",
            [(glyphs.status(trace.status), status_style(trace.status)) for trace in traces],
        ),
        Column("trace", plain(iter(short_ids(ids)), KEY), longer=plain(iter(ids), KEY)),
        Column(
            "name",
            [
                (clean(t.name, encoding) or "(no name)", BAD if t.status == "error" else PLAIN)
                for t in traces
            ],
            least=16,
        ),
        Column("service", plain(t.service_name for t in traces), least=8, leaves=3),
        Column("started", plain(figures.ago(t.started_at, now) for t in traces), leaves=7),
        Column("time", plain(_time(t) for t in traces), right=True),
        Column("spans", plain(figures.tokens(t.span_count) for t in traces), right=True, leaves=2),
        Column("failed", plain((_some(t.error_count) for t in traces), BAD), right=True, leaves=5),
        Column("tokens", plain(_tokens(t) for t in traces), right=True, leaves=6),
        Column("cost", plain(_cost(t) for t in traces), right=True, leaves=4),
        Column("models", plain((", ".join(t.models) for t in traces), DIM), least=10, leaves=1),
    ]
    always = {"", "trace", "name", "time"}
    return [c for c in columns if c.heading in always or any(text for text, _ in c.cells)]


def _time(trace: TraceSummary) -> str:
    return "running" if trace.completed_at is None else figures.duration(trace.duration_ms)


def _tokens(trace: TraceSummary) -> str:
    used = trace.input_tokens + trace.output_tokens
    return figures.tokens(used) if used else ""


def _cost(trace: TraceSummary) -> str:
    return figures.dollars(trace.cost_usd) if trace.cost_usd else ""


def _some(number: int) -> str:
    return figures.tokens(number) if number else ""
