"""Which span of one trace does the work of which span of another.

Ids and times differ between any two runs, so spans are matched by what they are: their type and
name, what went in and came out, and what stands below them. Below a pair, the children that are
most alike are paired first; what is left is looked for elsewhere in the tree, as moved. Every step
is a look into a table, so two traces of 10,000 spans take well under a second or two.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Sequence

import attrs

from prela_core.model.tree import Node, build_forest, walk
from prela_core.store.results import StoredSpan

__all__ = ["Matched", "Twig", "match"]

_MODEL_TYPES = frozenset({"llm", "embedding", "reranker"})
"""Types of span whose names tell the library or the model, so that another name may do the same."""


@attrs.define(eq=False, slots=True)
class Twig:
    """A span with all below it, and what it is compared by.

    Two twigs have the same number in `shape` when they and all below them are of the same type
    and name; in `asked`, when the same went in as well; in `content`, when the same came out too.
    The order of children is no part of it: what runs at once begins in any order.
    """

    span: StoredSpan
    children: list[Twig]
    parent: Twig | None = None
    key: Hashable = ()
    shape: int = 0
    asked: int = 0
    content: int = 0
    twin: Twig | None = attrs.field(default=None, repr=False)

    @property
    def moved(self) -> bool:
        """True when the twin's parent is not the twin of this one's parent."""
        return self.twin is not None and not _together(self.parent, self.twin.parent)


@attrs.frozen(eq=False)
class Matched:
    """The top spans of two traces, every span with its `twin` in the other, if it has one."""

    before: Sequence[Twig]
    after: Sequence[Twig]


def match(before: Sequence[StoredSpan], after: Sequence[StoredSpan]) -> Matched:
    """Pair the spans of two traces; each has one twin at the most. Same spans, same pairs.

    The two traces' only roots are always a pair, whatever they are called.
    """
    numbers = _Numbers()
    tops = [numbers.twigs(before), numbers.twigs(after)]
    _pair_children(*tops)
    left, right = ([twig for twig in top if twig.twin is None] for top in tops)
    if len(left) == len(right) == 1:
        _pair(left[0], right[0])
    _pair_moved(*tops)
    return Matched(*tops)


class _Numbers:
    """Gives equal trees equal numbers: a tree is its span and the numbers of its children."""

    def __init__(self) -> None:
        self._known: dict[Hashable, int] = {}

    def twigs(self, spans: Sequence[StoredSpan]) -> list[Twig]:
        forest = build_forest(spans)
        tops = [*forest.roots, *(node for group in forest.waiting for node in group.nodes)]
        made: dict[int, Twig] = {}
        for node, _, _ in reversed(list(walk(tops))):  # children before their parents
            made[id(node)] = self._twig(node, [made[id(child)] for child in node.children])
        return [made[id(node)] for node in tops]

    def _twig(self, node: Node[StoredSpan], children: list[Twig]) -> Twig:
        span = node.span
        twig = Twig(span, children, key=_key(span))
        twig.shape = self._number("shape", twig.key, (child.shape for child in children))
        asked = twig.key, span.input
        twig.asked = self._number("asked", asked, (child.asked for child in children))
        content = *asked, span.output, span.status
        twig.content = self._number("content", content, (child.content for child in children))
        for child in children:
            child.parent = twig
        return twig

    def _number(self, kind: str, own: Hashable, below: Iterator[int]) -> int:
        return self._known.setdefault((kind, own, *sorted(below)), len(self._known))


def _key(span: StoredSpan) -> Hashable:
    """Say what a span is, whatever model it asked: names like `chat gpt-4o` tell the model too."""
    name = span.tool_name or span.name
    if span.model:
        name = name.replace(span.model, "")
    return span.span_type, name


def _together(left: Twig | None, right: Twig | None) -> bool:
    if left is None or right is None:
        return left is right
    return left.twin is right


def _pair(left: Twig, right: Twig) -> None:
    """Make the two a pair, and what stands below them as far as it is alike."""
    pairs = [(left, right)]
    while pairs:
        one, other = pairs.pop()
        one.twin, other.twin = other, one
        pairs += _alike(_single(one.children), _single(other.children))


def _pair_children(left: Sequence[Twig], right: Sequence[Twig]) -> None:
    for one, other in _alike(left, right):
        _pair(one, other)


def _single(twigs: Sequence[Twig]) -> list[Twig]:
    return [twig for twig in twigs if twig.twin is None]


_LIKENESS: tuple[Callable[[Twig], Hashable], ...] = (
    lambda twig: twig.content,
    lambda twig: twig.asked,
    lambda twig: None if twig.span.input is None else (twig.key, twig.span.input),
    lambda twig: twig.shape,
    lambda twig: twig.key,
    lambda twig: twig.span.span_type if twig.span.span_type in _MODEL_TYPES else None,
)
"""By what siblings are paired, the closest likeness first; None is like nothing."""


def _alike(left: Sequence[Twig], right: Sequence[Twig]) -> Iterator[tuple[Twig, Twig]]:
    """Pair siblings; of several that are equally alike, the first with the first."""
    for likeness in _LIKENESS:
        if not left or not right:
            return
        waiting: dict[Hashable, deque[Twig]] = defaultdict(deque)
        for twig in right:
            waiting[likeness(twig)].append(twig)
        paired: set[int] = set()
        for twig in left:
            seen = likeness(twig)
            if seen is not None and waiting[seen]:
                other = waiting[seen].popleft()
                paired |= {id(twig), id(other)}
                yield twig, other
        left = [twig for twig in left if id(twig) not in paired]
        right = [twig for twig in right if id(twig) not in paired]


def _pair_moved(left: Sequence[Twig], right: Sequence[Twig]) -> None:
    """Pair what is left over with what is left over elsewhere, larger parts before their own.

    A span alone is only known again when the same went into it.
    """
    gone, new = list(_unpaired(left)), list(_unpaired(right))
    if not gone or not new:
        return
    waiting: dict[Hashable, deque[Twig]] = defaultdict(deque)
    for twig in new:
        for mark in _marks(twig):
            waiting[mark].append(twig)
    counts = [Counter(twig.key for twig in twigs if twig.children) for twigs in (gone, new)]
    for twig in gone:
        marks = list(_marks(twig))
        if not all(count[twig.key] == 1 for count in counts):
            marks = [mark for mark in marks if mark[0] != "key"]
        for mark in marks:
            found = waiting[mark]
            while found and found[0].twin is not None:
                found.popleft()
            if twig.twin is None and found:
                _pair(twig, found.popleft())


def _marks(twig: Twig) -> Iterator[tuple[str, Hashable]]:
    """Give by what a span is known again at another place, the surest first."""
    span = twig.span
    told = span.input is not None
    if twig.children or told:
        yield "content", twig.content
        yield "asked", twig.asked
    if twig.children:
        yield "shape", twig.shape
    if told:
        yield "own content", (twig.key, span.input, span.output, span.status)
        yield "own asked", (twig.key, span.input)
    if twig.children:
        yield "key", twig.key  # only where no other has it


def _unpaired(tops: Sequence[Twig]) -> Iterator[Twig]:
    """Give all without a twin, parents first."""
    below = list(reversed(tops))
    while below:
        twig = below.pop()
        if twig.twin is None:
            yield twig
        below += reversed(twig.children)
