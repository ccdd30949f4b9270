from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from examples.file_agent.hosted_model import HostedModel
from examples.file_agent.model import Reply, ToolCall
from examples.file_agent.ranking import rank, text_files
from examples.file_agent.terms import file_names, key_terms, stem, times_in
from examples.file_agent.tools import TOOLS


def test_key_terms_carry_the_question() -> None:
    assert key_terms("How are the TraceFilter spans stored in group_commit, and why?") == [
        "trace",
        "filter",
        "span",
        "stor",
        "group",
        "commit",
    ]
    assert key_terms("What does docs/refunds.md say about refunds?") == ["refund"]


def test_file_names_are_told_from_words() -> None:
    assert file_names("Does docs/a-b.md mention ./setup.py or e. g. this?") == [
        "docs/a-b.md",
        "setup.py",
    ]


@pytest.mark.parametrize(
    ("word", "cut"), [("stored", "stor"), ("spans", "span"), ("ring", "ring"), ("id", "id")]
)
def test_endings_are_cut_where_enough_is_left(word: str, cut: str) -> None:
    assert cut == stem(word)


def test_terms_are_found_where_words_begin() -> None:
    assert times_in("refunds, a prerefund, re_refund (refund)", "refund") == 3


def test_hidden_and_binary_files_are_not_searched(folder: Path) -> None:
    assert [path for path, _ in text_files(folder)] == [
        "code/rate_limit.py",
        "guide/orders.md",
        "guide/refunds.md",
    ]
    assert [path for path, _ in text_files(folder, {"guide"})] == ["code/rate_limit.py"]


def test_the_rarer_word_and_the_name_count_more(folder: Path) -> None:
    hits = rank(folder, ["refund", "nowhere"], 5)

    assert [hit.path for hit in hits] == ["guide/refunds.md"]
    assert hits[0].lines[0] == (1, "# refunds")
    assert rank(folder, ["nowhere"], 5) == []


def test_a_hosted_model_is_asked_as_chat_completions_want_it() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        call = {"id": "c1", "function": {"name": "read_file", "arguments": '{"path":"a"}'}}
        broken = {"id": "c2", "function": {"name": "read_file", "arguments": "{"}}
        return httpx.Response(
            200,
            json={
                "choices": [{"message": {"content": None, "tool_calls": [call, broken]}}],
                "usage": {"prompt_tokens": 12, "completion_tokens": 3},
            },
        )

    model = HostedModel("m", "key", "http://models.test/v1/", httpx.MockTransport(answer))
    reply = model.reply([{"role": "user", "content": "hi"}], TOOLS)

    assert reply == Reply(
        "", (ToolCall("c1", "read_file", {"path": "a"}), ToolCall("c2", "read_file", {})), 12, 3
    )
    assert str(sent[0].url) == "http://models.test/v1/chat/completions"
    assert sent[0].headers["Authorization"] == "Bearer key"


def test_a_hosted_model_that_fails_raises() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(500))

    with pytest.raises(httpx.HTTPStatusError):
        HostedModel("m", "key", transport=transport).reply([], [])
