"""Two traces compared, as one tree: what was added, removed, moved, or done otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import attrs
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from prela_cli.render.glyphs import (
    BAD,
    DIM,
    GOOD,
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
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean, fit
from prela_core.analysis import Difference, SpanDiff, SpanFacts, TraceDiff
from prela_core.store import TraceSummary
from prela_core.text import figures

__all__ = ["DiffTree"]

_DEEPEST = 10
_WORDS = {
    Difference.ASKED: "asked differently",
    Difference.ANSWERED: "answered differently",
    Difference.MODEL: "other model",
    Difference.STATUS: "other status",
}
_MARKS = {Difference.ADDED: ("+", GOOD), Difference.REMOVED: ("-", BAD)}


@attrs.frozen
class DiffTree:
    """A renderable: the facts about both traces, then the spans that differ and those above them.

    With `every`, all spans are shown. `now` is the moment that "3m ago" is reckoned from.
    """

    diff: TraceDiff
    now: datetime
    every: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the picture as segments, line by line."""
        glyphs, width = glyphs_for(options), options.max_width
        picture = _Picture(glyphs, options.encoding, width)
        for lines in (
            picture.heading("before", self.diff.before, self.now),
            picture.heading("after ", self.diff.after, self.now),
            picture.counts(self.diff),
        ):
            yield from one_line(lines, width, glyphs.ellipsis)
        shown = _shown(self.diff.spans, every=self.every)
        if not shown:
            return
        yield Segment.line()
        label = min(max(picture.label_width(span) for span in shown if span), width // 2)
        same = 0
        for span in shown:
            if span is None:
                same += 1
                continue
            if same:
                yield from one_line(picture.same(same), width, glyphs.ellipsis)
                same = 0
            for pieces in picture.lines(span, label):
                yield from one_line(pieces, width, glyphs.ellipsis)
        if same:
            yield from one_line(picture.same(same), width, glyphs.ellipsis)


def _shown(spans: Sequence[SpanDiff], *, every: bool) -> list[SpanDiff | None]:
    """Give the spans to show, and None for each that is left out as the same."""
    if every:
        return list(spans)
    shown: list[SpanDiff | None] = []
    above = -1  # the depth at which an ancestor of the last span shown stands
    for span in reversed(spans):
        if span.differences or span.depth == above:
            shown.append(span)
            above = span.depth - 1
        else:
            shown.append(None)
    return shown[::-1] if any(shown) else []


@attrs.frozen
class _Picture:
    glyphs: Glyphs
    encoding: str
    width: int

    def heading(self, word: str, trace: TraceSummary, now: datetime) -> list[Piece]:
        facts = [
            figures.duration(trace.duration_ms),
            f"{figures.count(trace.span_count)} span{'' if trace.span_count == 1 else 's'}",
        ]
        if trace.error_count:
            facts.append(f"{figures.count(trace.error_count)} failed")
        if used := trace.input_tokens + trace.output_tokens:
            facts.append(f"{figures.tokens(used)} tokens")
        if trace.cost_usd:
            facts.append(figures.dollars(trace.cost_usd))
        facts.append(figures.ago(trace.started_at, now))
        return [
            (f"{word} ", DIM),
            (self.glyphs.status(trace.status) + " ", status_style(trace.status)),
            (clean(trace.name, self.encoding) or "(no name)", HEADING),
            ("  " + clean(f" {self.glyphs.dot} ".join(facts), self.encoding) + "  ", PLAIN),
            (clean(trace.trace_id, self.encoding), KEY),
        ]

    def counts(self, diff: TraceDiff) -> list[Piece]:
        if not diff.counts:
            return [("  no differences", GOOD)]
        pieces: list[Piece] = [("  ", PLAIN)]
        for word, count in diff.counts.items():
            if len(pieces) > 1:
                pieces.append((f" {self.glyphs.dot} ", DIM))
            pieces.append((f"{figures.count(count)} {_said(Difference(word))}", PLAIN))
        return pieces

    def same(self, count: int) -> list[Piece]:
        noun = "span is" if count == 1 else "spans are"
        return [(f"    {self.glyphs.ellipsis} {figures.count(count)} {noun} the same", DIM)]

    def label_width(self, span: SpanDiff) -> int:
        return sum(cell_len(text) for text, _ in self._label(span))

    def lines(self, span: SpanDiff, label: int) -> Iterator[list[Piece]]:
        mark, style = _mark(span)
        pieces: list[Piece] = [(mark + " ", style)]
        left = label
        for text, colour in self._label(span):
            shown = fit(text, left, self.glyphs.ellipsis)
            pieces.append((shown, style if span.differences else colour))
            left -= cell_len(shown)
        pieces.append((" " * left + "  ", PLAIN))
        facts = self._facts(span)
        pieces.append((facts, PLAIN if span.differences else DIM))
        words = ", ".join(_said(one) for one in span.differences if one not in _MARKS)
        if words:
            pieces.append((("  " if facts else "") + words, WARN))
        yield pieces
        if span.before is not None and span.after is not None:
            indent = " " * (2 + 2 * min(span.depth, _DEEPEST) + 2)
            yield from self._texts(indent, span.before, span.after)

    def _texts(self, indent: str, before: SpanFacts, after: SpanFacts) -> Iterator[list[Piece]]:
        for word, was, now in (
            ("asked", before.input, after.input),
            ("answered", before.output, after.output),
        ):
            if was is None and now is None:
                continue
            for sign, text, style in (("-", was, BAD), ("+", now, GOOD)):
                shown = clean(text or "(nothing)", self.encoding)
                yield [(f"{indent}{sign} ", style), (f"{word}: ", DIM), (shown, PLAIN)]

    def _label(self, span: SpanDiff) -> list[Piece]:
        hidden = span.depth - _DEEPEST
        lead = "  " * min(span.depth, _DEEPEST) + (f"+{hidden} " if hidden > 0 else "")
        word = TYPE_WORDS.get(span.span_type, "")
        name = clean(span.name, self.encoding) or "(no name)"
        return [
            (lead, DIM),
            (word + " " if word else "", type_style(span.span_type)),
            (name, PLAIN),
        ]

    def _facts(self, span: SpanDiff) -> str:
        one, other = span.before, span.after
        told = set(span.differences)
        facts = []
        times = [figures.duration(side.duration_ms) if side else "" for side in (one, other)]
        costs = [
            figures.dollars(side.cost_usd) if side and side.cost_usd else ""
            for side in (one, other)
        ]
        for sides, words in (
            (times, {Difference.SLOWER, Difference.FASTER}),
            (costs, {Difference.DEARER, Difference.CHEAPER}),
        ):
            if told & words:
                facts.append(f" {self.glyphs.arrow} ".join(sides))
            elif shown := sides[1] or sides[0]:
                facts.append(shown)
        if one and other and one.model != other.model:
            facts.append(f" {self.glyphs.arrow} ".join(side.model or "-" for side in (one, other)))
        if one and other and one.status != other.status:
            facts.append(f" {self.glyphs.arrow} ".join((one.status, other.status)))
        return clean("  ".join(facts), self.encoding)


def _mark(span: SpanDiff) -> tuple[str, Style]:
    for difference, mark in _MARKS.items():
        if difference in span.differences:
            return mark
    return ("~", WARN) if span.differences else (" ", DIM)


def _said(difference: Difference) -> str:
    return _WORDS.get(difference, difference.value)
