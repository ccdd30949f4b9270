from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from tests.served import served

from prela_core.errors import (
    InvalidError,
    PrelaError,
    TooLargeError,
    UnauthenticatedError,
    UnavailableError,
)
from prela_core.io.http_exporter import HttpExporter
from prela_core.io.tracing import open_tracer
from prela_core.model import Span
from prela_core.testing.factories import NOON

SPAN = Span(trace_id="t", span_id="s", started_at=NOON, ended_at=NOON + timedelta(seconds=1))
Answer = httpx.Response | Exception


@attrs.define
class Server:
    """Answers what it is told to, the last answer for good, and keeps what was sent."""

    answers: list[Answer]
    requests: list[httpx.Request] = attrs.field(factory=list)
    pauses: list[float] = attrs.field(factory=list)

    def exporter(self, **options: Any) -> HttpExporter:
        transport = httpx.MockTransport(self._answer)
        return HttpExporter(
            "http://prela.test/", transport=transport, sleep=self.pauses.append, **options
        )

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(gzip.decompress(request.content)) for request in self.requests]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_trace_is_one_gzipped_request() -> None:
    server = Server([httpx.Response(200)])
    with server.exporter(api_key="prela_sk_x") as exporter:
        exporter([SPAN])

    [request] = server.requests
    assert str(request.url) == "http://prela.test/v1/traces"
    assert request.headers["X-API-Key"] == "prela_sk_x"
    assert request.headers["Content-Encoding"] == "gzip"
    assert request.headers["Content-Type"] == "application/json"
    assert server.bodies()[0]["spans"][0]["span_id"] == "s"


def test_without_a_key_none_is_sent() -> None:
    server = Server([httpx.Response(200)])
    server.exporter()([SPAN])

    assert "X-API-Key" not in server.requests[0].headers


def test_a_long_trace_goes_in_parts() -> None:
    server = Server([httpx.Response(202)])
    server.exporter()([attrs.evolve(SPAN, span_id=str(at)) for at in range(2500)])

    assert [1000, 1000, 500] == [len(body["spans"]) for body in server.bodies()]
    assert {"/v1/traces"} == {request.url.path for request in server.requests}


def test_many_small_traces_are_one_batch() -> None:
    server = Server([httpx.Response(200)])
    server.exporter()([attrs.evolve(SPAN, trace_id=str(at)) for at in range(700)])

    [body] = server.bodies()
    assert "/v1/batch" == server.requests[0].url.path
    assert [str(at) for at in range(700)] == [span["trace_id"] for span in body["spans"]]


def test_requests_are_bounded_in_bytes() -> None:
    server = Server([httpx.Response(200)])
    large = attrs.evolve(SPAN, attributes={"text": "x" * 1_500_000})
    server.exporter()([attrs.evolve(large, span_id=str(at)) for at in range(5)])

    assert [2, 2, 1] == [len(body["spans"]) for body in server.bodies()]


def test_what_is_too_large_goes_in_halves_and_keeps_nothing_else_back() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        spans = json.loads(gzip.decompress(request.content))["spans"]
        large = len(spans) > 2 or any(span["name"] == "huge" for span in spans)
        taken.extend([] if large else [span["span_id"] for span in spans])
        return httpx.Response(413 if large else 200, json={"detail": "too much"})

    taken: list[str] = []
    exporter = HttpExporter("http://prela.test", transport=httpx.MockTransport(answer))
    spans = [attrs.evolve(SPAN, span_id=str(at)) for at in range(9)]
    spans[4] = attrs.evolve(spans[4], name="huge")
    with pytest.raises(TooLargeError, match="too much"):
        exporter(spans)

    assert [span.span_id for span in spans if span.name != "huge"] == taken


def test_a_refused_request_keeps_the_others_from_nothing() -> None:
    server = Server([httpx.Response(422, json={"detail": "odd"}), httpx.Response(200)])
    with pytest.raises(InvalidError, match="odd"):
        server.exporter()([attrs.evolve(SPAN, span_id=str(at)) for at in range(1500)])

    assert 2 == len(server.requests)


def test_an_unknown_key_ends_it_at_once() -> None:
    server = Server([httpx.Response(401)])
    with pytest.raises(UnauthenticatedError):
        server.exporter()([attrs.evolve(SPAN, span_id=str(at)) for at in range(1500)])

    assert 1 == len(server.requests)


def test_refused_spans_are_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    rejected = [{"index": 0, "span_id": "s", "reason": "name is odd"}]
    server = Server([httpx.Response(200, json={"status": "accepted", "rejected": rejected})])
    exporter = server.exporter()
    exporter([SPAN])
    exporter([SPAN])

    assert 2 == exporter.refused
    [said] = [record.getMessage() for record in caplog.records]
    assert "1 span was refused by http://prela.test (name is odd)" in said


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"rejected": 3}', b"<p>fine</p>"])
def test_an_answer_of_another_make_is_success_and_words_of_it_are_said_once(
    content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = Server([httpx.Response(200, content=content)]).exporter()
    exporter([SPAN])
    exporter([SPAN])

    assert 0 == exporter.refused
    said = "http://prela.test took spans but did not answer as Prela does (no content type); "
    expected = [] if content in {b"", b"{}"} else [f"{said}is it a Prela server?"]
    assert expected == [record.getMessage() for record in caplog.records]


@pytest.mark.parametrize(
    "passing",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(429),
        httpx.Response(502),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(500),
    ],
)
def test_what_may_pass_is_tried_again(passing: Answer) -> None:
    server = Server([passing, passing, httpx.Response(200)])
    server.exporter()([SPAN])

    assert server.pauses == [0.1, 0.2]
    assert len({request.content for request in server.requests}) == 1


def test_after_four_attempts_it_says_what_is_away() -> None:
    server = Server([httpx.ConnectError("refused")])

    with pytest.raises(UnavailableError, match=r"can't be reached \(refused\)"):
        server.exporter()([SPAN])
    assert (4, [0.1, 0.2, 0.4]) == (len(server.requests), server.pauses)


def test_one_attempt_leaves_trying_again_to_the_caller() -> None:
    server = Server([httpx.Response(503, headers={"Retry-After": "7"})])

    with pytest.raises(UnavailableError) as caught:
        server.exporter(attempts=1)([SPAN])
    assert (1, [], 7) == (len(server.requests), server.pauses, caught.value.retry_after)


@pytest.mark.parametrize(
    ("header", "pause"), [("2", 2.0), ("600", 5.0), ("soon", 0.1), ("٣", 0.1), ("", 0.1)]
)
def test_retry_after_is_honoured_up_to_five_seconds(header: str, pause: float) -> None:
    headers = httpx.Headers([(b"Retry-After", header.encode())])
    server = Server([httpx.Response(503, headers=headers), httpx.Response(200)])
    server.exporter()([SPAN])

    assert server.pauses == [pause]


@pytest.mark.parametrize(
    ("status", "kind"), [(401, UnauthenticatedError), (413, TooLargeError), (422, InvalidError)]
)
def test_a_refusal_is_not_tried_again(status: int, kind: type[PrelaError]) -> None:
    server = Server([httpx.Response(status, json={"detail": "why it was"})])

    with pytest.raises(kind, match="why it was"):
        server.exporter()([SPAN])
    assert (1, []) == (len(server.requests), server.pauses)


def test_no_address_is_said_at_once() -> None:
    with pytest.raises(InvalidError, match="is not the URL of a server"):
        HttpExporter("nonsense")([SPAN])


def test_a_tracer_exports_through_it() -> None:
    server = Server([httpx.Response(200)])
    with open_tracer("shop", server.exporter()).span("root"):
        pass

    assert server.bodies()[0]["service_name"] == "shop"


def test_nothing_to_send_sends_nothing() -> None:
    server = Server([httpx.Response(200)])
    export: Callable[[list[Span]], None] = server.exporter()
    export([])

    assert server.requests == []


def test_a_real_server_takes_all_that_can_be_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = [attrs.evolve(SPAN, trace_id=f"t{at}", span_id="s", name=f"n{at}") for at in range(40)]
    large = [attrs.evolve(SPAN, trace_id="large", span_id=f"{at}") for at in range(2100)]
    nameless = attrs.evolve(SPAN, trace_id="t3", span_id="u", parent_span_id="s")
    small[3] = attrs.evolve(small[3], service_name="shop")
    bad = attrs.evolve(SPAN, trace_id="t5", span_id="")
    with served(tmp_path, retention_days=0) as (url, store), HttpExporter(url) as export:
        export([*small[:20], bad, *large, nameless, *small[20:]])

        assert 2100 == store.trace("default", "large").span_count
        assert [f"n{at}" for at in range(40)] == [
            store.trace("default", f"t{at}").name for at in range(40)
        ]
        spans = store.trace("default", "t3").spans
        assert ["shop", "shop"] == [span.service_name for span in spans]
    assert 1 == export.refused
    assert "span_id is empty" in caplog.text
