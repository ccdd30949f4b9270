from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import attrs
import httpx
import pytest
from tests.served import served

from prela_core.errors import (
    InputError,
    InvalidError,
    MalformedError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from prela_core.io.http_client import HttpClient
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, Store, TraceFilter
from prela_core.testing.factories import NOON, span_record

Answer = httpx.Response | Exception
MINUTE = 60_000_000


@attrs.define
class Server:
    """Answers what it is told to, the last answer for good, and keeps what was sent."""

    answers: list[Answer]
    requests: list[httpx.Request] = attrs.field(factory=list)
    pauses: list[float] = attrs.field(factory=list)

    def send(self, body: bytes = b"[]", **options: Any) -> dict[str, Any]:
        transport = httpx.MockTransport(self._answer)
        with HttpClient("http://prela.test/", "prela_sk_x", transport=transport) as client:
            return client.send("/v1/batch", body, sleep=self.pauses.append, **options)

    def ask(self) -> HttpClient:
        return HttpClient("http://prela.test", transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def ok(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json=fields)


def test_send_posts_json_with_the_key_and_gives_the_answer() -> None:
    server = Server([ok(ingested=1)])

    assert {"ingested": 1} == server.send(b'[{"span_id":"a"}]')
    [request] = server.requests
    assert ("POST", "http://prela.test/v1/batch") == (request.method, str(request.url))
    assert b'[{"span_id":"a"}]' == request.content
    assert "application/json" == request.headers["Content-Type"]
    assert "prela_sk_x" == request.headers["X-API-Key"]
    assert "Content-Encoding" not in request.headers


def test_a_large_body_is_sent_compressed() -> None:
    server = Server([ok()])
    body = json.dumps([{"span_id": str(number)} for number in range(200)]).encode()
    server.send(body)

    [request] = server.requests
    assert "gzip" == request.headers["Content-Encoding"]
    assert len(request.content) < len(body) / 2
    assert body == gzip.decompress(request.content)


@pytest.mark.parametrize(
    "passing",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("closed"),
        httpx.Response(408),
        httpx.Response(429),
        httpx.Response(500),
        httpx.Response(503),
    ],
)
def test_what_may_pass_is_sent_again_unchanged(passing: Answer) -> None:
    server = Server([passing, passing, ok(ingested=3)])

    assert {"ingested": 3} == server.send(b"x" * 2000)
    assert [0.5, 1] == server.pauses
    assert 1 == len({request.content for request in server.requests})


def test_pauses_grow_and_a_longer_retry_after_is_honoured() -> None:
    wait = httpx.Response(503, headers={"Retry-After": "9"})
    now = httpx.Response(503, headers={"Retry-After": "0"})
    server = Server([now, now, wait, now, now])

    with pytest.raises(UnavailableError, match="answered 503"):
        server.send()
    assert [0.5, 1, 9, 4] == server.pauses


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_after_the_last_attempt_the_reason_is_raised_without_another_pause(attempts: int) -> None:
    server = Server([httpx.ConnectError("refused")])

    with pytest.raises(UnavailableError, match=r"can't be reached \(refused\)"):
        server.send(attempts=attempts)
    assert (attempts, attempts - 1) == (len(server.requests), len(server.pauses))


@pytest.mark.parametrize("status", [307, 400, 401, 403, 404, 405, 413, 415, 422])
def test_a_refusal_is_not_sent_again(status: int) -> None:
    server = Server([httpx.Response(status, headers={"location": "/elsewhere"})])

    with pytest.raises(InputError):
        server.send()
    assert (1, []) == (len(server.requests), server.pauses)


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'"x"'])
def test_a_success_that_is_no_answer_of_prela_is_said(content: bytes) -> None:
    server = Server([httpx.Response(200, content=content)])

    with pytest.raises(UnavailableError, match="is it a Prela server"):
        server.send(attempts=1)
    with pytest.raises(UnavailableError, match="is it a Prela server"):
        server.ask().traces("p", TraceFilter(), Order.NEWEST, PageRequest())


def test_a_trace_is_not_said_to_be_missing_by_another_server() -> None:
    server = Server([httpx.Response(404, json={"detail": "Not Found"})])

    with pytest.raises(InputError, match="is that the address of a Prela server"):
        server.ask().trace("p", "t")


def test_a_server_that_is_not_ready_says_which_part() -> None:
    unready = httpx.Response(503, json={"status": "unready", "parts": {"store": "is away"}})

    with pytest.raises(UnavailableError, match="store: is away"):
        Server([unready]).ask().ping()


@pytest.mark.parametrize(
    "trace_id",
    [
        "a/b",
        "a b",
        ".",
        "..",
        "...",
        "a?b",
        "a#b",
        "a%2Fb",
        "a+b",
        "é",
        "日本",
        "a&b=c",
        "a;b",
        ":",
    ],
)
def test_every_id_stands_in_the_path_as_it_is(trace_id: str) -> None:
    problem = {"content-type": "application/problem+json"}
    server = Server([httpx.Response(404, headers=problem)])

    assert server.ask().trace("p", trace_id) is None
    assert server.ask().spans("p", trace_id, PageRequest()) is None
    paths = [httpx.URL(str(request.url)).path for request in server.requests]
    assert [f"/api/v1/traces/{trace_id}", f"/api/v1/traces/{trace_id}/spans"] == paths


@pytest.mark.parametrize("field", ["name", "model", "service_name", "user_id", "q", "status"])
def test_an_empty_condition_is_refused_for_it_would_be_lost_on_the_way(field: str) -> None:
    server = Server([ok(items=[])])

    with pytest.raises(InvalidError, match=f"an empty {field}"):
        server.ask().traces("p", TraceFilter(**{field: ""}), Order.NEWEST, PageRequest())
    with pytest.raises(MalformedError, match="start without it"):
        server.ask().traces("p", TraceFilter(), Order.NEWEST, PageRequest(cursor=""))
    assert [] == server.requests


# What follows asks a real server over a real socket, and its store beside it.


@attrs.frozen
class Both:
    """The same question to the server and to its store."""

    client: HttpClient
    store: Store

    def answer(self, method: str, *question: Any) -> Any:
        """Give the answer of both, or the class of the error of both."""
        expected, found = (
            _outcome(asked, method, *question) for asked in (self.store, self.client)
        )
        assert expected == found
        return found


def _outcome(asked: Any, method: str, *question: Any) -> Any:
    try:
        return getattr(asked, method)("default", *question)
    except InputError as error:
        return type(error)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with (
        served(tmp_path_factory.mktemp("served"), retention_days=0) as (url, store),
        HttpClient(url) as client,
    ):
        store.insert([SpanBatch("default", to_micros(NOON), _spans(), [])])
        store.insert([SpanBatch("other", to_micros(NOON), [span_record(trace_id="hidden")], [])])
        yield Both(client, store)


def _spans() -> list[Any]:
    found = []
    for number in range(12):
        trace_id = f"trace-{number:02}" if number else "t/r ä%?#..ce"
        start = to_micros(NOON) + number * MINUTE + number
        failed = number % 4 == 3
        for part in range(3):
            attributes = {
                "plan": "pro" if number % 2 else "free",
                "n": number,
                "gen_ai.request.model": "gpt-4o" if part else "claude",
                "gen_ai.usage.input_tokens": number * 10,
                "gen_ai.completion": f"a refund für {number}\n\u2028😀",
                "session.id": f"s{number % 3}",
            }
            found.append(
                span_record(
                    trace_id=trace_id,
                    span_id=f"s{part}",
                    parent_span_id="s0" if part else "",
                    name=["answer", "chat", "look up"][part],
                    span_type=["agent", "llm", "tool"][part],
                    service_name=f"shop-{number % 2}",
                    started_at=start + part,
                    duration_ms=100.25 * (number + 1),
                    status="error" if failed and part == 2 else "success",
                    status_message="too late" if failed and part == 2 else "",
                    attributes=json.dumps(attributes, ensure_ascii=False).encode(),
                    events=b'[{"name":"retry","timestamp":"2026-01-15T12:00:00Z"}]',
                )
            )
    found.append(span_record(trace_id="open", span_id="x", status="pending"))
    found.append(span_record(trace_id="x/spans", span_id="x", status="pending"))
    return found


FILTERS: list[tuple[dict[str, Any], int]] = [
    ({}, 14),
    ({"service_name": "shop-1"}, 6),
    ({"status": "error"}, 3),
    ({"status": "OK"}, 9),
    ({"status": "pending"}, 2),
    ({"span_type": "TOOL"}, 12),
    ({"name": "look up"}, 12),
    ({"model": "gpt-4o"}, 12),
    ({"user_id": "nobody"}, 0),
    ({"session_id": "s1"}, 4),
    ({"agent_name": "nobody"}, 0),
    ({"environment": "nowhere"}, 0),
    ({"min_duration_ms": 500.5, "max_duration_ms": 1000.0}, 5),
    ({"start_time": to_micros(NOON) + 1, "end_time": to_micros(NOON) + 5 * MINUTE + 5}, 4),
    ({"q": 'refund "für 7"'}, 1),
    ({"attributes": (("plan", "pro"), ("n", "3"))}, 1),
    ({"attributes": (("n", "3"), ("n", "4"))}, 0),
]


@pytest.mark.parametrize(("where", "count"), FILTERS, ids=str)
def test_every_filter_is_answered_as_by_the_store(
    both: Both, where: dict[str, Any], count: int
) -> None:
    page = both.answer("traces", TraceFilter(**where), Order.NEWEST, PageRequest(limit=1000))

    assert count == len(page.items)


def test_an_unknown_status_is_refused_by_both(both: Both) -> None:
    where = TraceFilter(status="sad")

    assert InvalidError is both.answer("traces", where, Order.NEWEST, PageRequest())


@pytest.mark.parametrize("order", Order)
def test_every_order_is_followed_page_by_page(both: Both, order: Order) -> None:
    cursor: str | None = None
    seen: list[str] = []
    while True:
        request = PageRequest(limit=9, cursor=cursor)
        page = both.answer("traces", TraceFilter(), order, request)
        seen += [row.trace_id for row in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert 14 == len(seen) == len(set(seen))


def test_an_offset_is_passed_on(both: Both) -> None:
    page = both.answer("traces", TraceFilter(), Order.OLDEST, PageRequest(limit=3, offset=11))

    assert 3 == len(page.items)


@pytest.mark.parametrize("trace_id", ["trace-01", "t/r ä%?#..ce", "open", "x/spans"])
def test_a_trace_and_its_spans_are_those_of_the_store(both: Both, trace_id: str) -> None:
    trace = both.answer("trace", trace_id)
    spans = both.answer("spans", trace_id, PageRequest(limit=2))

    assert trace_id == trace.trace_id
    assert trace.spans[:2] == spans.items
    if spans.next_cursor:
        both.answer("spans", trace_id, PageRequest(limit=2, cursor=spans.next_cursor))


@pytest.mark.parametrize(
    "trace_id", ["", ".", "..", "hidden", "trace", "trace-01/spans", "x" * 500]
)
def test_an_unknown_trace_is_none(both: Both, trace_id: str) -> None:
    assert both.client.trace("default", trace_id) is None
    assert both.client.spans("default", trace_id, PageRequest()) is None


@pytest.mark.parametrize(
    "where", [{}, {"service_name": "shop-0"}, {"name": "chat"}, {"attributes": (("plan", "pro"),)}]
)
def test_a_search_is_answered_as_by_the_store(both: Both, where: dict[str, Any]) -> None:
    page = both.answer("search", TraceFilter(q="refund", **where), PageRequest(limit=4))

    assert page.items
    both.answer("search", TraceFilter(q="refund", **where), PageRequest(cursor=page.next_cursor))


def test_a_search_without_words_is_refused_by_both(both: Both) -> None:
    assert InvalidError is both.answer("search", TraceFilter(), PageRequest())


def test_a_cursor_of_another_question_is_refused_by_both(both: Both) -> None:
    page = both.answer("traces", TraceFilter(), Order.NEWEST, PageRequest(limit=2))
    other = PageRequest(cursor=page.next_cursor)

    assert MalformedError is both.answer("traces", TraceFilter(), Order.SLOWEST, other)
    ours = PageRequest(cursor="x")
    assert MalformedError is both.answer("traces", TraceFilter(), Order.NEWEST, ours)


def test_what_is_sent_is_seen(both: Both) -> None:
    body = json.dumps(
        {"trace_id": "sent", "spans": [{"span_id": str(n), "name": "x" * 50} for n in range(50)]}
    ).encode()
    answer = both.client.send("/v1/traces", body)

    assert ("accepted", "sent", 50) == (answer["status"], answer["trace_id"], answer["spans"])
    assert 50 == both.answer("trace", "sent").span_count
    both.client.ping()


def test_a_password_in_the_url_is_used_and_not_shown() -> None:
    with (
        HttpClient("http://ada:s3cret@127.0.0.1:9", timeout=1) as client,
        pytest.raises(UnavailableError, match=r"^http://127.0.0.1:9 can't be reached"),
    ):
        client.ping()
    assert "http://127.0.0.1:9" == client.url


def test_a_server_that_is_away_is_unavailable() -> None:
    with (
        HttpClient("http://127.0.0.1:9", timeout=2) as client,
        pytest.raises(UnavailableError, match=r"\(Connection refused\); is `prela serve` running"),
    ):
        client.ping()


def test_a_key_that_is_refused_is_told_apart_from_that() -> None:
    refusing = httpx.Response(401, json={"detail": "a key is needed"})

    with pytest.raises(UnauthenticatedError, match="a key is needed"):
        Server([refusing]).ask().traces("p", TraceFilter(), Order.NEWEST, PageRequest())


def test_a_path_that_the_server_does_not_have_is_not_found(both: Both) -> None:
    with pytest.raises(NotFoundError, match="there is nothing at this address"):
        both.client.send("/v1/nothing", b"[]")
