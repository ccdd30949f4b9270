"""Where a trace's time went: the spans of its critical path, by the time that each had."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from prela_cli.render.columns import Column, table_lines
from prela_cli.render.glyphs import (
    BAD,
    DIM,
    PLAIN,
    TYPE_WORDS,
    WARN,
    Glyphs,
    glyphs_for,
    type_style,
)
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean
from prela_cli.render.trace_header import header_lines
from prela_core.analysis import CriticalPath, SpanTime
from prela_core.store import StoredSpan, TraceDetail
from prela_core.text import figures

__all__ = ["PathTable"]

_SHOWN = 30
_BAR = 20
_NOBODY = "(no span ran)"


@attrs.frozen
class PathTable:
    """A renderable: the trace's facts, then the 30 spans that had the most time on the path.

    `now` is the moment that "3m ago" is reckoned from.
    """

    trace: TraceDetail
    path: CriticalPath
    now: datetime

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the facts and the table."""
        glyphs, width = glyphs_for(options), options.max_width
        for pieces in header_lines(self.trace, self.now, glyphs, options.encoding):
            yield from one_line(pieces, width, glyphs.ellipsis)
        owners = self._owners()
        if not owners:
            return
        yield Segment.line()
        by_id = {span.span_id: span for span in self.trace.spans}
        shown = owners[:_SHOWN]
        columns = _columns(shown, by_id, self.path.duration_ms, glyphs, options.encoding)
        for pieces in table_lines(columns, width, glyphs.ellipsis):
            yield from one_line(pieces, width, glyphs.ellipsis)
        if rest := owners[_SHOWN:]:
            noun = "span" if len(rest) == 1 else "spans"
            time = clean(figures.duration(sum(one.path_ms for one in rest)), options.encoding)
            note = f"{figures.count(len(rest))} more {noun} of the path had {time}."
            yield from one_line([(note, DIM)], width, glyphs.ellipsis)

    def _owners(self) -> list[SpanTime]:
        """Give who had time on the path, the most first; time of nobody is of the empty id."""
        nobody = sum(one.duration_ms for one in self.path.segments if one.span_id is None)
        owners = [one for one in self.path.spans if one.path_ms > 0]
        if nobody:
            owners.append(SpanTime(span_id="", self_ms=0.0, path_ms=nobody))
        return sorted(owners, key=lambda one: -one.path_ms)


def _columns(
    owners: Sequence[SpanTime],
    by_id: dict[str, StoredSpan],
    whole_ms: float,
    glyphs: Glyphs,
    encoding: str,
) -> list[Column]:
    def times(values: Sequence[float]) -> list[Piece]:
        return [(clean(figures.duration(ms), encoding), PLAIN) for ms in values]

    spans = [by_id.get(one.span_id) for one in owners]
    shares = [one.path_ms / whole_ms for one in owners]
    labels = [_label(span, encoding) for span in spans]
    return [
        Column("path", times([one.path_ms for one in owners]), right=True),
        Column("share", [(f"{share:.0%}", PLAIN) for share in shares], right=True, leaves=2),
        Column("", [(glyphs.full * round(share * _BAR), WARN) for share in shares], leaves=1),
        Column("self", times([one.self_ms for one in owners]), right=True, leaves=3),
        Column("span", labels, least=12),
        Column("id", [(clean(one.span_id, encoding), DIM) for one in owners], leaves=4),
    ]


def _label(span: StoredSpan | None, encoding: str) -> Piece:
    if span is None:
        return _NOBODY, DIM
    word = TYPE_WORDS.get(span.span_type, "")
    name = clean(span.name, encoding) or "(no name)"
    known = clean(span.model or span.tool_name or "", encoding)
    parts = [word, name, "" if known in name else known]
    style = BAD if span.status == "error" else type_style(span.span_type)
    return " ".join(part for part in parts if part), style
