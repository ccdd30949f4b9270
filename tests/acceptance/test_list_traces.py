"""Every filter and order of the list of traces, and its pages to the end."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from tests.conftest import NOW, Api, Serve, assert_problem, moment, span, trace

SERVICES = ("shop", "search", "検索")
MODELS = ("gpt-4o", "claude-sonnet-4")


def _traces() -> list[dict[str, Any]]:
    """Make sixty traces, each different in a way that the filters can tell."""
    made = []
    for at in range(60):
        trace_id = f"list-{at:02d}"
        begin = moment(-60 * at)
        status = ("success", "error", "pending")[at % 3]
        root = span(
            trace_id,
            span_id=f"{at}-root",
            span_type="agent",
            name=f"task {at % 5}",
            started_at=begin,
            ended_at=None if status == "pending" else moment(-60 * at + 1 + at / 10),
            status=status,
            attributes={
                "user.id": f"user-{at % 4}",
                "session.id": f"session-{at % 7}",
                "agent.name": f"agent-{at % 2}",
                "deployment.environment": ("prod", "dev")[at % 2],
                "tenant": f"t'enant {at % 3} %",
                "number": at % 3,
                "flag": at % 2 == 0,
                "nothing": None,
            },
        )
        call = span(
            trace_id,
            span_id=f"{at}-call",
            parent_span_id=f"{at}-root",
            name=f"chat {at % 2}",
            started_at=begin,
            ended_at=begin,
            attributes={
                "llm.model": MODELS[at % 2],
                "llm.input_tokens": 10 * at,
                "llm.output_tokens": at,
                "llm.cost_usd": at / 100,
                "text": f"the words of {at}",
            },
        )
        made.append(trace(root, call, service_name=SERVICES[at % 3]))
    return made


@pytest.fixture(scope="module")
def own(module_serve: Serve) -> Api:
    """A server that holds these traces and no others."""
    api = module_serve().api
    made = _traces()
    random.Random(7).shuffle(made)  # noqa: S311 - repeatable on purpose
    for one in made:
        api.accept("/v1/traces", one)
    return api


def _numbers(api: Api, **asked: Any) -> list[int]:
    rows = api.walk("/api/v1/traces", **{"limit": 1000, **asked})
    return [int(row["trace_id"].removeprefix("list-")) for row in rows]


def _all_where(condition: Any) -> list[int]:
    return [at for at in range(60) if condition(at)]


FILTERS: dict[str, tuple[dict[str, Any], Any]] = {
    "nothing": ({}, lambda _: True),
    "an empty value": ({"service_name": "", "status": ""}, lambda _: True),
    "service": ({"service_name": "shop"}, lambda at: at % 3 == 0),
    "service in another script": ({"service_name": "検索"}, lambda at: at % 3 == 2),
    "status success": ({"status": "success"}, lambda at: at % 3 == 0),
    "status error": ({"status": "ERROR"}, lambda at: at % 3 == 1),
    "status failed": ({"status": "failed"}, lambda at: at % 3 == 1),
    "status completed": ({"status": "completed"}, lambda at: at % 3 == 0),
    "status pending": ({"status": "pending"}, lambda at: at % 3 == 2),
    "span type": ({"span_type": "LLM"}, lambda _: True),
    "span type of none": ({"span_type": "tool"}, lambda _: False),
    "name of the root": ({"name": "task 3"}, lambda at: at % 5 == 3),
    "name of a child": ({"name": "chat 1"}, lambda at: at % 2 == 1),
    "model": ({"model": "gpt-4o"}, lambda at: at % 2 == 0),
    "user": ({"user_id": "user-2"}, lambda at: at % 4 == 2),
    "session": ({"session_id": "session-6"}, lambda at: at % 7 == 6),
    "agent": ({"agent_name": "agent-1"}, lambda at: at % 2 == 1),
    "environment": ({"environment": "prod"}, lambda at: at % 2 == 0),
    "shortest": (
        {"min_duration_ms": 5000, "status": "success"},
        lambda at: at % 3 == 0 and at >= 40,
    ),
    "longest": ({"max_duration_ms": 2000, "status": "error"}, lambda at: at % 3 == 1 and at <= 10),
    "between": (
        {"min_duration_ms": 2000, "max_duration_ms": 3000, "status": "success"},
        lambda at: at % 3 == 0 and 10 <= at <= 20,
    ),
    "since": ({"start_time": moment(-60 * 9)}, lambda at: at <= 9),
    "until, which is not included": ({"end_time": moment(-60 * 9)}, lambda at: at > 9),
    "window": (
        {"start_time": moment(-60 * 20), "end_time": moment(-60 * 10)},
        lambda at: 10 < at <= 20,
    ),
    "words": ({"q": "words 17"}, lambda at: at == 17),
    "attribute text": ({"attr.tenant": "t'enant 1 %"}, lambda at: at % 3 == 1),
    "attribute number": ({"attr.number": "2"}, lambda at: at % 3 == 2),
    "attribute flag": ({"attr.flag": "true"}, lambda at: at % 2 == 0),
    "attribute with dots": ({"attr.llm.model": "gpt-4o"}, lambda at: at % 2 == 0),
    "two attributes": ({"attr.number": "2", "attr.flag": "false"}, lambda at: at % 6 == 5),
    "attribute of none": ({"attr.absent": ""}, lambda _: False),
    "conditions met by different spans": (
        {"name": "task 1", "model": "claude-sonnet-4", "user_id": "user-1"},
        lambda at: at % 5 == 1 and at % 4 == 1,
    ),
    "quotes": ({"service_name": "' OR 1=1 --"}, lambda _: False),
    "a percent sign is no wildcard": ({"service_name": "%"}, lambda _: False),
    "an underscore is no wildcard": ({"user_id": "user__"}, lambda _: False),
    "a place holder": ({"name": "{project:String}"}, lambda _: False),
}


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("order", ["-started_at", "started_at"])
def test_a_filter_gives_all_that_meet_it_and_no_other(own: Api, name: str, order: str) -> None:
    asked, condition = FILTERS[name]

    expected = _all_where(condition)
    expected.sort(reverse=order == "started_at")
    assert expected == _numbers(own, order=order, **asked)


def test_an_offset_zone_whose_plus_was_not_escaped_is_understood(own: Api) -> None:
    local = (NOW + timedelta(hours=2) - timedelta(minutes=9)).strftime("%Y-%m-%dT%H:%M:%S.%f")

    # As in a browser's address: the plus sign arrives as a space.
    answer = own.request("GET", f"/api/v1/traces?start_time={local}+02:00")

    assert len(answer.json()["items"]) == 10


ORDERS: dict[str, Any] = {
    "started_at": lambda at: -at,
    "cost_usd": lambda at: at,
    "span_count": lambda _: 2,
}


@pytest.mark.parametrize("limit", [4, 20, 60])
@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize("field", ORDERS)
def test_pages_to_the_end_give_each_trace_once_in_order(
    own: Api, field: str, limit: int, *, descending: bool
) -> None:
    found = _numbers(own, order=f"-{field}" if descending else field, limit=limit)

    # Ties are broken by trace id, in the same direction.
    expected = sorted(range(60), key=lambda at: (ORDERS[field](at), at), reverse=descending)
    assert expected == found


@pytest.mark.parametrize("order", ["duration_ms", "-duration_ms"])
def test_pages_by_duration_are_in_order(own: Api, order: str) -> None:
    rows = list(own.walk("/api/v1/traces", order=order, limit=9))

    keys = [(row["duration_ms"], row["trace_id"]) for row in rows]
    assert keys == sorted(keys, reverse=order.startswith("-"))
    assert len({row["trace_id"] for row in rows}) == 60


def test_newest_first_and_fifty_at_a_time_unless_asked_otherwise(own: Api) -> None:
    page = own.read("/api/v1/traces")

    assert [row["trace_id"] for row in page["items"]] == [f"list-{at:02d}" for at in range(50)]
    assert page["next_cursor"]


def test_pages_of_a_filtered_list(own: Api) -> None:
    found = _numbers(own, status="error", model="gpt-4o", limit=3)

    assert _all_where(lambda at: at % 3 == 1 and at % 2 == 0) == found


@pytest.mark.parametrize("offset", [0, 1, 35, 59, 60, 1000])
def test_an_offset_is_accepted_too(own: Api, offset: int) -> None:
    page = own.read("/api/v1/traces", offset=offset, limit=10)

    expected = [f"list-{at:02d}" for at in range(60)][offset : offset + 10]
    assert expected == [row["trace_id"] for row in page["items"]]


def test_a_page_does_not_shift_when_newer_traces_arrive(api: Api) -> None:
    service = "arriving"
    for at in range(4):
        api.accept("/v1/spans", span(f"old-{at}", service_name=service, started_at=moment(-at)))
    first = api.read("/api/v1/traces", service_name=service, limit=2)

    api.accept("/v1/spans", span("new", service_name=service, started_at=moment(5)))

    rest = api.read("/api/v1/traces", service_name=service, limit=2, cursor=first["next_cursor"])
    assert [row["trace_id"] for row in first["items"] + rest["items"]] == [
        f"old-{at}" for at in range(4)
    ]


def test_the_spans_of_a_trace_in_pages(api: Api) -> None:
    trace_id = "many-spans"
    sent = [span(trace_id, started_at=moment(at // 2)) for at in range(25)]
    api.accept("/v1/batch", sent)

    found = list(api.walk(f"/api/v1/traces/{trace_id}/spans", limit=4))

    expected = sorted(sent, key=lambda one: (one["started_at"], one["span_id"]))
    assert [one["span_id"] for one in expected] == [one["span_id"] for one in found]
    assert api.trace(trace_id)["spans"] == found
    third = api.read(f"/api/v1/traces/{trace_id}/spans", limit=5, offset=10)["items"]
    assert found[10:15] == third


BAD_QUERIES: dict[str, tuple[dict[str, Any], int]] = {
    "limit 0": ({"limit": 0}, 422),
    "limit below zero": ({"limit": -1}, 422),
    "a limit of a billion": ({"limit": 10**9}, 422),
    "a limit of many digits": ({"limit": "9" * 30}, 422),
    "a limit in words": ({"limit": "ten"}, 422),
    "a limit with a fraction": ({"limit": "1.5"}, 422),
    "digits of another script": ({"limit": "५"}, 422),
    "offset below zero": ({"offset": -1}, 422),
    "an offset too far": ({"offset": 10**7}, 422),
    "an unlisted order": ({"order": "created_at"}, 422),
    "an order with SQL": ({"order": "started_at; DROP TABLE spans"}, 422),
    "a status that is none": ({"status": "maybe"}, 422),
    "a duration in words": ({"min_duration_ms": "long"}, 422),
    "a negative duration": ({"min_duration_ms": -1}, 422),
    "a duration that is no number": ({"max_duration_ms": "nan"}, 422),
    "an endless duration": ({"max_duration_ms": "inf"}, 422),
    "a malformed date": ({"start_time": "2026-13-01"}, 422),
    "a date in words": ({"end_time": "yesterday"}, 422),
    "the year 9999": ({"end_time": "9999-12-31T23:59:59Z"}, 422),
    "a misspelt filter": ({"service": "shop"}, 422),
    "a filter twice": ({"name": ["a", "b"]}, 422),
    "an attribute without a key": ({"attr.": "x"}, 422),
    "too many attributes": ({f"attr.{at}": "x" for at in range(20)}, 422),
    "a text without end": ({"name": "x" * 5000}, 422),
    "too many words": ({"q": " ".join(map(str, range(50)))}, 422),
    "no words in q": ({"q": '""'}, 422),
    "a cursor of nonsense": ({"cursor": "abc"}, 400),
    "a cursor in another script": ({"cursor": "検索"}, 400),
    "a cursor that is all padding": ({"cursor": "===="}, 400),
    "a cursor and an offset": ({"cursor": "abc", "offset": 3}, 422),
}


@pytest.mark.parametrize("name", BAD_QUERIES)
def test_a_bad_question_is_refused_and_named(own: Api, name: str) -> None:
    asked, status = BAD_QUERIES[name]

    problem = assert_problem(own.get("/api/v1/traces", **asked), status)

    assert any(name.split(".")[0].removeprefix("attr") in problem["detail"] for name in asked)


def test_a_cursor_fits_only_its_own_question(own: Api) -> None:
    cursor = own.read("/api/v1/traces", limit=5)["next_cursor"]

    assert_problem(own.get("/api/v1/traces", cursor=cursor, status="error"), 400)
    assert_problem(own.get("/api/v1/search", cursor=cursor, q="words"), 400)


def test_a_tampered_cursor_is_refused_wherever_it_was_touched(own: Api) -> None:
    cursor = own.read("/api/v1/traces", limit=5)["next_cursor"]

    for at in range(len(cursor) - 1):
        other = "A" if cursor[at] != "A" else "B"
        tampered = cursor[:at] + other + cursor[at + 1 :]
        assert_problem(own.get("/api/v1/traces", limit=5, cursor=tampered), 400)
