"""The agent graph of a trace: who called whom, and how often."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from prela_core.model.tree import Node, build_forest
from prela_core.store.results import StoredSpan

__all__ = ["AgentGraph", "GraphEdge", "GraphNode", "agent_graph"]

_PASSED_OVER = frozenset({"chain", "custom"})
"""Types of span that are no one who is called: what they call is called by who called them."""

_NAMES = {"agent": "agent_name", "tool": "tool_name"} | dict.fromkeys(
    ("llm", "embedding", "reranker"), "model"
)


@attrs.define(kw_only=True, slots=False)
class GraphNode:
    """An agent, model, tool or other party of a trace.

    `id` is its `span_type` and `name`, joined by a colon. `calls` counts its spans, `errors`
    those that failed. `duration_ms` adds up their durations, as far as they have ended;
    tokens and cost are what these spans themselves say.
    """

    id: str
    span_type: str
    name: str
    calls: int = 0
    errors: int = 0
    duration_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0


@attrs.define(kw_only=True, slots=False)
class GraphEdge:
    """That `source` called `target`, by their ids. `source` is None for what nobody called.

    `calls` counts how often, `errors` how often that failed, and `duration_ms` adds up how long
    it took.
    """

    source: str | None
    target: str
    calls: int = 0
    errors: int = 0
    duration_ms: float = 0.0


@attrs.frozen(kw_only=True, slots=False)
class AgentGraph:
    """Who took part in a trace, and who called whom; each in the order of their first calls."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]


def agent_graph(spans: Sequence[StoredSpan]) -> AgentGraph:
    """Put the spans of a trace together by who they are: agents and tools by name, models by model.

    Chains and steps without a type are passed over: what they called was called by the nearest
    agent, model or tool above them.
    """
    nodes: dict[str, GraphNode] = {}
    edges: dict[tuple[str | None, str], GraphEdge] = {}
    called = sorted(_calls(spans), key=lambda call: (call[1].started_at, call[1].span_id))
    for caller, span in called:
        party = _party(span)
        node = nodes.setdefault(
            party, GraphNode(id=party, span_type=span.span_type, name=_name(span))
        )
        edge = edges.setdefault((caller, party), GraphEdge(source=caller, target=party))
        for sums in (node, edge):
            sums.calls += 1
            sums.errors += span.status == "error"
            sums.duration_ms += span.duration_ms if span.ended_at is not None else 0.0
        node.input_tokens += span.input_tokens or 0
        node.output_tokens += span.output_tokens or 0
        node.cost_usd += span.cost_usd or 0.0
    return AgentGraph(nodes=list(nodes.values()), edges=list(edges.values()))


def _calls(spans: Sequence[StoredSpan]) -> Iterator[tuple[str | None, StoredSpan]]:
    """Give each span that is a call, with who made it."""
    forest = build_forest(spans)
    below: list[tuple[str | None, Node[StoredSpan]]] = [
        (None, node)
        for nodes in (forest.roots, *(group.nodes for group in forest.waiting))
        for node in nodes
    ]
    while below:
        caller, node = below.pop()
        if node.span.span_type not in _PASSED_OVER:
            yield caller, node.span
            caller = _party(node.span)
        below += [(caller, child) for child in node.children]


def _party(span: StoredSpan) -> str:
    return f"{span.span_type}:{_name(span)}"


def _name(span: StoredSpan) -> str:
    named = getattr(span, _NAMES[span.span_type]) if span.span_type in _NAMES else None
    return named or span.name
