from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.programs import prela

from prela_core.emit import get_tracer
from prela_core.io.thread_context import leave_threads_alone

Run = Callable[..., pytest.RunResult]

_NO_OTHERS = ("-p", "no:hypothesispytest", "-p", "no:schemathesis", "-p", "no:anyio")
"""What other plug-ins import is not to be laid at our door."""

AGENT = """
import prela_core as prela
import pytest

@prela.trace(span_type="tool")
def look_up(word):
    if word == "gone":
        raise KeyError(word)
    return word.upper()

@prela.trace(span_type="agent")
def answer(word):
    return look_up(word=word)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run tests of an agent, on a developer's machine: in CI pytest's summary is longer."""
    for variable in ("CI", "BUILD_NUMBER"):
        monkeypatch.delenv(variable, raising=False)

    def _run(tests: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(agent=AGENT, test_it=f"from agent import *\n{tests}")
        return pytester.runpytest_inprocess(*options)

    yield _run
    leave_threads_alone()


def test_a_test_sees_what_its_code_did(run: Run) -> None:
    run(
        """
def test_it(prela_trace):
    assert answer("one") == "ONE"
    prela_trace.assert_tool_called("look_up", {"word": "one"}, times=1)
    assert [span.name for span in prela_trace.spans] == ["answer", "look_up"]
"""
    ).assert_outcomes(passed=1)


def test_a_step_counts_once_it_has_ended_though_its_trace_goes_on(run: Run) -> None:
    run(
        """
def test_it(prela_trace):
    with prela.span("around"):
        answer("one")
        prela_trace.assert_tools_called("look_up", exactly=True)
        assert [span.name for span in prela_trace.spans] == ["answer", "look_up"]
"""
    ).assert_outcomes(passed=1)


def test_code_that_sets_up_a_tracer_is_captured_all_the_same(run: Run) -> None:
    run(
        """
from prela_core.emit.memory_exporter import MemoryExporter
exporter = MemoryExporter()

def test_it(prela_trace):
    tracer = prela.init("shop", exporter=exporter)
    with tracer.span("around"):
        answer("one")
    assert prela.flush()
    assert prela.shutdown()
    prela.init("shop", exporter=exporter)
    assert [span.name for span in prela_trace.spans] == ["around", "answer", "look_up"]
    assert exporter.spans == []

def test_after_it():
    answer("one")
    assert prela.shutdown()
    assert [span.name for span in exporter.spans] == ["look_up", "answer"]
"""
    ).assert_outcomes(passed=2)


def test_threads_are_in_the_span_that_starts_them(run: Run) -> None:
    run(
        """
from threading import Thread

def test_it(prela_trace):
    with prela.span("around") as around:
        thread = Thread(target=answer, args=("one",))
        thread.start()
        thread.join()
    assert {around.trace_id} == {span.trace_id for span in prela_trace.spans}
"""
    ).assert_outcomes(passed=1)


def test_each_test_sees_its_own_only_and_the_tracer_of_before_is_back(run: Run) -> None:
    run(
        """
from prela_core.emit import get_tracer, set_tracer

def test_one(prela_trace):
    answer("one")
    assert len(prela_trace.spans) == 2

def test_two(prela_trace):
    assert prela_trace.spans == []
    prela_trace.assert_tool_not_called("look_up")

def test_three():
    assert get_tracer() is None
"""
    ).assert_outcomes(passed=3)
    assert get_tracer() is None


def test_a_failing_test_shows_its_trace_and_keeps_it(run: Run, pytester: pytest.Pytester) -> None:
    result = run(
        """
@pytest.mark.parametrize("word", ["a/b", "a:b"])
def test_it(prela_trace, word):
    answer(word)
    assert False
""",
        "--prela-keep=kept",
    )

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*prela trace*", "*agent answer*", "*tool look_up*", "kept in *"])
    kept = sorted((pytester.path / "kept").iterdir())
    assert 2 == len(kept)
    stored = prela("ingest", *kept, "--data-dir", pytester.path / "data", "--json")
    assert 0 == stored.code, stored.stderr
    assert 4 == stored.json["stored"], stored.json


def test_a_trace_that_the_failure_shows_is_not_shown_again(run: Run) -> None:
    result = run(
        """
def test_it(prela_trace):
    answer("one")
    prela_trace.assert_tool_called("fly")
""",
        "--prela-keep=kept",
    )

    text = result.stdout.str()
    assert (1, 1) == (text.count("agent answer"), text.count("kept in kept"))


def test_by_default_traces_are_kept_in_the_cache_of_pytest(
    run: Run, pytester: pytest.Pytester
) -> None:
    fails = "def test_it(prela_trace):\n    answer('one')\n    assert False\n"

    run(fails)
    run(fails)

    kept = list((pytester.path / ".pytest_cache" / "d" / "prela").iterdir())
    assert [2] == [len(each.read_text().splitlines()) for each in kept]


def test_without_a_cache_and_a_directory_the_trace_is_shown_all_the_same(run: Run) -> None:
    result = run(
        "def test_it(prela_trace):\n    answer('one')\n    assert False\n", "-p", "no:cacheprovider"
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*agent answer*"])
    result.stdout.no_fnmatch_line("kept in *")


def test_a_directory_that_cannot_be_written_fails_no_more_than_the_test(run: Run) -> None:
    result = run(
        "def test_it(prela_trace):\n    answer('one')\n    assert False\n",
        "--prela-keep=/dev/null/kept",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["it could not be kept: *"])


@pytest.mark.filterwarnings("ignore::pytest.PytestCacheWarning")
def test_a_cache_that_cannot_be_written_fails_no_more_than_the_test(run: Run) -> None:
    result = run(
        "def test_it(prela_trace):\n    answer('one')\n    assert False\n",
        "-o",
        "cache_dir=/proc/no/such",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["it could not be kept: *"])


def test_all_tests_can_be_captured_unasked(run: Run) -> None:
    result = run(
        """
def test_plain():
    answer("gone")

def test_good():
    answer("one")
""",
        "--prela-all",
    )

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["*prela trace*", "*look_up*", "*KeyError*gone*"])


def test_without_asking_nothing_is_captured_or_shown(run: Run) -> None:
    result = run("def test_it():\n    answer('gone')\n")

    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*prela trace*")


def test_a_run_without_traces_does_not_pay_for_them(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
import sys

def test_it():
    heavy = {"msgspec", "httpx", "pyarrow", "prela_core.pytest_plugin.captured"}
    assert heavy & set(sys.modules) == set()
"""
    )

    pytester.runpytest_subprocess(*_NO_OTHERS).assert_outcomes(passed=1)


def test_the_options_are_explained(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess("--help")

    result.stdout.fnmatch_lines(["prela: what the code under test did:", "*--prela-all*"])
    shown = pytester.runpytest_inprocess("--fixtures")
    shown.stdout.fnmatch_lines(["prela_trace*", "*Capture what the test's code does*"])
