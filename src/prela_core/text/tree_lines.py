"""The lines of a trace's picture, and the guides that lead from each span to its parent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

import attrs

from prela_core.model.tree import Fault, Node, build_forest
from prela_core.store import StoredSpan
from prela_core.text.glyphs import Glyphs

__all__ = ["FAULT_NOTES", "Guides", "Line", "lines_of"]

FAULT_NOTES = {
    Fault.SELF_PARENT: "names itself as its parent",
    Fault.CYCLE: "its parents form a circle, which was cut here",
}
"""What is said below a span that is a root for want of a better place."""

_DEEPEST = 10
"""Levels drawn with guides; a span below that says how many levels are left out before it."""


@attrs.define(eq=False)  # frozen, each would take twice as long to make
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

    @property
    def width(self) -> int:
        """How many cells `lead` takes."""
        hidden = self.hidden
        return 2 * (self.depth - hidden) + (len(f"+{hidden} ") if hidden else 0)

    def lead(self, glyphs: Glyphs) -> str:
        """Draw what stands before the span itself."""
        if not self.depth:
            return ""
        return self._above(glyphs) + (glyphs.last if self.last else glyphs.branch)

    def below(self, glyphs: Glyphs) -> str:
        """Draw what stands before a further line about the same span."""
        own = ""
        if self.depth:
            own = self._above(glyphs) + ("  " if self.last else glyphs.pipe)
        return own + (glyphs.pipe if self.has_children else "  ")

    def _above(self, glyphs: Glyphs) -> str:
        pipes = _pipes(self.open_levels, glyphs.pipe)
        return f"+{hidden} {pipes}" if (hidden := self.hidden) else pipes


@lru_cache(maxsize=4096)  # there are at most 2,047 for each set of marks
def _pipes(open_levels: tuple[bool, ...], pipe: str) -> str:
    return "".join(pipe if more else "  " for more in open_levels)


@attrs.define(eq=False)  # likewise
class Line:
    """A span with its guides, or, where `span` is None, a note that a parent is missing."""

    span: StoredSpan | None
    guides: Guides
    fault: Fault | None = None
    missing_parent: str = ""


def lines_of(spans: Sequence[StoredSpan]) -> list[Line]:
    """Give the lines of a trace in their order: roots first, then what waits for a parent."""
    forest = build_forest(spans)
    lines = [line for root in forest.roots for line in _subtree([root], 0)]
    for group in forest.waiting:
        lines.append(Line(None, Guides(0, True, (), True), missing_parent=group.parent_span_id))
        lines += _subtree(group.nodes, 1)
    return lines


def _subtree(nodes: Sequence[Node[StoredSpan]], top: int) -> Iterator[Line]:
    """Yield `nodes`, which are siblings at depth `top`, and all below them: parents first."""
    stack = _siblings(nodes, top, ())
    while stack:
        node, depth, last, above = stack.pop()
        yield Line(node.span, Guides(depth, last, above, bool(node.children)), node.fault)
        if node.children:
            below = (*above, not last)[-_DEEPEST:] if depth else ()
            stack += _siblings(node.children, depth + 1, below)


_Place = tuple[Node[StoredSpan], int, bool, tuple[bool, ...]]


def _siblings(
    nodes: Sequence[Node[StoredSpan]], depth: int, above: tuple[bool, ...]
) -> list[_Place]:
    """Give what is drawn of each of `nodes`, the last first: that is taken from a stack last."""
    *others, last = nodes
    return [(last, depth, True, above), *[(node, depth, False, above) for node in others[::-1]]]
