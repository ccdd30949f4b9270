from __future__ import annotations

import dataclasses
import json
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

import attrs
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status, to_micros
from prela_core.testing.factories import NOON
from prela_core.wire import Limits, decode_trace
from prela_core.wire.encode import json_value, span_to_json, trace_to_json

SPAN = Span(
    trace_id="t",
    span_id="s",
    parent_span_id="p",
    name="chat",
    span_type=SpanType.LLM,
    service_name="shop",
    started_at=NOON,
    ended_at=NOON + timedelta(microseconds=1500),
    status=Status.ERROR,
    status_message="late",
    attributes={"llm.model": "m", "n": {"deep": [1, None]}},
    events=(SpanEvent("retry", NOON, {"attempt": 2}),),
    links=(SpanLink("t2", "s2"),),
)


def test_a_span_is_written_as_the_contract_has_it() -> None:
    assert span_to_json(SPAN) == {
        "trace_id": "t",
        "span_id": "s",
        "parent_span_id": "p",
        "name": "chat",
        "span_type": "llm",
        "service_name": "shop",
        "started_at": "2026-01-15T12:00:00.000000Z",
        "ended_at": "2026-01-15T12:00:00.001500Z",
        "duration_ms": 1.5,
        "status": "error",
        "status_message": "late",
        "attributes": {"llm.model": "m", "n": {"deep": [1, None]}},
        "events": [
            {
                "name": "retry",
                "timestamp": "2026-01-15T12:00:00.000000Z",
                "attributes": {"attempt": 2},
            }
        ],
        "links": [{"trace_id": "t2", "span_id": "s2", "attributes": {}}],
    }


def test_a_trace_says_what_its_spans_say() -> None:
    root = attrs.evolve(SPAN, span_id="p", parent_span_id=None, status=Status.SUCCESS)
    body = trace_to_json([SPAN, root])

    assert {
        "trace_id": "t",
        "service_name": "shop",
        "started_at": "2026-01-15T12:00:00.000000Z",
        "completed_at": "2026-01-15T12:00:00.001500Z",
        "duration_ms": 1.5,
        "status": "error",
        "root_span_id": "p",
    } == {key: value for key, value in body.items() if key != "spans"}
    assert [span["span_id"] for span in body["spans"]] == ["s", "p"]


def test_a_part_of_a_trace_has_no_root_and_a_running_one_no_end() -> None:
    running = attrs.evolve(SPAN, ended_at=None, status=Status.PENDING)
    body = trace_to_json([running])

    assert (None, None, 0.0, "pending") == (
        body["root_span_id"],
        body["completed_at"],
        body["duration_ms"],
        body["status"],
    )


@pytest.mark.parametrize("span", [SPAN, attrs.evolve(SPAN, ended_at=None, status=Status.PENDING)])
def test_a_server_reads_what_is_written(span: Span) -> None:
    body = msgspec.json.encode(trace_to_json([span]))
    decoded = decode_trace(body, received_at=to_micros(NOON), limits=Limits())

    assert decoded.rejected == []
    [record] = decoded.spans
    assert (span.trace_id, span.span_id, span.parent_span_id) == (
        record.trace_id,
        record.span_id,
        record.parent_span_id,
    )
    assert (to_micros(span.started_at), span.status.value, "llm", "shop", 0) == (
        record.started_at,
        record.status,
        record.span_type,
        record.service_name,
        record.flags,
    )
    assert (record.ended_at is None) == (span.ended_at is None)
    assert json.loads(record.attributes) == {"llm.model": "m", "n": {"deep": [1, None]}}


@attrs.frozen
class Point:
    x: int


@dataclasses.dataclass
class Pair:
    left: Any


class Model:
    def model_dump(self) -> dict[str, Any]:
        return {"role": "user"}


class Broken:
    def __repr__(self) -> str:
        raise RuntimeError


class Proxy:
    """As the proxies of web frameworks are, outside of a request."""

    @property  # type: ignore[misc] # theirs is read-only too
    def __class__(self) -> Any:
        raise LookupError("no request is being handled")


class BrokenInt(int):
    def __int__(self) -> int:
        raise ValueError


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (2**70, "1180591620717411303424"),
        (2**63, 2**63),
        (-(2**63) - 1, "-9223372036854775809"),
        ("lone \ud800", "lone \ufffd"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        (NOON, "2026-01-15T12:00:00.000000Z"),
        (SpanType.LLM, "llm"),
        ({1: {2}}, {"1": [2]}),
        ((1, "a", None, True), [1, "a", None, True]),
        (Point(1), {"x": 1}),
        (Pair(Point(1)), {"left": {"x": 1}}),
        (Model(), {"role": "user"}),
        (PurePosixPath("a/b"), "PurePosixPath('a/b')"),
        (Broken(), "<Broken: RuntimeError>"),
        (BrokenInt(1), "<BrokenInt: ValueError>"),
    ],
)
def test_any_value_becomes_strict_json(value: Any, expected: Any) -> None:
    assert expected == json_value(value)
    assert expected == json.loads(msgspec.json.encode(json_value(value)))


def test_a_value_that_does_not_even_say_its_class_is_taken() -> None:
    assert ["<Proxy: LookupError>", 1] == json_value([Proxy(), 1])


def test_an_integer_too_long_for_decimal_digits_is_kept_in_hex() -> None:
    same = hex(10**5000) == json_value(10**5000)

    assert same


def test_a_circle_ends() -> None:
    assert "…" in str(json_value(CIRCLE))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(st.characters(codec=None)),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
    )
)
def test_what_json_knows_can_always_be_written(value: Any) -> None:
    msgspec.json.decode(msgspec.json.encode(json_value(value)))


def test_a_copy_does_not_change_with_its_original() -> None:
    messages = [{"role": "user"}]
    copy = json_value(messages)
    messages.append({"role": "assistant"})

    assert copy == [{"role": "user"}]
