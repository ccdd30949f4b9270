"""A span as one line of a list that grows."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment

from prela_cli.render.glyphs import (
    DIM,
    ERROR_TEXT,
    PLAIN,
    TYPE_WORDS,
    glyphs_for,
    status_style,
    type_style,
)
from prela_cli.render.lines import Piece, one_line
from prela_cli.render.plain import clean, fit, pad
from prela_core.store import StoredSpan
from prela_core.text import figures

__all__ = ["ArrivalLine"]

_ID = 8
_TYPE = 9
_DURATION = 8


class ArrivalLine:
    """When it was received, how it ended, its kind and name, how long it took, what it used.

    A failed span has its message on a second line.
    """

    def __init__(self, span: StoredSpan) -> None:
        self._span = span

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the line, cut to the width there is."""
        glyphs = glyphs_for(options)
        encoding = console.encoding
        span = self._span

        def said(text: str | None) -> str:
            return clean(text or "", encoding)

        word = fit(said(TYPE_WORDS.get(span.span_type, span.span_type)), _TYPE, glyphs.ellipsis)
        colour = type_style(span.span_type)
        pieces: list[Piece] = [
            (span.created_at.strftime("%H:%M:%S.%f")[:-3], DIM),
            (f" {glyphs.status(span.status)} ", status_style(span.status)),
            (pad(word, _TYPE) + " ", colour),
            (pad(said(figures.duration(_took(span))), _DURATION, right=True) + "  ", PLAIN),
            (said(span.name) or "(no name)", PLAIN),
            *((f"  {text}", DIM) for text in map(said, _facts(span))),
        ]
        yield from _lines(pieces, options, glyphs.ellipsis)
        if span.status_message:
            indent = " " * (len("00:00:00.000") + 3)
            message: list[Piece] = [(indent + said(span.status_message), ERROR_TEXT)]
            yield from _lines(message, options, glyphs.ellipsis)


def _lines(pieces: list[Piece], options: ConsoleOptions, ellipsis: str) -> Iterator[Segment]:
    yield from one_line(pieces, options.max_width, ellipsis)


def _took(span: StoredSpan) -> float | None:
    return None if span.ended_at is None else span.duration_ms


def _facts(span: StoredSpan) -> Iterator[str]:
    if span.model and span.model not in span.name:
        yield span.model
    if span.input_tokens is not None or span.output_tokens is not None:
        used = figures.tokens(span.input_tokens or 0), figures.tokens(span.output_tokens or 0)
        yield f"{used[0]} in, {used[1]} out"
    if span.cost_usd:
        yield figures.dollars(span.cost_usd)
    if span.service_name:
        yield span.service_name
    yield span.trace_id[:_ID]
