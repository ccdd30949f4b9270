"""The facts about a trace as a whole, in three lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from prela_cli.render.glyphs import BAD, DIM, HEADING, PLAIN, Glyphs, status_style
from prela_cli.render.lines import Piece
from prela_cli.render.plain import clean
from prela_core.store import TraceSummary
from prela_core.text import figures
from prela_core.text.glyphs import STATUS_WORDS

__all__ = ["header_lines"]

_MODELS_SHOWN = 3


def header_lines(
    trace: TraceSummary, now: datetime, glyphs: Glyphs, encoding: str
) -> Iterator[list[Piece]]:
    """Yield the lines: what it was and how it ended; which it is; what it used."""
    dot = f" {glyphs.dot} "
    status = STATUS_WORDS.get(trace.status, clean(trace.status, encoding))
    span_of_time = clean(figures.duration(trace.duration_ms), encoding)
    colour = status_style(trace.status)
    yield [
        (glyphs.status(trace.status) + " ", colour),
        (clean(trace.name, encoding) or "(no name)", HEADING),
        ("  ", PLAIN),
        (status, colour),
        (f"{dot}{span_of_time}{dot}{figures.ago(trace.started_at, now)}", PLAIN),
    ]
    yield [
        ("  trace ", DIM),
        (clean(trace.trace_id, encoding), PLAIN),
        ("  started ", DIM),
        (figures.moment(trace.started_at), PLAIN),
    ]
    facts: list[Piece] = [("  ", PLAIN)]
    if trace.service_name:
        facts += [(clean(trace.service_name, encoding), PLAIN), (dot, DIM)]
    facts.append((_number(trace.span_count, "span"), PLAIN))
    if trace.error_count:
        facts += [(dot, DIM), (f"{figures.count(trace.error_count)} failed", BAD)]
    if trace.input_tokens or trace.output_tokens:
        used = figures.count(trace.input_tokens), figures.count(trace.output_tokens)
        facts += [(dot, DIM), (f"tokens {used[0]} in, {used[1]} out", PLAIN)]
    if trace.cost_usd:
        facts += [(dot, DIM), (figures.dollars(trace.cost_usd), PLAIN)]
    if trace.models:
        models = ", ".join(clean(model, encoding) for model in trace.models[:_MODELS_SHOWN])
        more = len(trace.models) - _MODELS_SHOWN
        facts += [(dot, DIM), (models + (f" +{more}" if more > 0 else ""), PLAIN)]
    yield facts


def _number(count: int, noun: str) -> str:
    return f"{figures.count(count)} {noun}{'' if count == 1 else 's'}"
