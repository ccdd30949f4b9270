"""`prela delete` and `prela deletions`, over a store in memory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from prela_cli import delete as deleting
from prela_cli import moments, source
from prela_cli.main import prela
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.testing import NOON, MemoryStore, span_record

MICROS = to_micros(NOON)
DAY = 86_400_000_000
Run = Callable[..., Result]


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    spans = [
        span_record(trace_id="new"),
        span_record(trace_id="old", started_at=MICROS - 40 * DAY),
        span_record(trace_id="failed", status="error", name="a tool"),
    ]
    store.insert([SpanBatch(each, MICROS - DAY, spans) for each in ("default", "shop")])
    return store


@pytest.fixture
def run(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> Run:
    @contextmanager
    def opened(*_: Any) -> Iterator[MemoryStore]:
        yield store

    monkeypatch.setattr(source, "open_source", opened)
    monkeypatch.setattr(moments, "now", lambda: NOON)

    def command(*arguments: str, answers: str = "") -> Result:
        if answers:
            monkeypatch.setattr(deleting, "can_ask", lambda: True)
        return CliRunner().invoke(prela, arguments, input=answers)

    return command


def left(store: MemoryStore, project: str = "default") -> set[str]:
    found = store.traces(project, TraceFilter(), Order.NEWEST, PageRequest())
    return {each.trace_id for each in found.items}


@pytest.mark.parametrize(
    ("arguments", "stay"),
    [
        (["new", "old"], {"failed"}),
        (["--older-than", "30d"], {"new", "failed"}),
        (["--status", "error"], {"new", "old"}),
        (["--query", 'status:error or name:"a tool"'], {"new", "old"}),
        (["--since", "1d"], {"old"}),
        (["--since", "1d", "--status", "error"], {"new", "old"}),
        (["--since", "1d", "--query", "status:success"], {"old", "failed"}),
        (["--everything"], set()),
    ],
)
def test_what_is_meant_is_deleted(
    run: Run, store: MemoryStore, arguments: list[str], stay: set[str]
) -> None:
    done = run("delete", *arguments, "--yes")
    assert (0, stay) == (done.exit_code, left(store)), done.output
    assert {"new", "old", "failed"} == left(store, "shop")
    assert f"Deleted {_many(3 - len(stay), 'trace')} with" in done.stdout


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def test_it_asks_before(run: Run, store: MemoryStore) -> None:
    refused = run("delete", "old", answers="n\n")
    assert (1, 3) == (refused.exit_code, len(left(store)))
    assert "Delete 1 trace with 1 span (1 row)? It can't be undone [y/N]" in refused.stderr
    assert 0 == run("delete", "old", answers="y\n").exit_code
    assert {"new", "failed"} == left(store)


def test_where_nobody_can_be_asked_it_wants_a_yes(run: Run, store: MemoryStore) -> None:
    done = run("delete", "--everything")
    assert (2, 3) == (done.exit_code, len(left(store)))
    assert "--yes" in done.stderr


def test_a_dry_run_only_counts(run: Run, store: MemoryStore) -> None:
    done = run("delete", "--everything", "--dry-run")
    assert "Would delete 3 traces with 3 spans (3 rows).\n" == done.stdout
    counted = json.loads(run("delete", "--everything", "--dry-run", "--json").stdout)
    assert {"traces": 3, "spans": 3, "rows": {"spans": 3}} == counted
    assert 3 == len(left(store))


def test_the_receipt_is_json_and_can_be_looked_at_later(run: Run) -> None:
    receipt = json.loads(run("delete", "old", "--yes", "--json").stdout)
    assert ("done", {"trace_ids": ["old"]}) == (receipt["state"], receipt["selection"])
    again = run("deletions", receipt["deletion_id"], "--json")
    assert receipt == json.loads(again.stdout)
    assert [receipt] == json.loads(run("deletions", "--json").stdout)["items"]
    assert receipt["deletion_id"] in run("deletions").stdout
    assert "No deletions." in run("deletions", "--project", "shop").stdout
    assert 3 == run("deletions", "unknown").exit_code


def test_a_project_of_a_directory_can_be_named(run: Run, store: MemoryStore) -> None:
    assert 0 == run("delete", "old", "--project", "shop", "--yes").exit_code
    assert ({"new", "old", "failed"}, {"new", "failed"}) == (left(store), left(store, "shop"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ([], 2, "say what to delete"),
        ([""], 2, "a TRACE_ID is empty"),
        (["new", "--everything"], 2, "only one of them"),
        (["new", "--status", "error"], 2, "only one of them"),
        (["--older-than", "1d", "--end", "2026-01-01"], 2, "give one"),
        (["unknown"], 3, "there is no such trace"),
        (["unknown", "other"], 3, "none of these traces"),
        (["--query", "status:"], 2, "column"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    run: Run, store: MemoryStore, arguments: list[str], code: int, said: str
) -> None:
    done = run("delete", *arguments, "--yes")
    assert (code, 3) == (done.exit_code, len(left(store)))
    assert said in done.stderr


def test_nothing_that_matches_is_no_fault(run: Run) -> None:
    done = run("delete", "--model", "none", "--yes")
    assert (0, "No traces match, so there is nothing to delete.\n") == (done.exit_code, done.stdout)


@pytest.mark.parametrize(("asked", "code"), [(["--model", "none"], 0), (["unknown"], 3)])
def test_nothing_that_matches_is_json_too(run: Run, asked: list[str], code: int) -> None:
    done = run("delete", *asked, "--yes", "--json")
    assert (code, 0) == (done.exit_code, json.loads(done.stdout)["traces"])


def test_wrong_ids_among_right_ones_are_told(run: Run) -> None:
    done = run("delete", "new", "nope", "--dry-run")

    assert "Would delete 1 trace" in done.stdout
    assert "1 of these ids is of no trace." in done.stderr


def test_the_key_of_a_server_says_which_project(
    run: Run, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "url", "http://far", raising=False)
    done = run("delete", "--project", "shop", "--everything", "--yes")

    assert done.exit_code == 2
    assert "leave out --project" in done.stderr
    assert {"new", "old", "failed"} == left(store, "shop")


def test_the_question_names_the_server(
    run: Run, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "url", "http://far", raising=False)
    done = run("delete", "new", answers="n\n")

    assert "from http://far?" in done.stderr
    assert {"new", "old", "failed"} == left(store)
