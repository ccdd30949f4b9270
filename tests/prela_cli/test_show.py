from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import msgspec
import pytest
from click.testing import Result
from msgspec import Raw

from prela_core.analysis import CriticalPath
from prela_core.store import StoredSpan, TraceDetail
from prela_core.testing.factories import NOON, stored_span, trace_detail

Run = Callable[..., Result]

ROOT = stored_span(span_id="root", name="answer", span_type="agent")
CALL = stored_span(
    span_id="call-1", parent_span_id="root", name="chat", attributes=Raw(b'{"llm.model":"m"}')
)


@pytest.fixture
def trace(reader: Any) -> TraceDetail:
    one = trace_detail(ROOT, CALL)
    reader.details = [one]
    return one


def test_a_trace_is_a_tree(run: Run, trace: TraceDetail) -> None:
    result = run("show", trace.trace_id)

    assert result.exit_code == 0
    assert "  agent answer" in result.stdout
    assert "  └╴chat" in result.stdout
    assert "llm.model" not in result.stdout
    assert "llm.model = m" in run("show", trace.trace_id, "-a").stdout


def test_the_beginning_of_an_id_is_enough_when_only_one_has_it(
    run: Run, reader: Any, trace: TraceDetail
) -> None:
    assert trace.trace_id in run("show", trace.trace_id[:6]).stdout

    reader.details.append(attrs.evolve(trace, trace_id=trace.trace_id[:10] + "x"))
    result = run("show", trace.trace_id[:6])

    assert result.exit_code == 2
    assert "the ids of several traces begin with 0af765: " in result.stderr


def test_the_latest_is_shown_without_an_id(run: Run, trace: TraceDetail) -> None:
    assert trace.trace_id in run("show", "--latest").stdout


def test_json_is_the_trace_as_the_api_answers_it(run: Run, trace: TraceDetail) -> None:
    document = run("show", trace.trace_id, "--json").stdout

    assert trace == msgspec.json.decode(document, type=TraceDetail)


def test_one_span_in_full(run: Run, trace: TraceDetail) -> None:
    assert "llm.model  m" in run("show", trace.trace_id, "--span", "call").stdout
    document = run("show", trace.trace_id, "--span", "call-1", "--json").stdout
    assert msgspec.json.decode(document, type=StoredSpan) == CALL


@pytest.mark.parametrize("arguments", [["nothing"], ["--latest"]])
def test_an_unknown_trace_ends_with_3(run: Run, reader: Any, arguments: list[str]) -> None:
    result = run("show", *arguments)

    assert result.exit_code == 3
    assert result.stderr.startswith("prela: there ")


@pytest.mark.parametrize("span_id", ["gone", ""])
def test_an_unknown_span_ends_with_3(run: Run, trace: TraceDetail, span_id: str) -> None:
    assert run("show", trace.trace_id, "--span", span_id).exit_code == 3


@pytest.mark.parametrize("arguments", [[], ["x", "--latest"]])
def test_an_id_or_latest_is_wanted(run: Run, reader: Any, arguments: list[str]) -> None:
    assert run("show", *arguments).exit_code == 2


def test_a_terminal_that_knows_only_ascii_gets_a_picture_too() -> None:
    program = (
        "from contextlib import contextmanager\n"
        "from prela_cli import source\n"
        "from prela_cli.main import prela\n"
        "from prela_core.testing.factories import stored_span, trace_detail\n"
        "class Reader:\n"
        "    def outline(self, project_id, trace_id):\n"
        "        return trace_detail(stored_span(name=chr(0x65e5) * 2, duration_ms=0.012))\n"
        "@contextmanager\n"
        "def opened(*where): yield Reader()\n"
        "source.open_source = opened\n"
        "prela(['show', 'x'], prog_name='prela')\n"
    )
    plain = {"LANG": "C", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=os.environ | plain, capture_output=True, check=True
    )

    picture = done.stdout.decode("ascii")
    assert "??" in picture
    assert "====" in picture
    assert "12 us" in picture


def test_an_empty_id_is_a_wrong_command_line(run: Run, reader: Any) -> None:
    result = run("show", "")

    assert 2 == result.exit_code
    assert "a TRACE_ID can't be empty" in result.stderr
    assert [] == reader.asked


def test_the_critical_path_lists_who_had_the_time(run: Run, reader: Any) -> None:
    late = {"started_at": NOON + timedelta(seconds=1), "duration_ms": 500.0}
    spans = [
        ROOT,
        stored_span(span_id="in", parent_span_id="root", duration_ms=200.0, name="inner"),
        stored_span(span_id="late", parent_span_id="lost", name="late [x]", **late),
    ]
    reader.details = [trace_detail(*spans)]
    result = run("show", "--latest", "--critical-path")

    rows = [line.split() for line in result.stdout.splitlines()[-5:]]
    assert [
        ["path", "share", "self", "span", "id"],
        ["750", "ms", "50%", "━━━━━━━━━━", "0", "ms", "(no", "span", "ran)"],
        ["500", "ms", "33%", "━━━━━━━", "500", "ms", "late", "[x]", "late"],
        ["200", "ms", "13%", "━━━", "200", "ms", "inner", "in"],
        ["50", "ms", "3%", "━", "50", "ms", "agent", "answer", "root"],
    ] == rows
    document = run("show", "--latest", "--critical-path", "--json").stdout
    assert 1500 == msgspec.json.decode(document, type=CriticalPath).duration_ms
    assert 2 == run("show", "--latest", "--critical-path", "--span", "in").exit_code


def test_the_garbage_collector_is_back_afterwards(run: Run, trace: TraceDetail) -> None:
    assert 0 == run("show", trace.trace_id).exit_code
    assert 3 == run("show", "nothing").exit_code
    assert gc.isenabled()
