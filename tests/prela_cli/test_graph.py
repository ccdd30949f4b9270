from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from click.testing import Result

from prela_core.analysis import AgentGraph
from prela_core.testing.factories import stored_span, trace_detail

Run = Callable[..., Result]

SPANS = [
    stored_span(span_id="1", name="plan", span_type="agent", agent_name='the "planner"'),
    stored_span(span_id="2", parent_span_id="1", span_type="llm", model="gpt-4o", cost_usd=0.5),
    stored_span(span_id="3", parent_span_id="1", span_type="tool", name="look", status="error"),
    stored_span(span_id="4", parent_span_id="1", span_type="tool", name="look"),
]


@pytest.fixture
def trace_id(reader: Any) -> str:
    one = trace_detail(*SPANS)
    reader.details = [one]
    return one.trace_id


def test_who_took_part_and_who_called_whom(run: Run, trace_id: str) -> None:
    result = run("graph", trace_id[:8])

    assert 0 == result.exit_code
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["tool", "look", "2", "1", "500", "ms"] in lines
    assert ["llm", "gpt-4o", "1", "250", "ms", "$0.5000"] in lines
    assert ["(start)", "→", "agent:the", '"planner"', "1", "250", "ms"] in lines
    assert ["agent:the", '"planner"', "→", "tool:look", "2", "1", "500", "ms"] in lines


def test_mermaid_is_a_flowchart(run: Run, trace_id: str) -> None:
    assert [
        "flowchart TD",
        '  n0(["the #34;planner#34;"])',
        '  n1{{"llm: gpt-4o"}}',
        '  n2[/"tool: look"/]',
        '  n0 -->|"1"| n1',
        '  n0 -->|"2, 1 failed"| n2',
    ] == run("graph", trace_id, "--mermaid").stdout.splitlines()


def test_json_is_the_graph_as_the_api_answers_it(run: Run, trace_id: str) -> None:
    document = run("graph", trace_id, "--json").stdout

    assert 3 == len(msgspec.json.decode(document, type=AgentGraph).nodes)


def test_a_trace_of_plain_steps_says_so(run: Run, reader: Any) -> None:
    reader.details = [trace_detail(stored_span())]

    assert "no agent, model or tool" in run("graph", reader.details[0].trace_id).stdout


def test_an_unknown_trace_ends_with_3(run: Run, trace_id: str) -> None:
    assert 3 == run("graph", "nothing").exit_code


def test_two_forms_at_once_are_a_wrong_command_line(run: Run, trace_id: str) -> None:
    assert 2 == run("graph", trace_id, "--json", "--mermaid").exit_code
