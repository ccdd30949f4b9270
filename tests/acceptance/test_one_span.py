"""What one span may say, and how it is seen afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.conftest import NOW, Api, Serve, assert_problem, moment, span, trace

_IST = NOW + timedelta(hours=5, minutes=30)
_PLAIN = NOW.strftime("%Y-%m-%dT%H:%M:%S.%f")

MOMENTS: dict[str, Any] = {
    "zulu": f"{_PLAIN}Z",
    "small zulu": f"{_PLAIN}z",
    "offset and zulu, as the published SDK has it": f"{_PLAIN}+00:00Z",
    "no zone": _PLAIN,
    "zero offset": f"{_PLAIN}+00:00",
    "offset": _IST.strftime("%Y-%m-%dT%H:%M:%S.%f+05:30"),
    "offset without colon": _IST.strftime("%Y-%m-%dT%H:%M:%S.%f+0530"),
    "space for T": _PLAIN.replace("T", " "),
    "nanoseconds": f"{_PLAIN}789Z",
    "integer nanoseconds": int(NOW.timestamp()) * 10**9 + 123456789,
    "integer microseconds": int(NOW.timestamp()) * 10**6 + 123456,
}


@pytest.mark.parametrize("spelling", MOMENTS)
def test_a_moment_in_any_spelling_is_kept_to_the_microsecond(api: Api, spelling: str) -> None:
    sent = span(started_at=MOMENTS[spelling], ended_at=moment(1))

    api.accept("/v1/spans", sent)

    found = api.span(sent)
    assert found["started_at"] == moment()
    assert found["duration_ms"] == 1000.0


@pytest.mark.parametrize(
    ("sent_at", "seen_at"),
    [
        (NOW.strftime("%Y-%m-%dT%H:%M:%SZ"), NOW.replace(microsecond=0)),
        (NOW.strftime("%Y-%m-%dT%H:%M:%S.5Z"), NOW.replace(microsecond=500_000)),
        (int(NOW.timestamp()), NOW.replace(microsecond=0)),
        (int(NOW.timestamp()) * 1000 + 123, NOW.replace(microsecond=123_000)),
        (NOW.strftime("%Y-%m-%d"), NOW.replace(hour=0, minute=0, second=0, microsecond=0)),
    ],
    ids=["seconds", "half_seconds", "number_of_seconds", "number_of_milliseconds", "day"],
)
def test_a_coarser_moment_is_exact_too(api: Api, sent_at: Any, seen_at: datetime) -> None:
    sent = span(started_at=sent_at)

    api.accept("/v1/spans", sent)

    assert seen_at == datetime.fromisoformat(api.span(sent)["started_at"])


def test_a_date_years_old_is_accepted_and_the_answer_says_what_may_become_of_it(api: Api) -> None:
    sent = span(started_at="2019-05-04T03:02:01Z", ended_at="2019-05-04T03:02:02Z")

    answer = api.accept("/v1/spans", sent)

    assert answer["warnings"] == ["1 span started over 90 days ago and may be removed at any time"]


@pytest.mark.parametrize("year", [1970, 1999, 2019])
def test_an_old_date_is_kept_where_everything_is_kept(everlasting: Api, year: int) -> None:
    sent = span(started_at=f"{year}-05-04T03:02:01.000001Z", ended_at=f"{year}-05-04T03:02:02Z")

    assert everlasting.accept("/v1/spans", sent)["warnings"] == []

    found = everlasting.span(sent)
    assert found["started_at"] == f"{year}-05-04T03:02:01.000001Z"
    assert found["flags"] == ["clock_skew"]


@pytest.fixture(scope="module")
def everlasting(module_serve: Serve) -> Api:
    return module_serve(PRELA_RETENTION_DAYS="0").api


@pytest.mark.parametrize("days", [-30, 30])
def test_a_clock_that_is_wrong_by_a_month_is_flagged(api: Api, days: int) -> None:
    sent = span(started_at=moment(days * 86400), ended_at=moment(days * 86400 + 1))

    api.accept("/v1/spans", sent)

    assert api.span(sent)["flags"] == ["clock_skew"]
    listed = api.read("/api/v1/traces", start_time=moment(days * 86400 - 1), limit=1000)
    assert sent["trace_id"] in [row["trace_id"] for row in listed["items"]]


IDS = [
    "0af7651916cd43dd8448eb211c80319c",
    "B7AD6B7169203331",
    "2f1d6e5c-8f9b-4b0a-9f5e-1c2d3e4f5a6b",
    "test-trace-123",
    "x",
    "a b",
    "../../etc/passwd",
    "50% of 'all' \"traces\"; DROP TABLE spans --",
    "?limit=1&cursor=#anchor",
    "トレース-1",
    "🦊",
    "é" * 128,
    "0",
    "spans",
    "\\N",
    "{trace:String}",
]


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("path", ["/v1/spans", "/v1/traces"])
def test_ids_are_opaque(api: Api, path: str, name: str) -> None:
    # The shared server keeps what it was sent: the tail makes this test's trace its own.
    trace_id = f"{name}{path[-3]}"[-128:]
    sent = span(trace_id, span_id=name, parent_span_id=f"p{name}"[:128])

    answer = api.accept(path, trace(sent) if path == "/v1/traces" else sent)

    assert answer["trace_id"] == trace_id
    found = api.trace(trace_id)
    assert found["trace_id"] == trace_id
    (seen,) = found["spans"]
    assert seen["span_id"] == name
    assert seen["parent_span_id"] == sent["parent_span_id"]


@pytest.mark.parametrize(
    ("sent_type", "seen_type"),
    [
        *((word, word) for word in ("agent", "llm", "tool", "retrieval", "embedding", "custom")),
        *((word, word) for word in ("chain", "reranker", "guardrail", "evaluator")),
        ("LLM", "llm"),
        ("Agent", "agent"),
        ("eVaLuAtOr", "evaluator"),
        ("workflow_step", "custom"),
        ("", "custom"),
        (None, "custom"),
        (7, "custom"),
    ],
)
def test_a_span_type_is_read_in_any_case_and_kept_as_sent(
    api: Api, sent_type: Any, seen_type: str
) -> None:
    sent = span(span_type=sent_type)

    api.accept("/v1/spans", sent)

    found = api.span(sent)
    assert found["span_type"] == seen_type
    assert found["span_type_sent"] == ("" if sent_type is None else str(sent_type))
    unknown = bool(sent_type) and str(sent_type).lower() != seen_type
    assert ("unknown_type" in found["flags"]) == unknown


@pytest.mark.parametrize(
    ("sent_status", "seen_status"),
    [
        ("success", "success"),
        ("SUCCESS", "success"),
        ("completed", "success"),
        ("Ok", "success"),
        ("error", "error"),
        ("ERROR", "error"),
        ("Failed", "error"),
    ],
)
def test_a_status_is_read_in_any_case_kept_as_sent_and_found(
    api: Api, sent_status: str, seen_status: str
) -> None:
    sent = span(status=sent_status, service_name=f"status-{sent_status}")

    api.accept("/v1/spans", sent)

    found = api.trace(sent["trace_id"])
    assert found["status"] == seen_status
    assert found["error_count"] == (seen_status == "error")
    assert found["spans"][0]["status"] == seen_status
    assert found["spans"][0]["status_sent"] == sent_status
    for asked in (seen_status, seen_status.upper(), sent_status):
        rows = api.read("/api/v1/traces", status=asked, service_name=f"status-{sent_status}")
        assert [row["trace_id"] for row in rows["items"]] == [sent["trace_id"]]


@pytest.mark.parametrize("word", ["pending", "PENDING"])
def test_a_pending_span_has_no_end(api: Api, word: str) -> None:
    sent = span(status=word, ended_at=None, duration_ms=0)

    api.accept("/v1/spans", sent)

    found = api.trace(sent["trace_id"])
    assert found["status"] == "pending"
    assert found["completed_at"] is None
    assert found["spans"][0]["status"] == "pending"
    assert found["spans"][0]["status_sent"] == word
    assert found["spans"][0]["ended_at"] is None


def test_all_fields_come_back(api: Api) -> None:
    sent = span(
        parent_span_id="elsewhere",
        name="chat gpt-4o",
        service_name="shop",
        status="error",
        status_message="RateLimitError: 429",
        attributes={
            "llm.model": "gpt-4o",
            "llm.input_tokens": 12,
            "llm.output_tokens": 3,
            "nested": {"list": [1, 2.5, True, None, "x"], "empty": {}},
        },
        events=[{"name": "retry", "timestamp": moment(0.1), "attributes": {"attempt": 2}}],
        links=[{"trace_id": "other", "span_id": "one", "attributes": {}}],
        replay_snapshot={"messages": ["a"]},
        unheard_of={"never": "an error"},
    )

    api.accept("/v1/spans", sent)

    found = api.span(sent)
    for field in ("parent_span_id", "name", "service_name", "status_message", "events", "links"):
        assert sent[field] == found[field]
    assert found["attributes"].pop("prela.replay_snapshot") == {"messages": ["a"]}
    assert {**found["attributes"], **sent["attributes"]} == found["attributes"]
    assert found["model"] == "gpt-4o"
    assert found["input_tokens"] == 12
    assert found["output_tokens"] == 3
    assert datetime.fromisoformat(found["created_at"]) > NOW.astimezone(UTC) - timedelta(days=1)


def test_the_published_sdks_moments_of_events_are_shown_as_rfc_3339(api: Api) -> None:
    text = "said at 2026-01-01T00:00:00+00:00Z"
    event = {"name": "e", "timestamp": f"{_PLAIN}+00:00Z", "attributes": {"text": text}}
    sent = span(events=[event])

    api.accept("/v1/spans", sent)

    assert api.span(sent)["events"] == [event | {"timestamp": f"{_PLAIN}Z"}]


def test_only_the_ids_are_required(api: Api) -> None:
    sent = {"span_id": "only", "trace_id": span()["trace_id"]}

    answer = api.accept("/v1/spans", sent)

    assert answer == {"status": "accepted", "warnings": [], **sent}
    found = api.span(sent)
    assert found["name"] == ""
    assert found["status"] == "pending"


@pytest.mark.parametrize("path", ["/v1/spans", "/v1/batch"])
@pytest.mark.parametrize("field", ["span_id", "trace_id"])
@pytest.mark.parametrize("value", [None, "", " ", 7, [], "a\nb", "a\0b", "x" * 129])
def test_what_is_no_id_is_422_and_named(api: Api, path: str, field: str, value: Any) -> None:
    sent = span() | {field: value}

    problem = assert_problem(api.post(path, [sent] if path == "/v1/batch" else sent), 422)

    assert problem["detail"].startswith(field)
    assert problem["errors"][0]["detail"].startswith(field)
