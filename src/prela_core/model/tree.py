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
    places: dict[str, int] = {}
    for place, node in enumerate(nodes):
        places.setdefault(node.span.span_id, place)
    named = [node.span.parent_span_id for node in nodes]
    parents = [places.get(parent_id) if parent_id else None for parent_id in named]
    cuts = _find_cuts(parents)
    roots: list[Node[T]] = []
    waiting: dict[str, list[Node[T]]] = {}
    for place, (node, parent_id, parent) in enumerate(zip(nodes, named, parents, strict=True)):
        if not parent_id:
            roots.append(node)
        elif parent is None:
            waiting.setdefault(parent_id, []).append(node)
        elif place in cuts:
            is_own_parent = parent_id == node.span.span_id
            node.fault = Fault.SELF_PARENT if is_own_parent else Fault.CYCLE
            roots.append(node)
        else:
            nodes[parent].children.append(node)
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
        if node.children:
            *others, youngest = node.children
            stack.append((youngest, depth + 1, True))
            stack += [(child, depth + 1, False) for child in reversed(others)]


def _moment(span: TreeItem) -> tuple[Any, str]:
    return span.started_at, span.span_id


def _find_cuts(parents: Sequence[int | None]) -> set[int]:
    """Find the one place of each circle of parents that must become a root: the earliest.

    `parents` has for each place, in order of start, that of its parent. Every place has at most
    one, so following parents either ends or enters a single circle. Somewhere a circle goes on
    to a later place, or to the same: only those are followed, and each place once only; `seen`
    says in whose walk it was met.
    """
    seen: dict[int, int] = {}
    cuts: set[int] = set()
    for start, parent in enumerate(parents):
        if parent is None or parent < start:
            continue
        at: int | None = start
        walked: list[int] = []
        while at is not None and at not in seen:
            seen[at] = start
            walked.append(at)
            at = parents[at]
        if at is not None and seen[at] == start:
            cuts.add(min(walked[walked.index(at) :]))
    return cuts
