"""A list of spans as a table that fits the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.style import Style

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import (
    BAD,
    DIM,
    KEY,
    PLAIN,
    TYPE_WORDS,
    Glyphs,
    glyphs_for,
    status_style,
    type_style,
)
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean
from prela_cli.render.traces_table import short_ids
from prela_core.store import Page, StoredSpan
from prela_core.text import figures

__all__ = ["SpansTable"]


@attrs.frozen
class SpansTable:
    """A renderable: one line a span, with as many columns as fit the console's width.

    Traces' ids are cut to what tells them apart on this page, or shown whole where there is room.
    """

    page: Page[StoredSpan]
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the heading and the lines."""
        glyphs = glyphs_for(options)
        columns = _columns(self.page.items, self.now, glyphs, options.encoding)
        for pieces in table_lines(columns, options.max_width, glyphs.ellipsis):
            yield from one_line(pieces, options.max_width, glyphs.ellipsis)


def _columns(
    spans: Sequence[StoredSpan], now: datetime, glyphs: Glyphs, encoding: str
) -> list[Column]:
    ids = [clean(span.trace_id, encoding) for span in spans]

    def plain(texts: Iterator[str | None], style: Style = PLAIN) -> list[Piece]:
        return [(clean(text or "", encoding), style) for text in texts]

    columns = [
        Column("", [(glyphs.status(span.status), status_style(span.status)) for span in spans]),
        Column("trace", plain(iter(short_ids(ids)), KEY), longer=plain(iter(ids), KEY)),
        Column(
            "type",
            [(TYPE_WORDS.get(span.span_type, ""), type_style(span.span_type)) for span in spans],
            leaves=6,
        ),
        Column(
            "name",
            [
                (clean(s.name, encoding) or "(no name)", BAD if s.status == "error" else PLAIN)
                for s in spans
            ],
            least=16,
        ),
        Column("service", plain(s.service_name for s in spans), least=8, leaves=2),
        Column("started", plain(figures.ago(s.started_at, now) for s in spans), leaves=7),
        Column("time", plain(_time(s) for s in spans), right=True),
        Column("tokens", plain(_tokens(s) for s in spans), right=True, leaves=5),
        Column("cost", plain(figures.dollars(s.cost_usd) for s in spans), right=True, leaves=4),
        Column("model", plain((s.model for s in spans), DIM), least=10, leaves=3),
        Column("message", plain((s.status_message for s in spans), BAD), least=12, leaves=1),
    ]
    always = {"", "trace", "name", "time"}
    return [c for c in columns if c.heading in always or any(text for text, _ in c.cells)]


def _time(span: StoredSpan) -> str:
    return "running" if span.ended_at is None else figures.duration(span.duration_ms)


def _tokens(span: StoredSpan) -> str:
    used = (span.input_tokens or 0) + (span.output_tokens or 0)
    return figures.tokens(used) if used else ""
