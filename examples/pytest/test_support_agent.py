"""Tests of the agent of `examples/sdk`, by what it did: `pytest examples/pytest`.

They need no server. To see what a failing test shows, break the agent.
"""

from __future__ import annotations

import pytest
from examples.sdk.support_agent import answer

from prela_core.pytest_plugin import CapturedTrace


def test_it_looks_up_what_it_was_asked_about(prela_trace: CapturedTrace) -> None:
    answer("Where is order 1042?")

    prela_trace.assert_tools_called(["look_up"], exactly=True)
    prela_trace.assert_tool_called("look_up", {"order": "1042"})
    prela_trace.assert_no_errors()


def test_it_stays_cheap(prela_trace: CapturedTrace) -> None:
    answer("Where is order 1043?")

    prela_trace.assert_cost_under(0.001)
    prela_trace.assert_tokens_under(100)
    assert ["gpt-4o-mini"] == [call.model for call in prela_trace.model_calls]


@pytest.mark.parametrize("question", ["Where is order 9999?", "Where is my order?"])
def test_a_tool_that_fails_is_not_the_end(prela_trace: CapturedTrace, question: str) -> None:
    assert "There is no such order." in answer(question)

    assert ["look_up"] == [span.name for span in prela_trace.errors]
    assert "success" == prela_trace.span("support").status
