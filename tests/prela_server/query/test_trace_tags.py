from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from prela_core.model import SpanBatch, to_micros
from prela_core.testing import NOON, MemoryStore, span_record
from prela_server.edge.guard import open_guard
from prela_server.edge.problems import handlers
from prela_server.query.routes import query_routes

Ask = Callable[..., httpx.Response]
TRACE = span_record().trace_id
PATH = f"/api/v1/traces/{TRACE}"


class Counting(MemoryStore):
    """Says how often a trace was read whole, but for its stamp."""

    read = 0

    def open_trace(self, project_id: str, trace_id: str) -> Any:
        self.read += 1
        return super().open_trace(project_id, trace_id)


@pytest.fixture
def store() -> Counting:
    found = Counting()
    insert(found, span_id="a")
    return found


def insert(store: MemoryStore, **span: Any) -> None:
    store.insert([SpanBatch("default", to_micros(NOON) + 1, [span_record(**span)], [])])


@pytest.fixture
def ask(store: Counting) -> Ask:
    app = Starlette(routes=query_routes(store, open_guard()), exception_handlers=handlers())

    def ask(path: str = PATH, method: str = "GET", **headers: str) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                sent = {name.replace("_", "-"): value for name, value in headers.items()}
                return await client.request(method, path, headers=sent)

        return asyncio.run(send())

    return ask


def test_what_the_client_has_is_not_read_again(ask: Ask, store: Counting) -> None:
    first = ask()
    assert 200 == first.status_code
    second = ask(if_none_match=first.headers["etag"])

    assert (304, b"") == (second.status_code, second.content)
    assert first.headers["etag"] == second.headers["etag"]
    assert 1 == store.read


def test_what_has_changed_is_given_with_another_tag(ask: Ask, store: Counting) -> None:
    first = ask()
    insert(store, span_id="b")
    second = ask(if_none_match=first.headers["etag"])

    assert 200 == second.status_code
    assert first.headers["etag"] != second.headers["etag"]
    assert 2 == len(second.json()["spans"])


@pytest.mark.parametrize("form", ["{0}", 'W/"other", {0}', '"other",{0}', "{1}", "*"])
def test_tags_are_compared_weakly_and_may_be_many(ask: Ask, form: str) -> None:
    tag = ask().headers["etag"]

    assert 304 == ask(if_none_match=form.format(tag, tag.removeprefix("W/"))).status_code


@pytest.mark.parametrize("sent", ["", '"other"', "W/", "nonsense"])
def test_other_tags_are_no_reason_to_give_nothing(ask: Ask, sent: str) -> None:
    assert 200 == ask(if_none_match=sent).status_code


def test_what_is_not_there_is_not_there(ask: Ask) -> None:
    assert 404 == ask("/api/v1/traces/none", if_none_match="*").status_code
    assert 404 == ask("/api/v1/traces/none", "HEAD").status_code


def test_the_tag_alone_can_be_asked_for(ask: Ask, store: Counting) -> None:
    answer = ask(method="HEAD")

    assert (200, b"", 0) == (answer.status_code, answer.content, store.read)
    assert answer.headers["etag"] == ask().headers["etag"]
    assert "content-length" not in answer.headers
