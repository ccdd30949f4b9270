"""One trace as a tree of its spans, each with its bar on the trace's axis of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache

import attrs
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from prela_cli.render.attribute_lines import attribute_pairs
from prela_cli.render.glyphs import (
    BAD,
    DIM,
    ERROR_TEXT,
    HEADING,
    KEY,
    PLAIN,
    TYPE_WORDS,
    WARN,
    Glyphs,
    glyphs_for,
    status_style,
    type_style,
)
from prela_cli.render.lines import Piece, many_lines, one_line
from prela_cli.render.plain import clean, fit, fold, pad, width_of
from prela_cli.render.trace_header import header_lines
from prela_cli.render.tree_layout import Layout, lay_out
from prela_cli.render.waterfall import TimeAxis, axis_of
from prela_core.model.tree import Fault
from prela_core.store import StoredSpan, TraceDetail
from prela_core.text import figures
from prela_core.text.tree_lines import FAULT_NOTES, Guides, Line, lines_of

__all__ = ["TraceTree"]

_MOST_SPANS = 50_000
"""More lines than anyone scrolls through."""

_MESSAGE_LINES = 2
_MESSAGE_READ = 4096


@attrs.frozen
class TraceTree:
    """A renderable: the trace's facts, then a line for each span, fitted to the console's width.

    A failed span has its message below it, on two lines at most; with `attributes`, each span
    has all of them there, one line each. `now` is the moment that "3m ago" is reckoned from.
    """

    trace: TraceDetail
    now: datetime
    attributes: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the picture as segments: rich's own layout of text is too slow for 20,000 spans."""
        glyphs = glyphs_for(options)
        width = options.max_width
        for pieces in header_lines(self.trace, self.now, glyphs, options.encoding):
            yield from one_line(pieces, width, glyphs.ellipsis)
        spans = self.trace.spans[:_MOST_SPANS]
        if not spans:
            return
        yield Segment.line()
        lines = lines_of(spans)
        layout = lay_out(spans, lines, width)
        picture = _Picture(layout, axis_of(spans, layout.bar), glyphs, options.encoding)
        yield from one_line(picture.heading(), width, glyphs.ellipsis)
        drawn = (
            pieces for line in lines for pieces in picture.line(line, attributes=self.attributes)
        )
        styled = console.color_system is not None
        yield from many_lines(drawn, width, glyphs.ellipsis, styled=styled)
        if len(spans) < self.trace.span_count:
            shown = f"The first {figures.count(len(spans))} of "
            note = f"{shown}{figures.count(self.trace.span_count)} spans are shown."
            yield from one_line([(note, WARN)], width, glyphs.ellipsis)


@attrs.frozen
class _Picture:
    layout: Layout
    axis: TimeAxis
    glyphs: Glyphs
    encoding: str

    def heading(self) -> list[Piece]:
        layout = self.layout
        axis = clean(self.axis.labels(), self.encoding)
        text = " " * (2 + layout.label + 1) + (axis + " " if layout.bar else "")
        text += pad("time", layout.time, right=True)
        if layout.tokens:
            text += pad("tokens", layout.tokens + 1, right=True)
        if layout.cost:
            text += pad("cost", layout.cost + 1, right=True)
        return [(text, DIM)]

    def line(self, line: Line, *, attributes: bool) -> Iterator[list[Piece]]:
        if line.span is None:
            note = f"parent not received: {clean(line.missing_parent, self.encoding)}"
            yield [(self.glyphs.pending + " ", WARN), (note, WARN)]
            return
        yield self._span_line(line.span, line.guides)
        if attributes or line.fault is not None or line.span.flags or line.span.status == "error":
            yield from self._below(line, line.span, attributes=attributes)

    def _below(self, line: Line, span: StoredSpan, *, attributes: bool) -> Iterator[list[Piece]]:
        below = line.guides.below(self.glyphs)
        for text, style in self._notes(line, span):
            yield [("  " + below, DIM), (text, style)]
        if attributes:
            for key, value in attribute_pairs(span):
                room = max(self.layout.width - 2 - width_of(below) - width_of(key) - 3, 8)
                shown = fit(clean(value, self.encoding), room, self.glyphs.ellipsis)
                yield [
                    ("  " + below, DIM),
                    (clean(key, self.encoding), KEY),
                    (" = ", DIM),
                    (shown, PLAIN),
                ]

    def _span_line(self, span: StoredSpan, guides: Guides) -> list[Piece]:
        glyphs, layout = self.glyphs, self.layout
        lead = guides.lead(glyphs)
        failed = span.status == "error"
        pieces: list[Piece] = []
        if span.status == "success":
            pieces.append(("  " + lead, DIM))
        else:
            pieces.append((glyphs.status(span.status) + " ", status_style(span.status)))
            pieces.append((lead, DIM))
        word = TYPE_WORDS.get(span.span_type, "")
        tag = word + " " if word else ""
        colour = type_style(span.span_type)
        room = layout.label - guides.width - len(tag)
        known = span.model or span.tool_name or ""
        name, detail, blanks = _label(span.name, known, room, self.encoding, glyphs)
        pieces.append((tag, colour))
        pieces.append((name, BAD if failed else PLAIN if guides.depth else HEADING))
        pieces.append((detail, DIM))
        if layout.bar:
            bar = self.axis.bar(span, glyphs)
            pieces.append((f"{blanks} {bar}", BAD if failed else colour))
            blanks = ""
        pieces.append((blanks + self._figures(span), PLAIN))
        return pieces

    def _figures(self, span: StoredSpan) -> str:
        layout = self.layout
        time = "running" if span.ended_at is None else figures.duration(span.duration_ms)
        if not time.isascii():
            time = clean(time, self.encoding)
        text = " " + time.rjust(layout.time)
        if layout.tokens:
            text += " " + figures.tokens(_all_tokens(span)).rjust(layout.tokens)
        if layout.cost:
            text += " " + figures.dollars(span.cost_usd).rjust(layout.cost)
        return text.rstrip()

    def _notes(self, line: Line, span: StoredSpan) -> Iterator[Piece]:
        note = self.glyphs.note + " "
        if span.status == "error" and span.status_message:
            message = clean(span.status_message[:_MESSAGE_READ], self.encoding)
            room = self.layout.width - width_of(line.guides.below(self.glyphs)) - 2 - len(note)
            for text in fold(message, room, _MESSAGE_LINES, self.glyphs.ellipsis):
                yield note + text, ERROR_TEXT
                note = " " * len(note)
            note = self.glyphs.note + " "
        if line.fault is not None:
            yield note + FAULT_NOTES[line.fault], WARN
        flags = [flag for flag in span.flags if flag != Fault.SELF_PARENT]
        if flags:
            words = ", ".join(flag.replace("_", " ") for flag in flags)
            yield f"{note}flagged: {clean(words, self.encoding)}", WARN


@lru_cache(maxsize=4096)  # a long trace does few things, again and again
def _label(name: str, known: str, room: int, encoding: str, glyphs: Glyphs) -> tuple[str, str, str]:
    """Give name, model or tool, and the blanks after them, that fill `room` cells."""
    name = fit(clean(name, encoding) or "(no name)", room, glyphs.ellipsis)
    rest = room - width_of(name)
    known = clean(known, encoding)
    detail = " " + known if known and known not in name and width_of(known) < rest else ""
    return name, detail, " " * (rest - width_of(detail))


def _all_tokens(span: StoredSpan) -> int | None:
    if span.input_tokens is None and span.output_tokens is None:
        return None
    return (span.input_tokens or 0) + (span.output_tokens or 0)
