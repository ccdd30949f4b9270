"""Whatever is sent, the answer says whose fault it was, and the next request is answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.conftest import Api, assert_problem, await_that, moment, span, trace

from prela_core.model import new_trace_id

BODIES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "/v1/traces": trace,
    "/v1/spans": dict,
    "/v1/batch": lambda one: {"spans": [one]},
}
every_endpoint = pytest.mark.parametrize("path", BODIES)


@pytest.fixture(autouse=True)
def _still_ready(api: Api) -> Iterator[None]:
    yield
    assert api.read("/ready")["status"] == "ready"


@pytest.fixture(autouse=True, scope="module")
def _still_working(api: Api) -> Iterator[None]:
    yield
    sent = span()
    api.accept("/v1/spans", sent)
    assert api.span(sent)["span_id"] == sent["span_id"]


def _nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


def _with_attributes(path: str, raw: bytes) -> bytes:
    """Put JSON that Python would not write in the place of a span's attributes."""
    body = json.dumps(BODIES[path](span(attributes="@"))).encode()
    return body.replace(b'"@"', raw)


MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "white space": b" \n",
    "a cut object": b'{"trace_id": "a", "span_id"',
    "a cut string": b'{"trace_id": "a',
    "a cut list": b'{"trace_id": "a", "spans": [{"span_id": "b"}',
    "garbage after the end": b'{"trace_id": "a", "span_id": "b", "spans": []} x',
    "two objects": b'{"spans": []}{"spans": []}',
    "single quotes": b"{'trace_id': 'a'}",
    "a comma too many": b'{"trace_id": "a", "spans": [],}',
    "a comment": b'{"trace_id": "a", "spans": []} // hello',
    "invalid UTF-8": b'{"trace_id": "\xff\xfe", "spans": []}',
    "half of a UTF-8 character": b'{"trace_id": "\xe2\x82", "spans": []}',
    "a surrogate in UTF-8": b'{"trace_id": "\xed\xa0\x80", "spans": []}',
    "UTF-16": '{"trace_id": "a", "spans": []}'.encode("utf-16"),
    "a raw NUL": b'{"trace_id": "a\0", "spans": []}',
    "a raw newline in a string": b'{"trace_id": "a\n", "spans": []}',
    "a bad escape": b'{"trace_id": "\\x41", "spans": []}',
    "a bad unicode escape": b'{"trace_id": "\\u12G4", "spans": []}',
    "a number with a leading zero": b'{"n": 01, "spans": [], "trace_id": "a"}',
    "NaN misspelt": b'{"trace_id": "a", "spans": [], "attributes": {"a": nan}}',
    "words": b"hello",
    "XML": b"<spans/>",
    "a form": b"trace_id=a&span_id=b",
    "protobuf": b"\n\x10\x12\x0e\n\x0c\n\x02id\x12\x06\n\x04demo",
    "a million deep": b'{"spans":' + _nested(1_000_000) + b"}",
    "a million deep and not closed": b'{"a":' * 1_000_000,
    "a hundred thousand deep": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
}


@every_endpoint
@pytest.mark.parametrize("what", MALFORMED)
def test_what_can_not_be_read_is_400(api: Api, path: str, what: str) -> None:
    assert_problem(api.post(path, MALFORMED[what]), 400)


WRONG_SHAPES: dict[str, Any] = {
    "a string": "spans",
    "a number": 7,
    "null": None,
    "true": True,
    "an object without anything": {},
    "spans that are a string": {"trace_id": "a", "spans": "x"},
    "spans that are an object": {"trace_id": "a", "spans": {"span_id": "a"}},
}


@every_endpoint
@pytest.mark.parametrize("what", WRONG_SHAPES)
def test_what_is_readable_but_wrong_is_422(api: Api, path: str, what: str) -> None:
    assert_problem(api.post(path, WRONG_SHAPES[what]), 422)


@every_endpoint
def test_attributes_that_nest_too_deeply_are_422(api: Api, path: str) -> None:
    body = _with_attributes(path, b'{"deep": ' + _nested(200) + b"}")

    assert "deep" in assert_problem(api.post(path, body), 422)["detail"]


@every_endpoint
@pytest.mark.parametrize("depth", [1000, 100_000, 1_000_000])
def test_attributes_that_nest_beyond_reading_are_refused(api: Api, path: str, depth: int) -> None:
    body = _with_attributes(path, b'{"deep": ' + _nested(depth) + b"}")

    response = api.post(path, body)

    assert_problem(response, response.status_code)
    assert response.status_code in (400, 422)


@every_endpoint
def test_depth_of_a_hundred_is_taken(api: Api, path: str) -> None:
    sent = span(attributes={"deep": json.loads(_nested(100))})

    api.accept(path, BODIES[path](sent))

    assert api.span(sent)["attributes"] == sent["attributes"]


@every_endpoint
@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/html", "x"],
)
def test_a_wrong_content_type_is_415(api: Api, path: str, content_type: str) -> None:
    assert_problem(api.post(path, BODIES[path](span()), Content_Type=content_type), 415)


@every_endpoint
@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json", "text/json"],
)
def test_json_by_any_of_its_names_is_taken(api: Api, path: str, content_type: str) -> None:
    sent = span()

    response = api.post(path, BODIES[path](sent), Content_Type=content_type)

    assert response.status_code == 200, response.text


@every_endpoint
def test_a_byte_order_mark_is_passed_over(api: Api, path: str) -> None:
    sent = span()

    api.accept(path, b"\xef\xbb\xbf" + json.dumps(BODIES[path](sent)).encode())

    assert api.span(sent)["span_id"] == sent["span_id"]


@every_endpoint
def test_a_key_that_stands_twice_is_read_once(api: Api, path: str) -> None:
    sent = span()
    body = json.dumps(BODIES[path](sent)).replace('"name": "chat"', '"name": "a", "name": "b"')

    api.accept(path, body.encode())

    assert api.span(sent)["name"] == "b"


@every_endpoint
@pytest.mark.parametrize("field", ["span_id", "trace_id", "parent_span_id"])
@pytest.mark.parametrize(
    "value", ["a\0b", "a\nb", "\x7f", "\u202e", "x" * 1_000_000, 7, {}, [], True]
)
def test_what_is_no_id_is_422(api: Api, path: str, field: str, value: Any) -> None:
    sent = span() | {field: value}

    problem = assert_problem(api.post(path, BODIES[path](sent)), 422)

    assert field in problem["detail"]
    assert len(problem["detail"]) < 1000


ODD_BUT_TAKEN: dict[str, tuple[dict[str, Any], list[str]]] = {
    "an end before the start": ({"ended_at": moment(-1)}, ["ends_before_start"]),
    "its own parent": ({"span_id": "a", "parent_span_id": "a"}, ["self_parent"]),
    "the year 2099": (
        {"started_at": "2099-12-31T23:59:59Z", "ended_at": None, "status": "pending"},
        ["clock_skew"],
    ),
    "negative tokens": ({"attributes": {"llm.input_tokens": -5}}, ["bad_number"]),
    "tokens in words": ({"attributes": {"llm.input_tokens": "many"}}, ["bad_number"]),
    "tokens beyond 64 bits": ({"attributes": {"llm.input_tokens": 10**30}}, ["bad_number"]),
    "an absurd cost": ({"attributes": {"llm.cost_usd": 1e308}}, ["bad_number"]),
    "a negative cost": ({"attributes": {"llm.cost_usd": -1}}, ["bad_number"]),
    "a negative duration": ({"duration_ms": -1}, []),
    "a duration without end": ({"duration_ms": 1e308}, []),
    "a duration in words": ({"duration_ms": "long"}, []),
    "a name that is a number": ({"name": 7}, []),
    "a name of 5,000 characters": ({"name": "n" * 5000}, ["truncated"]),
    "an integer of 5,000 digits": ({"attributes": {"n": 10**4200}}, []),
    "10,000 attributes": ({"attributes": {f"key {n}": n for n in range(10_000)}}, []),
    "an attribute of 10 MB": ({"attributes": {"big": "x" * 10_000_000, "k": 1}}, ["truncated"]),
    "10 MB of attributes": (
        {"attributes": {f"key {n}": "x" * 100_000 for n in range(100)}},
        ["truncated"],
    ),
    "5 MB of events": (
        {"events": [{"name": "e", "attributes": {"x": "y" * 5000}} for _ in range(1000)]},
        ["truncated"],
    ),
    "events without names": ({"events": [{}, 7, None]}, []),
    "SQL everywhere": (
        {"name": "' OR 1=1 --", "service_name": "%", "attributes": {"'; DROP": "file('/x')"}},
        [],
    ),
    "a formula": ({"name": "=cmd|'/c calc'!A1", "status_message": "{{7*7}} ${7*7} %s %n"}, []),
}


@every_endpoint
@pytest.mark.parametrize("what", ODD_BUT_TAKEN)
def test_what_is_odd_is_taken_and_flagged(api: Api, path: str, what: str) -> None:
    change, flags = ODD_BUT_TAKEN[what]
    sent = span(**change)

    api.accept(path, BODIES[path](sent))

    found = api.trace(sent["trace_id"])
    (seen,) = found["spans"]
    assert seen["flags"] == flags
    assert found["span_count"] == 1
    listed = api.get(f"/api/v1/traces/{sent['trace_id']}/spans")
    assert listed.json()["items"] == found["spans"]


@pytest.mark.parametrize("year", ["9999", "2100", "1969", "0001"])
@every_endpoint
def test_a_year_that_the_store_can_not_hold_is_422(api: Api, path: str, year: str) -> None:
    sent = span(started_at=f"{year}-06-01T00:00:00Z", ended_at=None)

    assert "started_at" in assert_problem(api.post(path, BODIES[path](sent)), 422)["detail"]


@pytest.mark.parametrize(
    "at",
    [
        "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z",
        "2026-01-01T00:00:00+99:99", "1e400", 1e300, -1, True, [], {}, "٢٠٢٦-01-01", "9" * 5000,
    ],
)  # fmt: skip
@every_endpoint
def test_a_malformed_date_is_422_and_named(api: Api, path: str, at: Any) -> None:
    problem = assert_problem(api.post(path, BODIES[path](span(ended_at=at))), 422)

    assert "ended_at" in problem["detail"]
    assert len(problem["detail"]) < 300


@pytest.mark.parametrize("length", [2, 3, 50, 5000])
def test_a_circle_of_parents_is_taken_and_shown(api: Api, length: int) -> None:
    trace_id = new_trace_id()
    spans = [
        span(trace_id, span_id=f"s{at}", parent_span_id=f"s{(at + 1) % length}")
        for at in range(length)
    ]

    api.accept("/v1/batch", spans)

    found = api.trace(trace_id, spans=length)
    assert found["span_count"] == length
    assert found["root_span_id"] is None
    assert len(found["spans"]) == length


def test_a_chain_of_ten_thousand_is_taken_and_shown(api: Api) -> None:
    trace_id = new_trace_id()
    spans = [
        span(trace_id, span_id=f"s{at}", parent_span_id=f"s{at - 1}" if at else None)
        for at in range(10_000)
    ]

    api.accept("/v1/batch", spans)

    assert api.trace(trace_id, spans=10_000)["root_span_id"] == "s0"


def test_too_many_spans_are_413(api: Api) -> None:
    one = {"span_id": "a", "trace_id": "too-many"}

    assert_problem(api.post("/v1/batch", [one] * 50_001), 413)
    assert_problem(api.get("/api/v1/traces/too-many"), 404)


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/traces"])
def test_an_empty_list_is_taken(api: Api, path: str) -> None:
    answer = api.accept(path, {"trace_id": new_trace_id(), "spans": []})

    assert answer["total"] == 0


@pytest.mark.parametrize(
    "target",
    ["/api/v1/traces/" + "x" * 60_000, "/api/v1/traces?name=" + "x" * 60_000],
    ids=["path", "query"],
)
def test_an_address_without_end_is_refused(api: Api, target: str) -> None:
    assert api.request("GET", target).status_code in (400, 404, 414, 422)


def test_text_that_names_functions_is_only_text(api: Api) -> None:
    words = "file('/etc/hostname') url('http://127.0.0.1:1/') {name:String} $1 ? %(x)s \\' \0"
    sent = span(name="functions", attributes={"x": words}, service_name=words)

    api.accept("/v1/spans", sent)

    found = api.span(sent)
    assert found["attributes"] == {"x": words}
    assert found["service_name"] == words
    rows = await_that(
        lambda: api.read("/api/v1/traces", service_name=words)["items"], "the trace", seconds=5
    )
    assert [sent["trace_id"]] == [row["trace_id"] for row in rows]
    rows = api.read("/api/v1/traces", **{"attr.x": words})["items"]
    assert [sent["trace_id"]] == [row["trace_id"] for row in rows]
