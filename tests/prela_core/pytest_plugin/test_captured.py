from __future__ import annotations

import re
from collections.abc import Iterator
from unittest.mock import ANY

import pytest

from prela_core.emit import Tracer
from prela_core.io.tracing import open_tracer
from prela_core.model import SpanType
from prela_core.pytest_plugin import CapturedTrace


@pytest.fixture
def captured() -> CapturedTrace:
    return CapturedTrace()


@pytest.fixture
def tracer(captured: CapturedTrace) -> Iterator[Tracer]:
    tracer = open_tracer("tests", export=captured.add)
    yield tracer
    tracer.sink.close(0)


def call_tool(tracer: Tracer, name: str, **arguments: object) -> None:
    with tracer.span(name, SpanType.TOOL, {"tool.name": name, "tool.input": arguments}):
        pass


def call_model(tracer: Tracer, model: str, **usage: object) -> None:
    said = {"llm.model": model} | {f"llm.{key}": value for key, value in usage.items()}
    with tracer.span("chat", SpanType.LLM, said):
        pass


@pytest.fixture
def run(tracer: Tracer) -> None:
    """An agent that searched twice, read once, and asked a model in between."""
    with tracer.span("answer", SpanType.AGENT):
        call_tool(tracer, "search", query="rotate a key", limit=5)
        call_model(tracer, "gpt-4o", input_tokens=1000, output_tokens=100)
        call_tool(tracer, "search", query="revoke a key", limit=5)
        call_tool(tracer, "read", path="docs/keys.md")


def failure(of: object, *arguments: object, **more: object) -> str:
    with pytest.raises(AssertionError) as raised:
        of(*arguments, **more)
    return str(raised.value)


def test_steps_come_by_their_start(captured: CapturedTrace, run: None) -> None:
    assert ["answer", "search", "chat", "search", "read"] == [each.name for each in captured.spans]
    assert ["search", "search", "read"] == captured.tool_names
    assert ["gpt-4o"] == [call.model for call in captured.model_calls]
    assert 1100 == captured.tokens
    assert captured.cost_usd > 0


def test_steps_are_seen_as_soon_as_their_trace_ended(
    captured: CapturedTrace, tracer: Tracer
) -> None:
    call_tool(tracer, "one")
    assert ["one"] == captured.tool_names

    call_tool(tracer, "two")
    assert ["one", "two"] == captured.tool_names


@pytest.mark.parametrize(
    "arguments",
    [
        None,
        {"query": "rotate a key"},
        {"query": re.compile("rotate")},
        {"query": lambda text: len(text) == 12, "limit": 5},
        {"limit": pytest.approx(5)},
        {"query": ANY},
    ],
)
def test_a_call_is_found_by_what_is_expected_of_its_arguments(
    captured: CapturedTrace, run: None, arguments: dict[str, object] | None
) -> None:
    captured.assert_tool_called("search", arguments)


def test_a_call_with_other_arguments_is_not_found_and_the_calls_are_shown(
    captured: CapturedTrace, run: None
) -> None:
    said = failure(captured.assert_tool_called, "search", {"query": "delete a key"})

    assert "the tool 'search' was not called with {'query': 'delete a key'}" in said
    assert "'query': 'revoke a key'" in said
    assert "tool search" in said  # of the tree
    assert "not called" in failure(captured.assert_tool_called, "search", {"colour": "red"})


def test_a_tool_that_was_not_called_is_named_with_those_that_were(
    captured: CapturedTrace, run: None
) -> None:
    said = failure(captured.assert_tool_called, "write")

    assert "the tool 'write' was not called; called were: search, search, read" in said


def test_how_often_is_counted(captured: CapturedTrace, run: None) -> None:
    captured.assert_tool_called("search", times=2)
    captured.assert_tool_called("search", {"query": "rotate a key"}, times=1)
    captured.assert_tool_called("write", times=0)
    captured.assert_tool_not_called("write")
    assert "called twice, not once" in failure(captured.assert_tool_called, "search", times=1)
    assert "called once, not never" in failure(captured.assert_tool_not_called, "read")


@pytest.mark.parametrize(
    "names", [[], ["search"], ["search", "read"], ["search", "search", "read"]]
)
def test_an_order_may_leave_calls_out(captured: CapturedTrace, run: None, names: list[str]) -> None:
    captured.assert_tools_called(names)


@pytest.mark.parametrize(
    "names", [["read", "search"], ["search", "search", "search"], ["search", "write"], ["write"]]
)
def test_another_order_fails(captured: CapturedTrace, run: None, names: list[str]) -> None:
    assert "called were: ['search'" in failure(captured.assert_tools_called, names)


def test_an_exact_order_leaves_none_out(captured: CapturedTrace, run: None) -> None:
    captured.assert_tools_called(["search", "search", "read"], exactly=True)
    assert "not exactly" in failure(captured.assert_tools_called, ["search", "read"], exactly=True)
    assert "not exactly" in failure(captured.assert_tools_called, [], exactly=True)


def test_a_failed_step_is_named_with_its_reason(captured: CapturedTrace, tracer: Tracer) -> None:
    captured.assert_no_errors()

    with pytest.raises(KeyError), tracer.span("answer"), tracer.span("look"):
        raise KeyError("gone")

    assert ["answer", "look"] == [each.name for each in captured.errors]
    said = failure(captured.assert_no_errors)
    assert "2 of 2 spans failed" in said
    assert "look: KeyError: 'gone'" in said


def test_a_bound_on_the_cost_holds(captured: CapturedTrace, tracer: Tracer) -> None:
    captured.assert_cost_under(0.000001)
    call_model(tracer, "ours", cost_usd=0.25)
    call_model(tracer, "ours", cost_usd=0.25)

    captured.assert_cost_under(0.51)
    assert "it cost $0.500000, not under $0.500000" in failure(captured.assert_cost_under, 0.5)


def test_a_cost_that_is_not_known_is_under_no_bound(
    captured: CapturedTrace, tracer: Tracer
) -> None:
    call_model(tracer, "nobody-knows-its-price", input_tokens=5)

    assert "nobody-knows-its-price isn't known" in failure(captured.assert_cost_under, 100)


def test_a_bound_on_tokens_holds(captured: CapturedTrace, run: None) -> None:
    captured.assert_tokens_under(1101)
    assert "1,100 tokens were used" in failure(captured.assert_tokens_under, 1100)


def test_one_span_is_given_by_its_name(captured: CapturedTrace, run: None) -> None:
    assert "agent" == captured.span("answer").span_type
    assert "2 spans are named 'search'" in failure(captured.span, "search")
    assert "0 spans are named 'sing'" in failure(captured.span, "sing")


def test_an_input_that_is_no_object_has_a_name_all_the_same(
    captured: CapturedTrace, tracer: Tracer
) -> None:
    for said in ({"tool.input": "plain words"}, {"tool.input": "[1, 2]"}, {}):
        with tracer.span("tool", SpanType.TOOL, said):
            pass

    assert [{"input": "plain words"}, {"input": [1, 2]}, {}] == [
        captured.arguments(call) for call in captured.tools
    ]


def test_nothing_captured_is_said_in_words(captured: CapturedTrace) -> None:
    assert "no span has ended\n" == str(captured)
    assert "called were: no tools" in failure(captured.assert_tool_called, "search")
