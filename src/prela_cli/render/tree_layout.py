"""How wide the columns are in the picture of a trace."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import attrs

from prela_cli.render.plain import width_of
from prela_core.store import StoredSpan
from prela_core.text import figures
from prela_core.text.glyphs import TYPE_WORDS
from prela_core.text.tree_lines import Line

__all__ = ["Layout", "lay_out"]

_GUTTER = 2
_LEAST_BAR = 10
_LEAST_LABEL = 24
_TIME = 7
_TOKENS = 6


@attrs.frozen
class Layout:
    """Widths in cells; a column of width 0 is left out."""

    width: int
    label: int
    bar: int
    time: int
    tokens: int
    cost: int


def lay_out(spans: Sequence[StoredSpan], lines: Sequence[Line], width: int) -> Layout:
    """Share `width` cells among the columns; what no span has gets no column.

    Labels get what they need up to six tenths, bars the rest. Where that leaves too little,
    first cost, then tokens, then the bars give way.
    """
    has_tokens = any(span.input_tokens or span.output_tokens for span in spans)
    tokens = _TOKENS if has_tokens else 0
    costs = [len(figures.dollars(span.cost_usd)) for span in spans if span.cost_usd]
    cost = max([*costs, len("cost")]) if costs else 0
    room = 0
    for kept_tokens, kept_cost in ((tokens, cost), (tokens, 0), (0, 0)):
        tokens, cost = kept_tokens, kept_cost
        room = width - _GUTTER - _TIME - 1 - (tokens and tokens + 1) - (cost and cost + 1)
        if room >= _LEAST_LABEL + 1 + _LEAST_BAR:
            break
    if room < _LEAST_LABEL + 1 + _LEAST_BAR:
        return Layout(width, max(_label_widths(lines, room), 1), 0, _TIME, tokens, cost)
    label = _label_widths(lines, max(room * 6 // 10, _LEAST_LABEL))
    return Layout(width, label, room - label - 1, _TIME, tokens, cost)


def _label_widths(lines: Sequence[Line], most: int) -> int:
    """Give the width that the widest label needs, but `most` at the most."""
    needed = 0
    for line in lines:
        needed = max(needed, _label_width(line))
        if needed >= most:  # as in nearly all long traces, near their beginning
            return most
    return needed


def _label_width(line: Line) -> int:
    span = line.span
    if span is None:
        return 0
    known = span.model or span.tool_name or ""
    return line.guides.width + _words_width(span.span_type, span.name, known)


@lru_cache(maxsize=4096)  # a long trace does few things, again and again
def _words_width(span_type: str, name: str, known: str) -> int:
    word = len(TYPE_WORDS.get(span_type, ""))
    detail = 1 + width_of(known[:60]) if known not in name else 0
    return (word and word + 1) + width_of(name[:200]) + detail
