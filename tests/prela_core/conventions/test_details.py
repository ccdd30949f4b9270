"""Values inside attributes that hold objects, as OpenInference and Langfuse's SDK send them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import explain, resolve
from prela_core.model import Flag, SpanRecord

SpanMaker = Callable[..., SpanRecord]

USAGE = "langfuse.observation.usage_details"
MODEL = {"langfuse.observation.model.name": "gpt-4o"}
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)

# What is sent, the counts that it makes, and how many input tokens are to be paid in full.
USAGES: dict[str, tuple[dict[str, Any], tuple[int | None, ...], int]] = {
    "its own names, which count cached tokens apart": (
        {"input": 100, "output": 30, "input_cached_tokens": 20, "total": 150},
        (100, 30, 20, None, None),
        100,
    ),
    "as its LangChain handler has them": (
        {"input": 100, "output": 30, "input_cache_read": 20, "output_reasoning": 5},
        (100, 30, 20, None, 5),
        100,
    ),
    "as a chat completion of OpenAI says": (
        {
            "prompt_tokens": 120,
            "completion_tokens": 30,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 20, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
        (120, 30, 20, None, 5),
        100,
    ),
    "as a response of OpenAI says": (
        {
            "input_tokens": 120,
            "output_tokens": 30,
            "input_tokens_details": {"cached_tokens": 20},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
        (120, 30, 20, None, 0),
        100,
    ),
    "of an embedding": ({"input": 9}, (9, None, None, None, None), 9),
    "of nothing known": ({"seconds": 3}, (None,) * 5, 0),
}


@pytest.mark.parametrize("spelled", [dict, json.dumps], ids=["object", "text"])
@pytest.mark.parametrize("name", USAGES)
def test_counts_of_a_usage(make_span: SpanMaker, name: str, spelled: Any) -> None:
    usage, counts, fresh = USAGES[name]

    columns = resolve(make_span({**MODEL, USAGE: spelled(usage)}))

    assert counts == tuple(getattr(columns, column) for column in COUNTS)
    if columns.input_tokens is None:
        assert columns.cost_usd is None
    else:
        cached, out = columns.cache_read_tokens or 0, columns.output_tokens or 0
        assert pytest.approx((fresh * 2.5 + cached * 1.25 + out * 10) / 1e6) == columns.cost_usd


def test_a_sent_cost_is_its_total(make_span: SpanMaker) -> None:
    costs = '{"input": 0.1, "output": 0.15, "total": 0.25}'
    columns = resolve(make_span({**MODEL, "langfuse.observation.cost_details": costs}))

    assert (0.25, "sent") == (columns.cost_usd, columns.cost_source)


@pytest.mark.parametrize("holder", ["llm.invocation_parameters", "embedding.invocation_parameters"])
def test_a_call_that_failed_has_the_model_it_asked_for(make_span: SpanMaker, holder: str) -> None:
    asked = {holder: '{"model": "gpt-4o", "stream": true}'}

    assert resolve(make_span(asked)).model == "gpt-4o"
    assert explain(make_span(asked))["model"] == holder
    assert resolve(make_span({**asked, "llm.model_name": "gpt-4o-2024-08-06"})).model == (
        "gpt-4o-2024-08-06"
    )


@pytest.mark.parametrize(
    "held",
    ["", "{", "[1]", "null", "7", '"{}"', {"input": None}, {"prompt_tokens_details": 7}, [], None],
    ids=repr,
)
def test_what_is_no_object_or_says_nothing_is_passed_over(make_span: SpanMaker, held: Any) -> None:
    columns = resolve(make_span({USAGE: held, "llm.invocation_parameters": held}))

    assert (None,) * 5 == tuple(getattr(columns, column) for column in COUNTS)
    assert columns.model == ""
    assert columns.flags == 0


def test_a_count_that_cannot_be_believed_is_flagged(make_span: SpanMaker) -> None:
    columns = resolve(make_span({**MODEL, USAGE: '{"input": -5, "output": 30}'}))

    assert columns.input_tokens is None
    assert columns.output_tokens == 30
    assert columns.flags & Flag.BAD_NUMBER.value
    assert columns.cost_usd is None
