"""The engine's own reading of a query, as it dumps it: one line for each node, indented."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import attrs

from prela_core.errors import InvalidError

__all__ = ["Node", "read_tree"]

_LINE = re.compile(r"( *)([A-Za-z:]+)(.*)")
_CHILDREN = re.compile(r" \(children (\d+)\)$")


@attrs.frozen
class Node:
    """A node: its kind, such as `Function`, what the line says beside, and what is below it."""

    kind: str
    text: str
    children: list[Node] = attrs.field(factory=list)

    def walk(self) -> Iterator[tuple[Node, Node | None]]:
        """Visit this node and all below it, each with its parent."""
        stack: list[tuple[Node, Node | None]] = [(self, None)]
        while stack:
            node, parent = stack.pop()
            yield node, parent
            stack.extend((child, node) for child in node.children)


def read_tree(lines: Sequence[str]) -> Node:
    """Read the lines of a dump.

    Names stand in it as they are, and may hold line ends that make lines of their own. But each
    line says how many are below it, and made-up lines can't keep all those counts right: where
    one is wrong, `InvalidError` is raised.
    """
    path: list[tuple[Node, int]] = []
    root: Node | None = None
    for line in lines:
        match = _LINE.fullmatch(line)
        if match is None:
            raise _unreadable()
        depth, kind, text = len(match[1]), match[2], match[3]
        counted = _CHILDREN.search(text)
        node = Node(kind, text[: counted.start()] if counted else text)
        _leave(path, depth)
        if path:
            path[-1][0].children.append(node)
        elif root is None:
            root = node
        else:
            raise _unreadable()
        path.append((node, int(counted[1]) if counted else 0))
    _leave(path, 0)
    if root is None:
        raise _unreadable()
    return root


def _leave(path: list[tuple[Node, int]], depth: int) -> None:
    """Go back up to where a node of `depth` belongs; what is left must be complete."""
    if depth > len(path):
        raise _unreadable()
    while len(path) > depth:
        node, wanted = path.pop()
        if len(node.children) != wanted:
            raise _unreadable()


def _unreadable() -> InvalidError:
    return InvalidError("the query has a name that can't be used here; use letters, digits and _")
