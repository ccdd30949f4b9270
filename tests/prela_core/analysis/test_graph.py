from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from prela_core.analysis import AgentGraph, agent_graph
from prela_core.store import StoredSpan
from prela_core.testing.factories import stored_span


def a_span(span_id: str, parent: str | None, span_type: str, **said: Any) -> StoredSpan:
    named = {"span_id": span_id, "parent_span_id": parent, "span_type": span_type}
    return stored_span(**({"name": span_id} | named | said))


def calls(graph: AgentGraph) -> list[tuple[str | None, str, int]]:
    return [(edge.source, edge.target, edge.calls) for edge in graph.edges]


def test_agents_models_and_tools_are_put_together_by_their_names() -> None:
    spans = [
        a_span("1", None, "agent", agent_name="planner"),
        a_span("2", "1", "llm", model="m", cost_usd=0.5, input_tokens=3, output_tokens=2),
        a_span("3", "1", "tool", tool_name="search"),
        a_span("4", "1", "tool", tool_name="search", status="error", duration_ms=50.0),
        a_span("5", "1", "agent", name="writer"),
        a_span("6", "5", "llm", model="m", cost_usd=0.25),
    ]

    graph = agent_graph(spans)

    assert [
        (None, "agent:planner", 1),
        ("agent:planner", "llm:m", 1),
        ("agent:planner", "tool:search", 2),
        ("agent:planner", "agent:writer", 1),
        ("agent:writer", "llm:m", 1),
    ] == calls(graph)
    model = next(node for node in graph.nodes if node.id == "llm:m")
    assert (2, 0.75, 3, 2, "m") == (
        model.calls,
        model.cost_usd,
        model.input_tokens,
        model.output_tokens,
        model.name,
    )
    search = next(edge for edge in graph.edges if edge.target == "tool:search")
    assert (1, 300.0) == (search.errors, search.duration_ms)


def test_chains_and_plain_steps_are_passed_over() -> None:
    spans = [
        a_span("1", None, "custom"),
        a_span("2", "1", "agent", name="planner"),
        a_span("3", "2", "chain"),
        a_span("4", "3", "custom"),
        a_span("5", "4", "tool", name="search"),
        a_span("6", "5", "tool", name="search"),
        a_span("7", "lost", "tool", name="search"),
    ]

    assert [
        (None, "agent:planner", 1),
        ("agent:planner", "tool:search", 1),
        ("tool:search", "tool:search", 1),
        (None, "tool:search", 1),
    ] == calls(agent_graph(spans))


@given(st.data())
def test_every_call_is_counted_once(data: st.DataObject) -> None:
    ids = [f"s{at}" for at in range(data.draw(st.integers(0, 12)))]
    spans = [
        a_span(
            one,
            data.draw(st.sampled_from([None, "lost", *ids])),
            data.draw(st.sampled_from(["agent", "llm", "tool", "chain", "custom"])),
            name=data.draw(st.sampled_from("ab")),
            status=data.draw(st.sampled_from(["success", "error", "pending"])),
        )
        for one in ids
    ]
    graph = agent_graph(spans)
    wanted = Counter(
        f"{span.span_type}:{span.name}"
        for span in spans
        if span.span_type not in {"chain", "custom"}
    )

    assert wanted == {node.id: node.calls for node in graph.nodes}
    by_target: Counter[str] = Counter()
    for edge in graph.edges:
        by_target[edge.target] += edge.calls
    assert wanted == by_target
    assert graph == agent_graph(data.draw(st.permutations(spans)))
