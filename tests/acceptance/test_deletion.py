"""Deleting from a running server: by every way of asking nothing is found, also after a kill."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.conftest import Api, Serve, Server, await_that, span, trace

from prela_core.model import new_trace_id

WORD = "unforgettable"


def _store(api: Api, word: str = WORD) -> str:
    trace_id = new_trace_id()
    spans = [
        span(
            trace_id,
            name=f"{word} step",
            attributes={
                "gen_ai.request.model": f"{word}-model",
                "user.id": f"{word}-user",
                "session.id": f"{word}-session",
                "input.value": f"an {word} question",
            },
        )
        for _ in range(2)
    ]
    api.accept("/v1/traces", trace(*spans, metadata={"note": word}))
    return trace_id


def _receipt(api: Api, answer: Any) -> dict[str, Any]:
    receipt: dict[str, Any] = api.read(f"/api/v1/deletions/{answer.json()['deletion_id']}")
    return receipt


def _await_gone(api: Api, answer: Any) -> dict[str, Any]:
    assert 202 == answer.status_code, answer.text
    await_that(lambda: _receipt(api, answer)["gone_at"], "it is deleted", seconds=60)
    return _receipt(api, answer)


def _all_that_is_said(server: Server, trace_id: str) -> str:
    """Ask every question there is, and give the answers."""
    document = server.api.read("/openapi.json")
    said = []
    for template, methods in document["paths"].items():
        operation = methods.get("get")
        if operation is None or "deletion" in template or not template.startswith("/api/v1/"):
            continue
        names = {each["name"] for each in operation.get("parameters", ())}
        query = {"q": WORD} if "q" in names else {}
        query |= {"by": "name"} if "by" in names else {}
        query |= {"to": trace_id} if "to" in names else {}
        query |= {"since": "2026-01-01T00:00:00Z"} if "since" in names else {}
        path = template.replace("{trace_id}", trace_id).replace("{session_id}", f"{WORD}-session")
        answer = server.api.request("GET", path, params=query)
        said.append(f"{path} {answer.text}")
    said += [
        server.api.post("/api/v1/sql", {"query": asked}).text
        for asked in ("SELECT * FROM spans", "SELECT * FROM traces")
    ]
    said.append(server.prela("stats", "--by", "name", "--url", server.asks_at).stdout)
    return "\n".join(said)


@pytest.fixture(scope="module")
def server(module_serve: Serve) -> Server:
    """A server that holds what these tests send and nothing else."""
    return module_serve()


def test_nothing_of_it_is_found_by_any_way_of_asking(server: Server) -> None:
    kept, gone = _store(server.api, "kept"), _store(server.api)
    before = _all_that_is_said(server, gone)
    assert before.count(WORD) > 20
    done = _await_gone(server.api, server.api.request("DELETE", f"/api/v1/traces/{gone}"))
    assert (1, 2, {"spans": 2, "trace_announcements": 1}) == (
        done["traces"],
        done["spans"],
        done["rows"],
    )
    after = _all_that_is_said(server, gone)
    assert WORD not in after.replace(f"{WORD}-session", "")
    assert "kept" in after
    assert 404 == server.api.request("GET", f"/api/v1/traces/{gone}").status_code
    assert 404 == server.api.request("DELETE", f"/api/v1/traces/{gone}").status_code
    server.api.trace(kept, spans=2)
    # What is sent anew is new.
    server.api.accept("/v1/batch", {"spans": [span(gone)]})
    server.api.trace(gone)


def test_what_was_promised_is_deleted_after_a_kill(server: Server) -> None:
    gone, kept = _store(server.api), _store(server.api, "kept")
    before = {each["trace_id"] for each in server.api.walk("/api/v1/traces")}
    answer = server.api.post("/api/v1/deletions", {"filter": {"user_id": f"{WORD}-user"}})
    server.kill()
    server.start()
    done = _await_gone(server.api, answer)
    assert (1, 2) == (done["traces"], done["spans"])
    after = {each["trace_id"] for each in server.api.walk("/api/v1/traces")}
    assert ({gone}, True) == (before - after, kept in after)
    assert 404 == server.api.get(f"/api/v1/traces/{gone}").status_code


def test_the_command_asks_a_server_and_waits(server: Server) -> None:
    gone = _store(server.api)
    counted = server.prela("delete", gone, "--dry-run", "--json", "--url", server.asks_at)
    assert {"traces": 1, "spans": 2} == {
        name: json.loads(counted.stdout)[name] for name in ("traces", "spans")
    }
    done = server.prela("delete", gone, "--yes", "--json", "--url", server.asks_at)
    receipt = json.loads(done.stdout)
    assert ({"trace_ids": [gone]}, 1, 2) == (
        receipt["selection"],
        receipt["traces"],
        receipt["spans"],
    )
    assert 404 == server.api.get(f"/api/v1/traces/{gone}").status_code
    shown = server.prela("deletions", "--url", server.asks_at)
    assert receipt["deletion_id"] in shown.stdout
