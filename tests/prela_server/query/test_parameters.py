from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import attrs
import pytest
from starlette.datastructures import QueryParams

from prela_core.errors import InvalidError
from prela_core.model import SpanType, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.testing.factories import NOON
from prela_server.query.parameters import PAGE_PARAMETERS, TRACE_PARAMETERS, Parameters

KNOWN = (*TRACE_PARAMETERS, *PAGE_PARAMETERS, "order")
TEXTS = [
    "service_name",
    "name",
    "model",
    "user_id",
    "session_id",
    "agent_name",
    "environment",
    "q",
]


def parameters(*pairs: tuple[str, str], attributes: bool = True) -> Parameters:
    return Parameters(QueryParams(urlencode(pairs)), KNOWN, attributes=attributes)


def fault(*pairs: tuple[str, str], **options: Any) -> tuple[str, str]:
    """Give the pointer and the sentence of the one fault that is found."""

    def read() -> None:
        found = parameters(*pairs, **options)
        for part in (found.filter, found.order, found.page):
            part()

    with pytest.raises(InvalidError) as caught:
        read()
    [error] = caught.value.errors
    assert str(caught.value) == f"{error['pointer'].removeprefix('?')} {error['detail']}"
    return error["pointer"], error["detail"]


def test_every_condition_of_a_filter_can_be_sent() -> None:
    fields = {field.name for field in attrs.fields(TraceFilter)}

    assert fields - {"attributes", "where"} == set(TRACE_PARAMETERS) - {"query"}


def test_nothing_sent_means_all_of_it_newest_first() -> None:
    sent = parameters()

    assert TraceFilter() == sent.filter()
    assert Order.NEWEST is sent.order()
    assert PageRequest(limit=50) == sent.page()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", ["x", " a b ", "ä%_'\"\\", "' OR 1=1 --", "x" * 4096, "0"])
def test_texts_are_passed_on_as_they_are(name: str, value: str) -> None:
    assert TraceFilter(**{name: value}) == parameters((name, value)).filter()


@pytest.mark.parametrize("name", KNOWN)
def test_an_empty_value_is_none(name: str) -> None:
    sent = parameters((name, ""))

    assert (TraceFilter(), PageRequest(), Order.NEWEST) == (
        sent.filter(),
        sent.page(),
        sent.order(),
    )


@pytest.mark.parametrize(
    ("sent", "meant"),
    [("success", "success"), ("OK", "success"), ("Failed", "error"), ("pending", "pending")],
)
def test_a_status_is_read_in_any_spelling(sent: str, meant: str) -> None:
    assert meant == parameters(("status", sent)).filter().status


@pytest.mark.parametrize("kind", SpanType)
def test_a_type_is_known_in_any_letter_case(kind: SpanType) -> None:
    assert kind.value == parameters(("span_type", kind.value.upper())).filter().span_type


@pytest.mark.parametrize("name", ["min_duration_ms", "max_duration_ms"])
@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1.5", 1.5), ("1e3", 1000.0)])
def test_durations_are_milliseconds(name: str, text: str, value: float) -> None:
    assert TraceFilter(**{name: value}) == parameters((name, text)).filter()


@pytest.mark.parametrize("name", ["start_time", "end_time"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-01-15T12:00:00Z",
        "2026-01-15T12:00:00",
        "2026-01-15T12:00:00+00:00",
        "2026-01-15T12:00:00 00:00",
        "2026-01-15T17:30:00 05:30",
        "2026-01-15T17:30:00 0530",
        "2026-01-15 12:00:00",
        "2026-01-15T13:00:00+01:00",
    ],
)
def test_moments_are_read_even_when_a_plus_became_a_blank(name: str, text: str) -> None:
    assert TraceFilter(**{name: to_micros(NOON)}) == parameters((name, text)).filter()


def test_attributes_are_pairs_and_may_be_repeated() -> None:
    sent = parameters(("attr.plan", "pro"), ("attr.a.b", ""), ("attr.plan", "free"))

    assert (("plan", "pro"), ("a.b", ""), ("plan", "free")) == sent.filter().attributes


@pytest.mark.parametrize("order", Order)
def test_every_order_can_be_asked_for(order: Order) -> None:
    assert order is parameters(("order", order.value)).order()


def test_a_page_is_read() -> None:
    assert (
        PageRequest(limit=1000, cursor="x") == parameters(("limit", "1000"), ("cursor", "x")).page()
    )
    assert PageRequest(limit=1, offset=7) == parameters(("limit", "1"), ("offset", "7")).page()


@pytest.mark.parametrize(
    ("name", "value", "detail"),
    [
        ("status", "sad", "must be one of success, error, pending"),
        ("span_type", "lmm", "must be one of agent, llm"),
        ("min_duration_ms", "fast", "must be a number of milliseconds"),
        ("min_duration_ms", "1_000", "must be a number of milliseconds"),
        ("min_duration_ms", "-1", "must be a number of milliseconds, not below 0"),
        ("max_duration_ms", "nan", "must be a number of milliseconds"),
        ("max_duration_ms", "inf", "must be a number of milliseconds"),
        ("max_duration_ms", "1e400", "must be a number of milliseconds, not below 0"),
        ("limit", "ten", "must be a whole number"),
        ("limit", "1.0", "must be a whole number"),
        ("limit", "--1", "must be a whole number"),
        ("limit", "٣", "must be a whole number"),
        ("limit", "9" * 4000, "must be a whole number"),
        ("offset", "1e3", "must be a whole number"),
        ("order", "name", "must be one of -started_at, started_at,"),
        ("order", "-STARTED_AT", "must be one of -started_at, started_at,"),
        ("attr.", "x", "lacks the attribute's key, as in attr.tenant=acme"),
        ("nonsense", "x", "is not a parameter of this address"),
        ("Status", "error", "is not a parameter of this address"),
        ("", "x", "is not a parameter of this address"),
        ("q", "x" * 4097, "has over 4096 characters"),
        ("cursor", "x" * 4097, "has over 4096 characters"),
        ("attr.a", "x" * 4097, "has over 4096 characters"),
    ],
)
def test_every_fault_is_named_with_its_parameter(name: str, value: str, detail: str) -> None:
    pointer, said = fault((name, value))

    assert f"?{name}" == pointer
    assert said.startswith(detail)


@pytest.mark.parametrize("name", ["start_time", "end_time"])
@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "2026-01-15T25:00:00Z", "99999999999999999999"]
)
def test_what_is_no_moment_is_named(name: str, text: str) -> None:
    assert f"?{name}" == fault((name, text))[0]


@pytest.mark.parametrize("name", KNOWN)
def test_a_parameter_may_be_given_once(name: str) -> None:
    assert (f"?{name}", "is given more than once") == fault((name, "1"), (name, "1"))


def test_every_value_of_a_repeated_attribute_is_bounded() -> None:
    assert "has over 4096 characters" == fault(("attr.a", "x" * 4097), ("attr.a", "x"))[1]


def test_attributes_are_taken_only_where_they_are_filtered_by() -> None:
    assert "is not a parameter" in fault(("attr.a", "x"), attributes=False)[1]


def test_a_long_name_is_not_repeated_in_full() -> None:
    assert len(fault(("x" * 5000, "1"))[0]) < 100


def test_at_most_eight_attributes_are_asked_for_at_once() -> None:
    eight = [(f"attr.{number}", "x") for number in range(8)]

    assert 8 == len(parameters(*eight).filter().attributes)
    for ninth in ("attr.9", "attr.0"):
        with pytest.raises(InvalidError, match="at most 8 attributes"):
            parameters(*eight, (ninth, "y"))


@pytest.mark.parametrize(
    ("pairs", "sentence"),
    [
        ([("limit", "0")], "limit must be between 1 and 1000, not 0"),
        ([("limit", "-1")], "limit must be between 1 and 1000, not -1"),
        ([("limit", "1001")], "limit must be between 1 and 1000, not 1001"),
        ([("offset", "-1")], "offset must be between 0 and 100000, not -1"),
        ([("offset", "100001")], "follow next_cursor"),
        ([("offset", "1"), ("cursor", "x")], "can't be used together"),
    ],
)
def test_what_no_page_can_be_is_refused(pairs: list[tuple[str, str]], sentence: str) -> None:
    with pytest.raises(InvalidError, match=sentence):
        parameters(*pairs).page()


def test_words_are_taken_once_each_in_their_order() -> None:
    sent = Parameters(QueryParams("by=b,a,b"), ("by",))

    assert (2, 1) == sent.words("by", {"a": 1, "b": 2})
