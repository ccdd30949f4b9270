from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from examples.file_agent.local_model import LocalModel, approximate_tokens
from examples.file_agent.model import Message, Reply, ToolCall

from prela_core.model import Span, SpanType, Status

Ask = Callable[..., str]


def names(spans: Sequence[Span]) -> list[str]:
    return [span.name for span in spans]


def test_the_answer_quotes_the_lines_it_rests_on(ask: Ask) -> None:
    assert "guide/refunds.md:3: A refund takes five days." in ask("How long do refunds take?")


def test_the_spans_tell_what_was_done(ask: Ask, spans: list[Span]) -> None:
    answer = ask("How long do refunds take?")

    assert names(spans) == [
        "answer question",
        "decide next step",
        "search_files",
        "rank files",
        "decide next step",
        "read_file",
        "decide next step",
    ]
    parents = {span.span_id: span.name for span in spans}
    assert [parents.get(span.parent_span_id or "") for span in spans] == [
        None,
        "answer question",
        "answer question",
        "search_files",
        "answer question",
        "answer question",
        "answer question",
    ]
    assert [span.span_type for span in spans][:4] == [
        SpanType.AGENT,
        SpanType.LLM,
        SpanType.TOOL,
        SpanType.RETRIEVAL,
    ]
    root, llm, tool, retrieval, *_ = spans
    assert root.attributes["output.value"] == answer
    assert {span.status for span in spans} == {Status.SUCCESS}
    assert llm.attributes["session.id"] == root.attributes["session.id"] == "session-1"
    assert llm.attributes["user.id"] == "user-1"
    assert llm.attributes["llm.model"] == "file-agent-rules-1"
    assert json.loads(tool.attributes["tool.input"]) == {"query": "long refund take"}
    assert "guide/refunds.md:" in tool.attributes["tool.output"]
    assert retrieval.attributes["retriever.query"] == "long refund take"


def test_each_call_of_the_model_shows_its_own_messages(ask: Ask, spans: list[Span]) -> None:
    ask("How long do refunds take?")

    calls = [span.attributes for span in spans if span.span_type == SpanType.LLM]
    assert [len(call["llm.messages"]) for call in calls] == [2, 4, 6]
    tokens = [call["llm.input_tokens"] for call in calls]
    assert sorted(set(tokens)) == tokens
    assert all(call["llm.output_tokens"] > 0 for call in calls)


def test_a_missing_file_is_looked_for_elsewhere(ask: Ask, spans: list[Span]) -> None:
    answer = ask("What does help/refunds.md say about days?")

    failed = [span for span in spans if span.status == Status.ERROR]
    assert names(failed) == ["read_file"]
    assert (failed[0].status_message or "").startswith("FileNotFoundError")
    assert answer.startswith("help/refunds.md could not be read. From guide/refunds.md:")
    assert "A refund takes five days." in answer


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("logo.png", "ToolFailureError: logo.png is no text file"),
        ("../secret.txt", "ToolFailureError"),
        ("guide/../../secret.txt", "is outside of the folder"),
    ],
)
def test_what_cannot_be_read_is_an_error_and_the_agent_goes_on(
    ask: Ask, spans: list[Span], path: str, reason: str
) -> None:
    class Reader(LocalModel):
        def reply(self, messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> Reply:
            if len(messages) == 2:
                return Reply("", (ToolCall("call_1", "read_file", {"path": path}),), 1, 1)
            return super().reply(messages, tools)

    answer = ask("How long do refunds take?", Reader())

    assert reason in (
        next(span.status_message for span in spans if span.status == Status.ERROR) or ""
    )
    assert "A refund takes five days." in answer
    assert "secret" not in answer.replace(path, "")


def test_what_the_folder_does_not_hold_is_not_made_up(ask: Ask) -> None:
    assert "I found nothing that answers this" in ask("Which zookeeper quorum is recommended?")


@pytest.mark.parametrize("question", ["", "?", "how is it", "... .. .", "日本語で答えて", "a.b.c"])
def test_any_question_gets_an_answer(ask: Ask, question: str) -> None:
    assert ask(question)


def test_a_model_that_never_answers_is_stopped(ask: Ask, spans: list[Span]) -> None:
    class Restless(LocalModel):
        def reply(self, messages: Sequence[Message], _: Sequence[dict[str, Any]]) -> Reply:
            call = ToolCall(f"c{len(messages)}", "fly", {})
            return Reply("", (call,), 1, 1)

    assert "no answer in 8 steps" in ask("anything", Restless())
    assert spans[0].status_message == "no answer after 8 steps"
    assert "ToolFailureError: there is no tool fly" in {span.status_message for span in spans}


def test_tokens_are_a_quarter_of_the_characters_rounded_up() -> None:
    assert [approximate_tokens(text) for text in ("", "a", "four", "fives")] == [0, 1, 1, 2]
