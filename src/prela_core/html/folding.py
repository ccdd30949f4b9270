"""Which of a trace's spans a picture shows, and which of those stand open at first.

A trace may have ten thousand spans, and a picture that nobody can scroll through tells nothing.
So a picture has a most; failed spans and what leads to them are in it before others, then what
stands near the roots. What is left out is counted where it would stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

import attrs

from prela_core.model.tree import Forest, Node, build_forest, walk
from prela_core.store import StoredSpan

__all__ = ["Folding", "LeftOut", "fold"]

SpanNode = Node[StoredSpan]

_OPEN_ROWS = 60
_OPEN_FAILURES = 10
_FAILURES_SHARE = 4


@attrs.frozen
class LeftOut:
    """Spans that are not shown below one parent, with all below them."""

    spans: int
    failed: int


@attrs.frozen
class Folding:
    """The tree of a trace, and by `id()` of its nodes, which are shown and whose children are."""

    forest: Forest[StoredSpan]
    shown: frozenset[int]
    open: frozenset[int]

    def left_out(self, siblings: Sequence[SpanNode]) -> LeftOut:
        """Count what is not shown of `siblings`, and below those."""
        hidden = [node for node in siblings if id(node) not in self.shown]
        every = [node.span for node, _, _ in walk(hidden)]
        return LeftOut(len(every), sum(span.status == "error" for span in every))


def fold(spans: Sequence[StoredSpan], most: int) -> Folding:
    """Choose `most` of `spans` to show, or a few more: what leads to a shown span is shown too.

    Open are the rows nearest to the roots, up to 60 or so, and those that lead to the first
    failures.
    """
    forest = build_forest(spans)
    tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]
    parents = {id(child): node for node, _, _ in walk(tops) for child in node.children}
    level_by_level = list(_level_by_level(tops))
    failed = [node for node in level_by_level if node.span.status == "error"]
    shown: set[int] = set()
    for node in islice(failed, most // _FAILURES_SHARE):
        _add_lineage(node, parents, shown, most // 2)
    for node in level_by_level:
        if len(shown) >= most:
            break
        shown.add(id(node))
    return Folding(forest, frozenset(shown), _opened(tops, failed, parents))


def _level_by_level(tops: Iterable[SpanNode]) -> Iterable[SpanNode]:
    level = list(tops)
    while level:
        yield from level
        level = [child for node in level for child in node.children]


def _add_lineage(
    node: SpanNode | None, parents: dict[int, SpanNode], into: set[int], most: int
) -> None:
    """Add a node and all above it, unless that would make more than `most`."""
    added = []
    while node is not None and id(node) not in into:
        added.append(id(node))
        node = parents.get(id(node))
    if len(into) + len(added) <= most:
        into.update(added)


def _opened(
    tops: Sequence[SpanNode], failed: Sequence[SpanNode], parents: dict[int, SpanNode]
) -> frozenset[int]:
    opened: set[int] = set()
    rows = len(tops)
    for node in _level_by_level(tops):
        rows += len(node.children)
        if rows > _OPEN_ROWS and opened:
            break
        opened.add(id(node))
    for node in failed[:_OPEN_FAILURES]:
        _add_lineage(parents.get(id(node)), parents, opened, 2 * _OPEN_ROWS)
    return frozenset(opened)
