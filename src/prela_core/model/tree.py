"""The shape of a trace: its spans as a forest, whatever clients sent as parents.

Spans arrive in any order, from several processes, and nothing they say of their parents
can be trusted: a parent may not have arrived yet, may be the span itself, or may be one of
its own descendants. Here every span finds exactly one place, in linear time after one sort.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

import attrs

__all__ = ["Fault", "Forest", "Node", "TreeItem", "Waiting", "build_forest", "walk"]


class TreeItem(Protocol):
    """What a span needs for a place in the tree: `StoredSpan`, `Span` and `SpanRecord` have it.

    A `parent_span_id` of None or "" says that there is no parent. `started_at` only has to
    be comparable among the spans of one trace.
    """

    @property
    def span_id(self) -> str:
        """The span's own id."""

    @property
    def parent_span_id(self) -> str | None:
        """The id of the span that caused this one."""

    @property
    def started_at(self) -> Any:
        """When the span began."""


T = TypeVar("T", bound=TreeItem)


class Fault(StrEnum):
    """Why a span that names a parent is shown as a root all the same."""

    SELF_PARENT = "self_parent"
    """It names itself."""
    CYCLE = "cycle"
    """Its parent is one of its own descendants; this is where the circle was cut."""


@attrs.define(eq=False)
class Node(Generic[T]):
    """A span in its place, with its children by start, then by span id."""

    span: T
    children: list[Node[T]] = attrs.field(factory=list, repr=False)
    fault: Fault | None = None


@attrs.frozen(eq=False)
class Waiting(Generic[T]):
    """Spans that name a parent which has not arrived, or was never sent."""

    parent_span_id: str
    nodes: Sequence[Node[T]]


@attrs.frozen(eq=False)
class Forest(Generic[T]):
    """All spans of a trace.

    `roots` are the spans without a parent and the ones with a `Fault`; `waiting` are the
    rest, grouped by the parent they wait for. Both are ordered by start, then by span id.
    """

    roots: Sequence[Node[T]]
    waiting: Sequence[Waiting[T]]


def build_forest(spans: Iterable[T]) -> Forest[T]:
    """Put every one of `spans` in its place; the order they are given in does not matter.

    Of a circle of parents, the earliest span becomes its root. Should an id occur more than
    once, each of its spans is kept, and children go to the earliest.
    """
    nodes = [Node(span) for span in sorted(spans, key=_moment)]
    by_id: dict[str, Node[T]] = {}
    for node in nodes:
        by_id.setdefault(node.span.span_id, node)
    cuts = _find_cuts(nodes, by_id)
    roots: list[Node[T]] = []
    waiting: dict[str, list[Node[T]]] = {}
    for node in nodes:
        parent_id = node.span.parent_span_id
        if not parent_id:
            roots.append(node)
        elif id(node) in cuts:
            is_own_parent = parent_id == node.span.span_id
            node.fault = Fault.SELF_PARENT if is_own_parent else Fault.CYCLE
            roots.append(node)
        elif parent_id in by_id:
            by_id[parent_id].children.append(node)
        else:
            waiting.setdefault(parent_id, []).append(node)
    return Forest(roots, [Waiting(parent_id, group) for parent_id, group in waiting.items()])


def walk(nodes: Sequence[Node[T]]) -> Iterator[tuple[Node[T], int, bool]]:
    """Visit `nodes` and all below them, parents first: the node, its depth, whether it is last.

    "Last" is meant among its siblings; the given nodes are siblings at depth 0. There is no
    recursion, so a chain of any depth is safe.
    """
    stack = [(node, 0, at == 0) for at, node in enumerate(reversed(nodes))]
    while stack:
        node, depth, last = stack.pop()
        yield node, depth, last
        below = enumerate(reversed(node.children))
        stack.extend((child, depth + 1, at == 0) for at, child in below)


def _moment(span: TreeItem) -> tuple[Any, str]:
    return span.started_at, span.span_id


def _find_cuts(nodes: Sequence[Node[T]], by_id: dict[str, Node[T]]) -> set[int]:
    """Find the one node (by `id()`) of each circle of parents that must become a root.

    Every span has at most one parent, so following parents from a span either ends or enters
    a single circle. A span is followed once only: `seen` says in whose walk it was met.
    """
    order = {id(node): at for at, node in enumerate(nodes)}
    seen: dict[int, int] = {}
    cuts: set[int] = set()
    for walk_number, start in enumerate(nodes):
        node: Node[T] | None = start
        while node is not None and id(node) not in seen:
            seen[id(node)] = walk_number
            node = by_id.get(node.span.parent_span_id or "")
        if node is not None and seen[id(node)] == walk_number:
            circle = [node]
            at = by_id[node.span.parent_span_id or ""]
            while at is not node:
                circle.append(at)
                at = by_id[at.span.parent_span_id or ""]
            cuts.add(min((id(one) for one in circle), key=order.__getitem__))
    return cuts
