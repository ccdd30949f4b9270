"""The compiled columns are those that Python makes, whatever the attributes hold."""

from __future__ import annotations

import json
from random import Random
from types import ModuleType
from typing import Any

import attrs
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.parts import missing

from prela_core.compiled import compiled
from prela_core.conventions import resolve
from prela_core.conventions.span_types import SPAN_TYPES
from prela_core.conventions.spellings import SPELLINGS
from prela_core.model import SpanBatch, SpanRecord
from prela_core.store import rows
from prela_core.store.within import WITHIN

SPELLED = [rule.spelling for row in SPELLINGS.values() for rule in row]
KEYS = st.one_of(
    st.sampled_from([*SPELLED, *(rule.spelling for rule in SPAN_TYPES)]),
    st.sampled_from(["gen_ai.tool.definitions", "gen_ai.tool.other", "llm.input_messages.0.x"]),
    st.text(max_size=5),
)
WORDS = [word for rule in SPAN_TYPES for word in rule.words]
MODELS = ["gpt-4o", "openai/gpt-4o-mini", "claude-sonnet-4-5", "gemini-2.5-pro", "nobody's"]
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10_000),
    st.integers(10**11, 10**22),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.sampled_from([*WORDS, *MODELS, "LLM", "", "[1]", "{", '{"role":"user"}', 'say "a\n"', "5"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(
                ["gen_ai.user.message", "gen_ai.choice", "exception", "llm.request"]
            )
        },
        optional={"attributes": st.dictionaries(KEYS, VALUES, max_size=3)},
    ),
    max_size=2,
)


@pytest.fixture(autouse=True, scope="module")
def columns() -> ModuleType:
    """Give the module that is tested."""
    module = compiled("columns")
    if module is None:
        missing("`prela_core.compiled` is not compiled here: it takes a C compiler to install it")
    return module


def span(attributes: bytes, **others: Any) -> SpanRecord:
    """Make a record with these attributes."""
    fields: dict[str, Any] = {
        "trace_id": "t",
        "span_id": "s",
        "parent_span_id": "",
        "name": "n",
        "span_type": "",
        "span_type_sent": "",
        "service_name": "svc",
        "started_at": 5,
        "ended_at": 9,
        "duration_ms": 0.004,
        "status": "success",
        "status_sent": "",
        "status_message": "",
        "attributes": attributes,
        "events": b"[]",
        "links": b"[]",
    }
    return SpanRecord(**{**fields, **others})


def both(
    spans: list[SpanRecord], received_at: int = 1_600_000_000_000_000
) -> list[list[dict[str, Any]]]:
    """Give the rows of both tables, each input and output as it is read."""
    batches = [SpanBatch("p", received_at, spans)]
    made = []
    held = rows._compiled
    for module in (held, None):
        rows._compiled = module
        try:
            made.append(rows.span_table(batches, 7))
        finally:
            rows._compiled = held
    assert made[0].schema == made[1].schema
    made[0].validate(full=True)
    return [[as_read(row) for row in table.to_pylist()] for table in made]


def as_read(row: dict[str, Any]) -> dict[str, Any]:
    # Of two equal texts in the attributes either may be pointed at.
    for name in WITHIN:
        at, length = row.pop(f"{name}_at"), row.pop(f"{name}_length")
        if length:
            row[name] += json.loads(row["attributes"][at - 1 : at - 1 + length])
            row[f"{name} is kept within"] = True
    return row


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(
            st.dictionaries(KEYS, VALUES, max_size=8),
            EVENTS,
            st.sampled_from(["", "", "llm", "custom"]),
            st.booleans(),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_attributes(made: list[tuple[dict[str, Any], list[Any], str, bool]]) -> None:
    spans = [
        span(
            json.dumps(
                said, ensure_ascii=False, separators=None if spaced else (",", ":")
            ).encode(),
            events=json.dumps(events).encode(),
            span_type=span_type,
            ended_at=9 if spaced else None,
            status="success" if spaced else "pending",
            name="\N{SNOWMAN}" * spaced,
        )
        for said, events, span_type, spaced in made
    ]
    taken, twin = both(spans)
    assert taken == twin


USUAL = {
    "llm.model": "gpt-4o",
    "gen_ai.operation.name": "chat",
    "llm.input_tokens": 1200,
    "gen_ai.usage.output_tokens": 30,
    "llm.cost_usd": 0.00125,
    "llm.prompt": 'Say "hello"\nin gr\N{LATIN SMALL LETTER U WITH DIAERESIS}n',
    "llm.response": "hello",
    "session.id": "s-1",
    "user.id": "u-1",
    "gen_ai.tool.name": "t",
    "llm.time_to_first_token_ms": 12.5,
    "more": [1, {"a": None}],
}


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.integers(1, 4))
def test_attributes_with_mistakes(seed: int, mistakes: int) -> None:
    chosen = Random(seed)  # noqa: S311 - mistakes, no secrets
    text = bytearray(json.dumps(USUAL, ensure_ascii=False).encode())
    for _ in range(mistakes):
        place = chosen.randrange(len(text))
        if chosen.random() < 0.3:
            del text[place]
        elif chosen.random() < 0.5:
            text.insert(place, chosen.choice(b'"\\{}[],:0129eE+-. ntfu\x00\xc3\xa9'))
        else:
            text[place] = chosen.randrange(256)
    taken, twin = both([span(bytes(text))])
    assert taken == twin


@pytest.mark.parametrize(
    "said",
    [
        USUAL,
        {"llm.model": "gpt-4o", "llm.input_tokens": 10, "llm.output_tokens": 3},
        {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10**12},
        {"gen_ai.request.model": "gpt-4o", "gen_ai.usage.input_tokens": 10**12 + 1},
        {"llm.cost_usd": 1e9},
        {"llm.cost_usd": 1e9 + 1},
        {"llm.cost_usd": -0.0},
        {"llm.cost_usd": 0, "llm.model": "gpt-4o", "llm.input_tokens": 5},
        {"embedding.model_name": "text-embedding-3-small"},
        {"gen_ai.tool.definitions": "[]"},
        {"gen_ai.tool.call.id": "c"},
        {"llm.prompt": "", "input.value": "second"},
        {"llm.prompt": "\x7f\x01"},
        {"a": "twice", "llm.prompt": "twice"},
    ],
)
def test_known_cases(said: dict[str, Any]) -> None:
    spans = [span(json.dumps(said, ensure_ascii=False).encode())]
    taken, twin = both(spans)
    assert taken == twin


def test_what_is_usual_is_not_left_to_the_twin(
    columns: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[SpanRecord] = []

    def twin(record: SpanRecord) -> Any:
        asked.append(record)
        return resolve(record)

    monkeypatch.setattr(columns, "resolve", twin)
    usual = span(json.dumps(USUAL, ensure_ascii=False).encode())
    columns.span_columns([SpanBatch("p", 1, [usual])])
    assert not asked
    columns.span_columns([SpanBatch("p", 1, [span(b'{"llm.cost_usd": "5"}')])])
    assert len(asked) == 1


def test_what_it_cannot_hold_is_told_by_the_twin() -> None:
    with pytest.raises((pa.ArrowException, TypeError, ValueError)):
        rows.span_table([SpanBatch("p", 1, [span(b"{}", name="\ud800")])])
    with pytest.raises((pa.ArrowException, OverflowError)):
        rows.span_table([SpanBatch("p", 1, [attrs.evolve(span(b"{}"), started_at=2**64)])])


@pytest.mark.parametrize("received_at", [0, 1_577_836_800_000_001, 2**52, 2**55])
def test_versions(received_at: int) -> None:
    spans = [
        span(b'{"a":1}', events=b'[{"name":"x"}]'),
        span(b"{}", ended_at=None, status="pending"),
        span(b"{}", ended_at=None, status="error"),
    ]
    taken, twin = both(spans, received_at)
    assert taken == twin


def test_many_rows_and_long_texts() -> None:
    spans = [
        span(json.dumps({"llm.prompt": "x" * (number * 37 % 5000)}).encode(), name=f"n{number}")
        for number in range(1000)
    ]
    taken, twin = both(spans)
    assert taken == twin


def test_no_rows() -> None:
    assert rows.span_table([]).num_rows == 0
