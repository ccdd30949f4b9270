"""Deletions over HTTP, over a store in memory: what is read, answered and refused."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from tests.asgi import ask

from prela_core.model import SpanBatch, to_micros
from prela_core.testing import NOON, MemoryStore, span_record
from prela_server.accounts import Identity, Scope
from prela_server.deletion.routes import Asking, deletion_routes
from prela_server.edge.methods import by_address
from prela_server.edge.problems import handlers
from prela_server.query.routes import query_routes

MICROS = to_micros(NOON)
Send = Callable[..., httpx.Response]


async def guard(request: Request, scope: Scope) -> Identity:
    """Take the key for the name of its project, and a key `reader` for one that may only read."""
    project = request.headers.get("X-API-Key", "p")
    scopes = {Scope.READ} if project == "reader" else {Scope.DELETE, Scope.READ}
    identity = Identity(project_id=project, key_id="", scopes=frozenset(scopes))
    identity.require(scope)
    return identity


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    spans = [
        span_record(trace_id=trace, name=f"{trace} step", status=status)
        for trace, status in (("a", "success"), ("b", "error"), ("c/spans", "success"))
    ]
    store.insert([SpanBatch("p", MICROS, spans), SpanBatch("q", MICROS, spans)])
    return store


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def send(store: MemoryStore, asked: list[str]) -> Send:
    numbers = itertools.count(1)
    asking = Asking(
        micros=lambda: MICROS,
        new_id=lambda: f"del_{next(numbers)}",
        asked=lambda: asked.append("asked"),
    )
    routes = by_address(
        [*query_routes(store, guard), *deletion_routes(store, guard, asking, body_seconds=5)]
    )
    app = Starlette(routes=routes, exception_handlers=handlers())

    def request(method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return ask(app, path, method, json=body, headers=headers)

    return request


def ids(send: Send, **headers: str) -> set[str]:
    items = send("GET", "/api/v1/traces", **headers).json()["items"]
    return {each["trace_id"] for each in items}


def carry_out(store: MemoryStore) -> None:
    for _ in store.deletions.carry_out():
        pass


def test_a_deletion_is_promised_at_once_and_told_of_until_it_is_done(
    send: Send, store: MemoryStore, asked: list[str]
) -> None:
    answer = send("POST", "/api/v1/deletions", {"trace_ids": ["a", "nowhere"]})
    assert (202, "/api/v1/deletions/del_1") == (answer.status_code, answer.headers["Location"])
    receipt = answer.json()
    assert ("waiting", {"trace_ids": ["a", "nowhere"]}) == (receipt["state"], receipt["selection"])
    assert (["asked"], receipt) == (asked, send("GET", answer.headers["Location"]).json())
    carry_out(store)
    done = send("GET", answer.headers["Location"]).json()
    assert ("done", 1, 1, {"spans": 1}) == tuple(
        done[name] for name in ("state", "traces", "spans", "rows")
    )
    assert {"b", "c/spans"} == ids(send)
    assert {"a", "b", "c/spans"} == ids(send, **{"X-API-Key": "q"})
    assert [done] == send("GET", "/api/v1/deletions").json()["items"]


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ({"filter": {"status": "failed"}}, {"a", "c/spans"}),
        ({"filter": {"start_time": "2026-01-15T12:00:00Z"}}, set()),
        ({"filter": {"end_time": "2026-01-15T12:00:00Z"}}, {"a", "b", "c/spans"}),
        ({"filter": {"name": "a step", "max_duration_ms": 250}}, {"b", "c/spans"}),
        ({"filter": {"attr.x": ["1", "2"]}}, {"a", "b", "c/spans"}),
        ({"filter": {"query": 'status:error or name:"c/spans step"'}}, {"a"}),
        ({"everything": True}, set()),
    ],
)
def test_what_is_meant(send: Send, store: MemoryStore, body: Any, left: set[str]) -> None:
    counted = send("POST", "/api/v1/deletions/count", body)
    assert (200, 3 - len(left)) == (counted.status_code, counted.json()["traces"])
    assert [] == send("GET", "/api/v1/deletions").json()["items"]
    answer = send("POST", "/api/v1/deletions", body)
    assert (202, body) == (answer.status_code, answer.json()["selection"])
    carry_out(store)
    assert left == ids(send)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, None),
        ([], None),
        ({"trace_ids": []}, "/trace_ids"),
        ({"trace_ids": [""]}, "/trace_ids/0"),
        ({"trace_ids": None}, "/trace_ids"),
        ({"trace_ids": ["a"], "everything": True}, None),
        ({"everything": False}, "/everything"),
        ({"filter": {}}, None),
        ({"filter": {"status": "error"}, "end_time": "2026-01-01"}, "/end_time"),
        ({"filter": {"stauts": "error"}}, "/filter/stauts"),
        ({"filter": {"status": "odd"}}, "/filter/status"),
        ({"filter": {"status": ""}}, "/filter/status"),
        ({"filter": {"status": None}}, "/filter/status"),
        ({"filter": {"status": ["error"]}}, "/filter/status"),
        ({"filter": {"limit": 1}}, "/filter/limit"),
        ({"filter": {"model": True}}, "/filter/model"),
        ({"filter": {"query": "status:"}}, "/filter/query"),
    ],
)
def test_what_could_mean_too_much_is_refused(send: Send, body: Any, pointer: str | None) -> None:
    for path in ("/api/v1/deletions", "/api/v1/deletions/count"):
        answer = send("POST", path, body)
        assert 422 == answer.status_code, answer.text
        assert ([] if pointer is None else [pointer]) == [
            each["pointer"] for each in answer.json().get("errors", [])
        ]
    assert [] == send("GET", "/api/v1/deletions").json()["items"]


def test_one_trace_is_deleted_by_its_address(send: Send, store: MemoryStore) -> None:
    answer = send("DELETE", "/api/v1/traces/c%2Fspans")
    assert (202, {"trace_ids": ["c/spans"]}) == (answer.status_code, answer.json()["selection"])
    carry_out(store)
    assert {"a", "b"} == ids(send)


def test_what_is_unknown_or_anothers_is_not_found(send: Send, store: MemoryStore) -> None:
    theirs = send("POST", "/api/v1/deletions", {"trace_ids": ["b"]}, **{"X-API-Key": "q"})
    carry_out(store)
    unknown = [send("DELETE", "/api/v1/traces/x"), send("GET", "/api/v1/deletions/x")]
    others = [
        send("DELETE", "/api/v1/traces/b", **{"X-API-Key": "q"}),
        send("GET", theirs.headers["Location"]),
    ]
    assert [404, 404] == [each.status_code for each in unknown]
    assert [each.json() for each in unknown] == [each.json() for each in others]


def test_a_key_that_may_only_read_deletes_nothing(send: Send) -> None:
    for method, path, body in (
        ("POST", "/api/v1/deletions", {"everything": True}),
        ("POST", "/api/v1/deletions/count", {"everything": True}),
        ("DELETE", "/api/v1/traces/a", None),
        ("GET", "/api/v1/deletions", None),
    ):
        assert 403 == send(method, path, body, **{"X-API-Key": "reader"}).status_code


def test_a_method_that_is_not_taken_is_told_of_those_that_are(send: Send) -> None:
    for path, methods in (("traces/a", "DELETE, GET, HEAD"), ("deletions", "GET, HEAD, POST")):
        answer = send("PUT", f"/api/v1/{path}")
        assert 405 == answer.status_code
        assert methods == ", ".join(sorted(answer.headers["Allow"].split(", ")))
