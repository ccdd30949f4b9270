from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Self, cast

import httpx
import pytest
from click.testing import Result
from tests.conftest import clean_environment, span
from tests.programs import Server

from prela_cli import source
from prela_cli import tail as tail_module
from prela_cli.tail import follow
from prela_core.ask import Subject, parse
from prela_core.errors import ForbiddenError, UnavailableError
from prela_core.io.http_client import HttpClient
from prela_core.store import Arrivals, ArrivalsRequest, StoredSpan
from prela_core.testing import stored_span

Run = Callable[..., Result]


class Site:
    """A server as `follow` sees it: `answers` in turn, of which an error is raised."""

    url = "http://there"

    def __init__(self, *answers: Any) -> None:
        self.answers = iter(answers)
        self.asked: list[ArrivalsRequest] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def arrivals(self, project_id: str, wanted: ArrivalsRequest) -> Arrivals:
        assert project_id
        self.asked.append(wanted)
        answer = next(self.answers)
        if isinstance(answer, BaseException):
            raise answer
        cursor, *ids = answer
        return Arrivals(items=[stored_span(span_id=each) for each in ids], next_cursor=cursor)


def test_it_goes_on_where_it_was_after_the_server_was_away() -> None:
    site = Site(("1",), ("2", "a"), UnavailableError("gone"), ("3", "a", "b"), ("4", "c"))
    found = iter([None, None, site, site])
    told: list[str] = []
    spans = follow(
        lambda: cast("HttpClient | None", next(found)),
        ArrivalsRequest(since=7),
        tell=told.append,
        where="here",
        sleep=lambda _: None,
    )

    assert ["a", "b", "c"] == [each.span_id for each in islice(spans, 3)]
    assert [None, "1", "2", "2", "3"] == [asked.cursor for asked in site.asked]
    assert [7, None, None, None, None] == [asked.since for asked in site.asked]
    assert [
        "waiting for `prela serve` on here",
        "following http://there; Ctrl-C ends it",
        "gone; trying again",
        "following http://there; Ctrl-C ends it",
    ] == told


@pytest.fixture
def arriving(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let a server be found at which spans arrive, and then somebody presses Ctrl-C."""

    def arrive(*spans: StoredSpan) -> None:
        def following(*_: Any, **__: Any) -> Iterator[StoredSpan]:
            yield from spans
            raise KeyboardInterrupt

        monkeypatch.setattr(tail_module, "follow", following)

    return arrive


def test_filters_choose_and_ctrl_c_is_the_end(run: Run, arriving: Callable[..., None]) -> None:
    arriving(
        stored_span(span_id="a", name="root"),
        stored_span(span_id="b", name="child", parent_span_id="a"),
        stored_span(span_id="c", name="bad", parent_span_id="a", status="error"),
    )

    def names(*words: str) -> list[str]:
        result = run("tail", "--json", *words)
        assert 0 == result.exit_code
        return [json.loads(line)["name"] for line in result.stdout.splitlines()]

    assert ["root", "child", "bad"] == names()
    assert ["root"] == names("--traces")


def test_a_query_goes_to_the_server(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(("1",), KeyboardInterrupt())
    monkeypatch.setattr(source, "find_server", lambda *_: site)
    monkeypatch.setattr(tail_module.time, "sleep", lambda _: None)

    assert 0 == run("tail", "status:error", "model:gpt*").exit_code
    assert [parse("status:error model:gpt*", Subject.SPAN)] * 2 == [
        asked.where for asked in site.asked
    ]


def test_a_query_that_can_not_be_read_says_where(run: Run) -> None:
    result = run("tail", "status:")

    assert 2 == result.exit_code
    assert "column" in result.stderr


def test_a_key_that_is_refused_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "find_server", lambda *_: Site(ForbiddenError("not with this")))
    result = run("tail")

    assert (1, "prela: not with this\n") == (result.exit_code, result.stderr)


def test_nothing_is_missed_or_shown_twice_over_a_restart(tmp_path: Path) -> None:
    sent = [span(name=f"step {number}") for number in range(4)]
    command = [sys.executable, "-m", "prela_cli", "tail", "--json", "--data-dir", str(tmp_path)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment()
    ) as tail:
        assert tail.stdout is not None
        assert tail.stderr is not None
        lines, said = tail.stdout, tail.stderr
        assert "waiting for `prela serve`" in said.readline()
        with Server(tmp_path) as server:
            assert f"following {server.url}" in said.readline()
            _send(server, *sent[:2])
            assert ["step 0", "step 1"] == sorted(_names(lines, 2))
        assert "trying again" in said.readline()
        with Server(tmp_path) as server:
            _send(server, *sent)
            assert ["step 2", "step 3"] == sorted(_names(lines, 2))
        tail.send_signal(signal.SIGINT)
        assert 0 == tail.wait(30)
        assert "" == lines.read()


def _send(server: Server, *spans: dict[str, Any]) -> None:
    httpx.post(f"{server.url}/v1/batch", json={"spans": list(spans)}, timeout=60).raise_for_status()


def _names(lines: Any, count: int) -> list[str]:
    return [json.loads(lines.readline())["name"] for _ in range(count)]
