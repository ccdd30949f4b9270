"""The traps that the reference names, and odd values of each kind."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from prela_core.conventions import TypedColumns, explain, resolve
from prela_core.conventions.readers import MAX_COST_USD, MAX_TOKENS
from prela_core.model import Flag, SpanRecord

SpanMaker = Callable[..., SpanRecord]

PROMPT = "You are a helpful assistant. Answer in the style of an OpenAI engineer."


@pytest.mark.parametrize("vendor", ["openai", "OpenAI", "anthropic", "mistralai", "vertexai"])
def test_llm_system_is_a_vendor_when_it_names_one(make_span: SpanMaker, vendor: str) -> None:
    assert vendor == resolve(make_span({"llm.system": vendor})).provider


@pytest.mark.parametrize("prompt", [PROMPT, "Be brief.", "openai is great", "", None, ["openai"]])
def test_llm_system_is_no_vendor_otherwise(make_span: SpanMaker, prompt: Any) -> None:
    span = make_span({"llm.system": prompt})

    assert "" == resolve(span).provider
    assert "provider" not in explain(span)


@pytest.mark.parametrize(
    ("scope", "said", "vendor"),
    [
        ("openinference.instrumentation.newcomer", "newcomer", "newcomer"),
        ("@arizeai/openinference-instrumentation-newcomer", "newcomer", "newcomer"),
        ("openinference.instrumentation.newcomer", PROMPT, ""),
        ("openinference.instrumentation.newcomer", "x" * 41, ""),
        ("my.program", "newcomer", ""),
        (None, "newcomer", ""),
        ("my.program", "openai", "openai"),
    ],
)
def test_llm_system_of_an_openinference_scope_is_a_vendor_when_it_is_a_word(
    make_span: SpanMaker, scope: Any, said: str, vendor: str
) -> None:
    span = make_span({"llm.system": said, "otel.scope.name": scope})

    assert vendor == resolve(span).provider


@pytest.mark.parametrize(
    ("kind", "agent", "tool"),
    [
        ("agent", "planner", ""),
        ("AGENT", "planner", ""),
        ("tool", "", "planner"),
        ("task", "", ""),
        (None, "", ""),
        ([], "", ""),
    ],
)
def test_a_traceloop_entity_is_named_by_its_kind(
    make_span: SpanMaker, kind: Any, agent: str, tool: str
) -> None:
    columns = resolve(make_span({"traceloop.entity.name": "planner", "traceloop.span.kind": kind}))

    assert (agent, tool) == (columns.agent_name, columns.tool_name)


def test_a_traceloop_entity_without_a_kind_names_nothing(make_span: SpanMaker) -> None:
    columns = resolve(make_span({"traceloop.entity.name": "x", "traceloop.workflow.name": "w"}))

    assert ("w", "") == (columns.agent_name, columns.tool_name)


NESTED = [{"role": "user", "content": 'a  b "c" ü'}]


def test_a_nested_value_and_a_json_string_of_it_read_the_same(make_span: SpanMaker) -> None:
    text = json.dumps(NESTED, ensure_ascii=False, separators=(",", ":"))
    nested = make_span({"llm.messages": NESTED})
    string = make_span({"llm.messages": text})
    spaced = make_span(b'{ "llm.messages" : ' + json.dumps(NESTED, indent=2).encode() + b" }")

    assert text == resolve(nested).input
    assert text == resolve(string).input
    assert NESTED == json.loads(resolve(spaced).input)
    assert "\n" not in resolve(spaced).input


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, "0"), (False, "false"), ([], "[]"), (1.5, "1.5"), ("a\nb", "a\nb"), (" ", " ")],
)
def test_input_of_any_json_type_is_readable(
    make_span: SpanMaker, value: Any, expected: Any
) -> None:
    assert expected == resolve(make_span({"input.value": value})).input


@pytest.mark.parametrize(("value", "expected"), [(42, "42"), (True, "true"), ("x", "x")])
def test_an_id_may_be_any_single_value(make_span: SpanMaker, value: Any, expected: Any) -> None:
    assert expected == resolve(make_span({"user.id": value})).user_id


def test_a_list_is_no_name_and_gives_way(make_span: SpanMaker) -> None:
    span = make_span({"llm.model": ["gpt-4"], "gen_ai.request.model": "gpt-4o"})

    assert "gpt-4o" == resolve(span).model


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (0, 0),
        (12, 12),
        (12.0, 12),
        (-0.0, 0),
        ("12", 12),
        (" 12 ", 12),
        ("1e3", 1000),
        (MAX_TOKENS, MAX_TOKENS),
    ],
)
def test_a_count_may_be_written_in_many_ways(
    make_span: SpanMaker, sent: Any, expected: Any
) -> None:
    columns = resolve(make_span({"llm.input_tokens": sent}))

    assert (expected, int, 0) == (columns.input_tokens, type(columns.input_tokens), columns.flags)


BAD_COUNTS = [
    b"-1",
    b"1.5",
    b"1e400",
    b"1e300",
    b"9" * 30,
    b"9" * 5000,
    b"9007199254740993",
    b'"-3"',
    b'"many"',
    b'"NaN"',
    b'"Infinity"',
    b'"1_000"',
    b"true",
    b"[1]",
    b'{"a":1}',
    str(MAX_TOKENS + 1).encode(),
]


@pytest.mark.parametrize("sent", BAD_COUNTS)
def test_a_count_that_cant_be_believed_is_left_out_and_flagged(
    make_span: SpanMaker, sent: Any
) -> None:
    span = make_span(b'{"llm.input_tokens":' + sent + b',"gen_ai.usage.input_tokens":5}')
    columns = resolve(span)

    # The first spelling that is present decides, even when it decides for nothing.
    assert (None, Flag.BAD_NUMBER) == (columns.input_tokens, columns.flags)
    assert {"span_type": "default", "flags": "llm.input_tokens"} == explain(span)


@pytest.mark.parametrize(
    "sent", [b"-0.01", b"1e308", b"1e400", b'"free"', b"[]", str(MAX_COST_USD * 1.01).encode()]
)
def test_a_cost_that_cant_be_believed_is_not_replaced_by_a_computed_one(
    make_span: SpanMaker, sent: Any
) -> None:
    span = make_span(
        b'{"llm.model":"gpt-4","llm.input_tokens":5,"llm.output_tokens":5,"llm.cost_usd":'
        + sent
        + b"}"
    )
    columns = resolve(span)

    assert (None, "", "") == (columns.cost_usd, columns.cost_source, columns.price_version)
    assert Flag.BAD_NUMBER == columns.flags
    assert "llm.cost_usd" == explain(span)["flags"]


@pytest.mark.parametrize(("sent", "expected"), [(0, 0.0), (0.25, 0.25), ("0.25", 0.25)])
def test_a_sent_cost_is_kept_as_sent(make_span: SpanMaker, sent: Any, expected: Any) -> None:
    columns = resolve(make_span({"llm.cost_usd": sent}))

    assert (expected, "sent", "") == (columns.cost_usd, columns.cost_source, columns.price_version)


def test_all_bad_numbers_are_named(make_span: SpanMaker) -> None:
    span = make_span({"llm.output_tokens": -1, "llm.cost_usd": -1, "llm.input_tokens": 3})

    assert {
        "span_type": "default",
        "input_tokens": "llm.input_tokens",
        "flags": "llm.output_tokens, llm.cost_usd",
    } == explain(span)


@pytest.mark.parametrize("sent", [-1, "soon", True, [], 1e300])
def test_a_time_to_first_token_that_cant_be_gives_way_unflagged(
    make_span: SpanMaker, sent: Any
) -> None:
    span = make_span(
        {"llm.time_to_first_token_ms": sent, "gen_ai.response.time_to_first_chunk": 0.29}
    )

    assert (290.0, 0) == (resolve(span).ttft_ms, resolve(span).flags)


def test_of_a_key_sent_twice_the_last_counts(make_span: SpanMaker) -> None:
    assert "b" == resolve(make_span(b'{"llm.model":"a","llm.model":"b"}')).model


@pytest.mark.parametrize(
    "attributes",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b'{"llm.model":"gpt-4"',
        b'{"llm.model":"\xff"}',
        b'{"llm.model":"gpt-4","a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_cant_be_read_says_nothing(make_span: SpanMaker, attributes: bytes) -> None:
    span = make_span({})
    span.attributes = attributes

    assert TypedColumns() == resolve(span)
    assert {"span_type": "default"} == explain(span)


def test_deep_values_are_read_or_passed_over(make_span: SpanMaker) -> None:
    deep = b"[" * 500 + b"]" * 500
    columns = resolve(make_span(b'{"input.value":' + deep + b',"llm.model":' + deep + b"}"))

    assert deep.decode() == columns.input
    assert "" == columns.model
