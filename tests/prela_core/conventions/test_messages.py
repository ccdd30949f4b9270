"""Inputs and outputs that are spread over indexed attributes or events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import explain, resolve
from prela_core.model import SpanRecord

SpanMaker = Callable[..., SpanRecord]


@pytest.mark.parametrize(
    ("column", "prefix", "wrapper"),
    [
        ("input", "llm.input_messages.", "message."),
        ("input", "gen_ai.prompt.", ""),
        ("output", "llm.output_messages.", "message."),
        ("output", "gen_ai.completion.", ""),
    ],
)
def test_indexed_attributes_become_messages_in_order_of_their_numbers(
    make_span: SpanMaker, column: str, prefix: str, wrapper: str
) -> None:
    span = make_span(
        {
            f"{prefix}10.{wrapper}content": "last",
            f"{prefix}2.{wrapper}role": "user",
            f"{prefix}2.{wrapper}content": "second",
            f"{prefix}0.{wrapper}content": {"nested": [1, 2]},
            f"{prefix}0.{wrapper}score": 0.5,
        }
    )

    assert [
        {"content": '{"nested":[1,2]}'},
        {"role": "user", "content": "second"},
        {"content": "last"},
    ] == json.loads(getattr(resolve(span), column))
    assert prefix == explain(span)[column]


@pytest.mark.parametrize(
    ("column", "prefix", "wrapper"), [("output", "retrieval.documents.", "document.")]
)
def test_indexed_documents_become_a_list_in_order_of_their_numbers(
    make_span: SpanMaker, column: str, prefix: str, wrapper: str
) -> None:
    span = make_span(
        {
            f"{prefix}10.{wrapper}content": "last",
            f"{prefix}2.{wrapper}role": "user",
            f"{prefix}2.{wrapper}content": "second",
            f"{prefix}0.{wrapper}content": {"nested": [1, 2]},
            f"{prefix}0.{wrapper}score": 0.5,
        }
    )

    assert [
        {"content": {"nested": [1, 2]}, "score": 0.5},
        {"role": "user", "content": "second"},
        {"content": "last"},
    ] == json.loads(getattr(resolve(span), column))
    assert prefix == explain(span)[column]


def test_indexed_attributes_are_compact(make_span: SpanMaker) -> None:
    span = make_span({"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "hi"})

    assert '[{"role":"user","content":"hi"}]' == resolve(span).input


@pytest.mark.parametrize(
    "key",
    [
        "gen_ai.prompt.",
        "gen_ai.prompt.0",
        "gen_ai.prompt.0.",
        "gen_ai.prompt.x.content",
        "gen_ai.prompt.-1.content",
        "gen_ai.prompt.².content",
        "gen_ai.prompt." + "9" * 5000 + ".content",
        "gen_ai.prompt..content",
        "gen_ai.prompts.0.content",
    ],
)
def test_a_key_that_only_looks_indexed_is_none(make_span: SpanMaker, key: str) -> None:
    span = make_span({key: "x"})

    assert "" == resolve(span).input
    assert "input" not in explain(span)


def test_precedence_between_values_and_indexed_attributes(make_span: SpanMaker) -> None:
    indexed = {"llm.input_messages.0.message.content": "i", "gen_ai.prompt.0.content": "p"}

    assert "v" == resolve(make_span({**indexed, "input.value": "v"})).input
    assert (
        '[{"content":"i"}]' == resolve(make_span({**indexed, "traceloop.entity.input": "t"})).input
    )
    del indexed["llm.input_messages.0.message.content"]
    assert "t" == resolve(make_span({**indexed, "traceloop.entity.input": "t"})).input
    assert '[{"content":"p"}]' == resolve(make_span({**indexed, "ai.prompt.messages": "a"})).input


def event(name: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "timestamp": "2026-11-01T00:00:00Z", "attributes": attributes}


CONVERSATION = [
    event("gen_ai.system.message", content="be brief"),
    event("exception", **{"exception.type": "E"}),
    event("gen_ai.user.message", content="hi", role="customer"),
    event("gen_ai.choice", index=0, message={"content": "hello"}),
]


def test_messages_of_events_keep_their_order_and_get_a_role(make_span: SpanMaker) -> None:
    columns = resolve(make_span({}, events=CONVERSATION))

    assert [
        {"content": "be brief", "role": "system"},
        {"content": "hi", "role": "customer"},
    ] == json.loads(columns.input)
    assert [{"role": "assistant", "content": "hello"}] == json.loads(columns.output)


def test_events_stand_where_the_table_has_them(make_span: SpanMaker) -> None:
    span = make_span({"input.value": "v", "gen_ai.completion": "c"}, events=CONVERSATION)

    said = explain(span)
    assert ("gen_ai.user.message", "gen_ai.completion") == (said["input"], said["output"])


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (
            [event("gen_ai.content.prompt", **{"gen_ai.prompt": "p"})],
            ("p", ""),
        ),
        (
            [event("gen_ai.content.completion", **{"gen_ai.completion": ["c"]})],
            ("", '["c"]'),
        ),
        (
            [
                event(
                    "gen_ai.client.inference.operation.details",
                    **{"gen_ai.input.messages": [{"a": 1}], "gen_ai.output.messages": "o"},
                )
            ],
            ('[{"a":1}]', "o"),
        ),
    ],
)
def test_events_that_hold_everything_at_once(
    make_span: SpanMaker, events: Any, expected: Any
) -> None:
    columns = resolve(make_span({}, events=events))

    assert expected == (columns.input, columns.output)


@pytest.mark.parametrize(
    "events",
    [
        b'["gen_ai."]',
        b'[{"name":"gen_ai.user.message"',
        b'{"name":"gen_ai.user.message"}',
        b'[{"name":["gen_ai.user.message"]},null,7]',
        b'[{"name":"gen_ai.user.message","attributes":[1]}]',
        b'[{"name":"gen_ai.content.prompt","attributes":{"gen_ai.prompt":null}}]',
        b'[{"name":"gen_ai.other"}]',
        b"gen_ai." + b"[" * 100_000,
    ],
)
def test_odd_events_say_nothing(make_span: SpanMaker, events: Any) -> None:
    columns = resolve(make_span({}, events=events))

    assert ("", "") == (columns.input, columns.output)
