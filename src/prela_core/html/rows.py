"""The rows of a waterfall: a span each, its children folded below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from prela_core.analysis import CriticalPath, PathSegment
from prela_core.html.axis import Axis
from prela_core.html.folding import Folding, LeftOut
from prela_core.html.markup import Markup, opening, tag
from prela_core.html.span_panel import span_panel
from prela_core.html.texts import Allowance
from prela_core.model.tree import Node
from prela_core.store import StoredSpan
from prela_core.text import figures
from prela_core.text.glyphs import UNICODE
from prela_core.text.plain import clean
from prela_core.text.tree_lines import FAULT_NOTES

__all__ = ["Rows"]

SpanNode = Node[StoredSpan]

_NESTED = 24
"""Levels of elements within each other; browsers bear some hundreds, three for each of ours."""

_CHUNK = 100
"""Siblings that stand in one list; more are folded by so many."""

_MESSAGE = 300

_LIST = opening("ul", class_="rows")
_END_LIST = Markup("</ul>")
_END_ITEM = Markup("</li>")
_END_KIDS = Markup("</ul></details></li>")


class Rows:
    """Writes the rows of one trace."""

    def __init__(
        self, folding: Folding, axis: Axis, path: CriticalPath, allowance: Allowance
    ) -> None:
        self._folding = folding
        self._axis = axis
        self._allowance = allowance
        self._times = {each.span_id: each for each in path.spans}
        self._on_path: dict[str | None, list[PathSegment]] = defaultdict(list)
        for segment in path.segments:
            self._on_path[segment.span_id].append(segment)

    def all(self) -> Markup:
        """Give every row that is shown."""
        forest = self._folding.forest
        parts = [_LIST, *self._tree(forest.roots), _END_LIST]
        for group in forest.waiting:
            note = f"parent not received: {clean(group.parent_span_id)}"
            parts.append(tag("p", note, class_="waiting warn"))
            parts += [_LIST, *self._tree(group.nodes), _END_LIST]
        return Markup("").join(parts)

    def _tree(self, nodes: Sequence[SpanNode]) -> Iterator[Markup]:
        """Write siblings with all below them, each before what is below it; without recursion."""
        to_do = self._list(nodes, 0)
        while to_do:
            step = to_do.pop()
            if isinstance(step, Markup):
                yield step
                continue
            node, level = step
            flat = "flat" if level >= _NESTED else False
            yield opening("li", style=_depth(level), class_=flat) + self._own(node, level)
            below = self._list(node.children, level + 1)
            if not below or level >= _NESTED:  # from there on, children stand after their parent
                yield _END_ITEM
            else:
                yield self._kids(node)
                to_do.append(_END_KIDS)
            to_do += below

    def _list(self, nodes: Sequence[SpanNode], level: int) -> list[Markup | tuple[SpanNode, int]]:
        """Give what a list of siblings is made of, the last first."""
        shown = [node for node in nodes if id(node) in self._folding.shown]
        parts: list[Markup | tuple[SpanNode, int]] = [(node, level) for node in shown[:_CHUNK]]
        for start in range(_CHUNK, len(shown), _CHUNK):
            chunk = shown[start : start + _CHUNK]
            parts.append(self._chunk(chunk, start, level))
            parts += [(node, level) for node in chunk]
            parts.append(_END_KIDS)
        if len(shown) < len(nodes):
            parts.append(_left_out(self._folding.left_out(nodes), level))
        return parts[::-1]

    def _kids(self, node: SpanNode) -> Markup:
        number = figures.count(len(node.children))
        said = f"{number} {'child' if len(node.children) == 1 else 'children'}"
        label = f"{said} of {clean(node.span.name)}"
        begun = opening("details", class_="kids", open=id(node) in self._folding.open)
        return begun + tag("summary", title=said, aria_label=label) + _LIST

    def _chunk(self, chunk: Sequence[SpanNode], start: int, level: int) -> Markup:
        said = f"spans {figures.count(start + 1)} to {figures.count(start + len(chunk))}"
        failed = sum(node.span.status == "error" for node in chunk)
        note = tag("span", f" · {figures.count(failed)} failed", class_="bad") if failed else ""
        begun = opening("li", style=_depth(level)) + opening("details", class_="chunk")
        return begun + tag("summary", Markup("") + said + note) + _LIST

    def _own(self, node: SpanNode, level: int) -> Markup:
        span = node.span
        panel = span_panel(span, self._times[span.span_id], self._allowance)
        row = tag("summary", self._row(node, level), class_="row")
        failed = " failed" if span.status == "error" else ""
        return tag("details", row + panel, class_=f"span k-{_kind(span)}{failed}")

    def _row(self, node: SpanNode, level: int) -> Markup:
        span = node.span
        time = "running" if span.ended_at is None else figures.duration(span.duration_ms)
        path = Markup("").join(
            tag("s", style=self._axis.place(each.started_at, each.ended_at))
            for each in self._on_path[span.span_id]
            if each.duration_ms > 0
        )
        used = None
        if span.input_tokens is not None or span.output_tokens is not None:
            used = (span.input_tokens or 0) + (span.output_tokens or 0)
        return (
            tag("span", self._label(node, level), class_="label")
            + tag("span", self._axis.bar(span) + path, class_="bar")
            + tag("span", time, class_="figure")
            + tag("span", figures.tokens(used), class_="figure tokens")
            + tag("span", figures.dollars(span.cost_usd), class_="figure cost")
            + _message(node)
        )

    def _label(self, node: SpanNode, level: int) -> Markup:
        span = node.span
        label = Markup("")
        if level > _NESTED:
            label += tag("span", f"+{level - _NESTED} ", class_="dim")
        if span.status != "success":
            tone = "bad" if span.status == "error" else "warn"
            label += tag("span", UNICODE.status(span.status), class_=f"mark {tone}")
        if span.span_type != "custom":
            label += tag("span", clean(span.span_type), class_="kind")
        label += tag("span", clean(span.name) or "(no name)", class_="name")
        detail = span.model or span.tool_name or ""
        if detail and detail not in span.name:
            label += tag("span", clean(detail), class_="dim detail")
        return label


def _message(node: SpanNode) -> Markup:
    span = node.span
    said = Markup("")
    if span.status == "error" and span.status_message:
        first = next(iter(span.status_message.strip().splitlines()), "")
        said += tag("span", clean(first[:_MESSAGE]), class_="message bad")
    if node.fault is not None:
        said += tag("span", FAULT_NOTES[node.fault], class_="message warn")
    return said


def _left_out(left_out: LeftOut, level: int) -> Markup:
    noun = "span is" if left_out.spans == 1 else "spans are"
    note = f"{figures.count(left_out.spans)} more {noun} left out of this picture"
    if left_out.failed:
        note += f", of which {figures.count(left_out.failed)} failed"
    return tag("li", note, class_="left-out", style=_depth(level))


def _depth(level: int) -> str:
    return f"--d:{min(level, _NESTED)}"


_KINDS = frozenset(
    {"agent", "llm", "tool", "retrieval", "embedding", "chain", "reranker", "guardrail",
     "evaluator"}
)  # fmt: skip


def _kind(span: StoredSpan) -> str:
    return span.span_type if span.span_type in _KINDS else "custom"
