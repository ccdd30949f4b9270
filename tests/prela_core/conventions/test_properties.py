"""Laws that hold for any JSON whatever."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from prela_core.conventions import COLUMNS, TypedColumns, explain, price_of, resolve
from prela_core.conventions.keys import _MAX_KINDS, KeyKinds
from prela_core.conventions.prices import _MAX_REMEMBERED, _remembered
from prela_core.conventions.readers import BAD, MAX_COST_USD, MAX_TOKENS, PLAIN, READERS
from prela_core.conventions.resolve import (
    _MAX_KEY,
    _MAX_KEY_SETS,
    _MAX_KEYS,
    _MAX_PLANS,
    _MAX_SHAPE,
    _make_plan,
    _plans,
    _plans_by_keys,
)
from prela_core.conventions.span_types import SPAN_TYPES
from prela_core.conventions.spellings import SPELLINGS
from prela_core.model import Flag, SpanRecord, SpanType

Pairs = list[tuple[str, Any]]
SpanMaker = Callable[..., SpanRecord]

WORDS = [word for rule in SPAN_TYPES for word in rule.words]
SPELLED = [rule.spelling for row in SPELLINGS.values() for rule in row]
KEYS = st.one_of(
    st.sampled_from(SPELLED + [rule.spelling for rule in SPAN_TYPES]),
    st.builds(
        "{}{}.{}".format,
        st.sampled_from([each for each in SPELLED if each.endswith(".")]),
        st.integers(-1, 12) | st.text(max_size=3),
        st.sampled_from(["message.role", "message.content", "document.", "content", ""]),
    ),
    st.text(max_size=8),
)
# Escaped surrogates can't be in a record: wire has replaced them.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
NUMBERS = st.one_of(
    st.integers(), st.integers(10**15, 10**400), st.floats(), st.integers(0, 5000).map(str)
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    TEXT,
    st.sampled_from([*WORDS, "gpt-4", "openai/gpt-4o", "openai", "agent", "tool", "1e999", "-"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(
                ["gen_ai.user.message", "gen_ai.choice", "gen_ai.content.prompt"]
            )
            | VALUES,
            "timestamp": VALUES,
            "attributes": st.dictionaries(KEYS, VALUES, max_size=3) | VALUES,
        },
    )
    | VALUES,
    max_size=3,
)


def as_json(value: Any) -> bytes:
    """Write JSON as wire leaves it: NaN and infinities are null."""

    def finite(part: Any) -> Any:
        if isinstance(part, float) and not math.isfinite(part):
            return None
        if isinstance(part, list):
            return [finite(each) for each in part]
        if isinstance(part, dict):
            return {key: finite(each) for key, each in part.items()}
        return part

    return json.dumps(finite(value), ensure_ascii=False).encode(errors="replace")


def pairs_as_json(pairs: Pairs) -> bytes:
    """Write an object whose keys may repeat."""
    return b"{" + b",".join(as_json(k) + b": " + as_json(v) for k, v in pairs) + b"}"


PAIRS = st.lists(st.tuples(KEYS, VALUES), max_size=12)


@given(pairs=PAIRS, events=EVENTS, span_type=st.sampled_from(["", *SpanType]))
def test_any_attributes_give_columns_of_the_right_types(
    make_span: SpanMaker, pairs: Pairs, events: Any, span_type: str
) -> None:
    span = make_span(pairs_as_json(pairs), events=as_json(events), span_type=str(span_type))
    columns = resolve(span)

    assert columns.span_type in set(SpanType)
    for name in COLUMNS:
        value, absent = getattr(columns, name), getattr(TypedColumns(), name)
        if name.endswith("_tokens"):
            assert value is None or (type(value) is int and 0 <= value <= MAX_TOKENS)
        elif name == "cost_usd":
            assert value is None or (type(value) is float and 0 <= value <= MAX_COST_USD)
        elif name == "ttft_ms":
            assert value is None or (type(value) is float and 0 <= value < math.inf)
        else:
            assert type(value) is type(absent)
    assert columns.flags in {0, Flag.BAD_NUMBER}
    assert ("" == columns.cost_source) == (columns.cost_usd is None)
    assert ("computed" == columns.cost_source) == ("" != columns.price_version)
    # They must reach the store: text that encodes, numbers that JSON can hold.
    assert columns == msgspec.json.decode(msgspec.json.encode(columns), type=TypedColumns)


@given(pairs=PAIRS, events=EVENTS, span_type=st.sampled_from(["", *SpanType]))
def test_resolve_and_explain_never_disagree(
    make_span: SpanMaker, pairs: Pairs, events: Any, span_type: str
) -> None:
    span = make_span(pairs_as_json(pairs), events=as_json(events), span_type=str(span_type))
    columns, said = resolve(span), explain(span)
    set_columns = {
        name for name in COLUMNS if getattr(columns, name) != getattr(TypedColumns(), name)
    }

    assert set_columns | {"span_type"} == set(said)
    # Only what explain names is used: a span with nothing else is read the same.
    named = {part for by in said.values() for part in by.split(", ")}
    kept = [
        (key, value)
        for key, value in pairs
        if any(
            key == each or (each[-1] in ".*" and key.startswith(each.rstrip("*"))) for each in named
        )
        or key in {"traceloop.span.kind", "otel.scope.name"}
    ]
    less = make_span(pairs_as_json(kept), events=as_json(events), span_type=str(span_type))
    assert columns == resolve(less)


@given(pairs=PAIRS, seed=st.randoms(use_true_random=False))
def test_the_order_of_keys_and_unknown_keys_change_nothing(
    make_span: SpanMaker, pairs: Pairs, seed: Random
) -> None:
    attributes = list(dict(pairs).items())
    shuffled = [*attributes, ("app.unknown", [1, {"llm.model": "gpt-4"}])]
    seed.shuffle(shuffled)

    def without_flattened(columns: TypedColumns) -> TypedColumns:
        # Objects put together from flattened keys keep the order they were sent in.
        columns.input = columns.output = ""
        return columns

    assert without_flattened(resolve(make_span(pairs_as_json(attributes)))) == without_flattened(
        resolve(make_span(pairs_as_json(shuffled)))
    )


@given(value=VALUES)
def test_a_plain_decoder_takes_nothing_that_its_reader_reads_otherwise(
    make_span: SpanMaker, value: Any
) -> None:
    raw = msgspec.Raw(as_json(value))
    for name, decode in PLAIN.items():
        read = READERS[name]("key", {"key": raw}, make_span({}))
        try:
            plain = decode(raw)
        except ValueError:
            continue
        assert read is not BAD
        assert (read, type(read)) == (plain, type(plain))


@given(attributes=st.binary(), events=st.binary())
def test_even_bytes_that_are_no_json_raise_nothing(
    make_span: SpanMaker, attributes: Any, events: Any
) -> None:
    span = make_span({})
    span.attributes, span.events = attributes, events + b"gen_ai."

    assert resolve(span).span_type in set(SpanType)
    assert "span_type" in explain(span)


def test_what_is_remembered_of_keys_is_bounded() -> None:
    kinds = KeyKinds()
    for number in range(_MAX_KINDS + 10):
        assert "" == kinds[f"key-{number}"]
    assert "" == kinds["k" * 100_000]

    assert len(kinds) <= _MAX_KINDS
    assert "llm.model" == kinds["llm.model"]
    assert "gen_ai.prompt." == kinds["gen_ai.prompt.0.role"]


def test_what_is_remembered_of_shapes_and_models_is_bounded(make_span: SpanMaker) -> None:
    for number in range(_MAX_PLANS + 10):
        _make_plan(((f"kind-{number}",), False))
        price_of(f"nobody-knows-{number}")
        resolve(make_span({f"app.{number}": 1}))
    resolve(make_span({"k" * 100_000: 1}))
    resolve(make_span({f"k{number}": 1 for number in range(_MAX_KEYS + 1)}))
    _make_plan((tuple(map(str, range(_MAX_SHAPE + 1))), False))

    assert len(_plans) <= _MAX_PLANS
    assert all(len(kinds) <= _MAX_SHAPE for kinds, _ in _plans)
    for plans in _plans_by_keys:
        assert len(plans) <= _MAX_KEY_SETS
        assert all(len(keys) <= _MAX_KEYS for keys in plans)
        assert all(len(key) <= _MAX_KEY for keys in plans for key in keys)
    assert len(_remembered) <= _MAX_REMEMBERED
    assert price_of("gpt-4") is not None
