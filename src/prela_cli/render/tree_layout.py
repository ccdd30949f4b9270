"""Where things stand in the picture of a trace: its lines, guides and the columns' widths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs
from rich.cells import cell_len

from prela_cli.render import figures
from prela_cli.render.glyphs import TYPE_WORDS, Glyphs
from prela_core.model.tree import Fault, Node, build_forest, walk
from prela_core.store import StoredSpan

__all__ = ["Guides", "Layout", "Line", "lay_out", "lines_of"]

_DEEPEST = 10
"""Levels drawn with guides; a span below that says how many levels are left out before it."""

_GUTTER = 2
_LEAST_BAR = 10
_LEAST_LABEL = 24
_TIME = 7
_TOKENS = 6


@attrs.frozen
class Guides:
    """The lines that lead from a span up to its ancestors.

    `open_levels` says for each of the levels above, outermost first, whether a sibling
    follows further down; only the innermost ten are kept, so drawing takes the same time
    at any depth.
    """

    depth: int
    last: bool
    open_levels: tuple[bool, ...]
    has_children: bool

    @property
    def hidden(self) -> int:
        """How many levels are left out of the drawing."""
        return max(self.depth - 1 - len(self.open_levels), 0)

    def lead(self, glyphs: Glyphs) -> str:
        """Draw what stands before the span itself."""
        if self.depth == 0:
            return ""
        return self._above(glyphs) + (glyphs.last if self.last else glyphs.branch)

    def below(self, glyphs: Glyphs) -> str:
        """Draw what stands before a further line about the same span."""
        own = ""
        if self.depth:
            own = self._above(glyphs) + ("  " if self.last else glyphs.pipe)
        return own + (glyphs.pipe if self.has_children else "  ")

    def _above(self, glyphs: Glyphs) -> str:
        skipped = f"+{self.hidden} " if self.hidden else ""
        return skipped + "".join(glyphs.pipe if more else "  " for more in self.open_levels)


@attrs.frozen
class Line:
    """A span with its guides, or, where `span` is None, a note that a parent is missing."""

    span: StoredSpan | None
    guides: Guides
    fault: Fault | None = None
    missing_parent: str = ""


@attrs.frozen
class Layout:
    """Widths in cells; a column of width 0 is left out."""

    width: int
    label: int
    bar: int
    time: int
    tokens: int
    cost: int


def lines_of(spans: Sequence[StoredSpan]) -> list[Line]:
    """Give the lines of a trace in their order: roots first, then what waits for a parent."""
    forest = build_forest(spans)
    lines = [line for root in forest.roots for line in _subtree([root], 0)]
    for group in forest.waiting:
        lines.append(Line(None, Guides(0, True, (), True), missing_parent=group.parent_span_id))
        lines += _subtree(group.nodes, 1)
    return lines


def _subtree(nodes: Sequence[Node[StoredSpan]], top: int) -> Iterator[Line]:
    more: list[bool] = []
    for node, below, last in walk(nodes):
        depth = top + below
        del more[max(depth - 1, 0) :]
        above = tuple(more[-_DEEPEST:])
        yield Line(node.span, Guides(depth, last, above, bool(node.children)), node.fault)
        if depth:
            more.append(not last)


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
    needed = max(_label_width(line) for line in lines)
    if room < _LEAST_LABEL + 1 + _LEAST_BAR:
        return Layout(width, max(min(needed, room), 1), 0, _TIME, tokens, cost)
    label = min(needed, max(room * 6 // 10, _LEAST_LABEL))
    return Layout(width, label, room - label - 1, _TIME, tokens, cost)


def _label_width(line: Line) -> int:
    if line.span is None:
        return 0
    hidden = line.guides.hidden
    indent = 2 * (line.guides.depth - hidden) + (len(f"+{hidden} ") if hidden else 0)
    word = len(TYPE_WORDS.get(line.span.span_type, ""))
    known = line.span.model or line.span.tool_name or ""
    detail = 1 + cell_len(known[:60]) if known not in line.span.name else 0
    return indent + (word and word + 1) + cell_len(line.span.name[:200]) + detail
