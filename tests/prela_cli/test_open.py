from __future__ import annotations

import stat
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import Result
from tests.prela_cli.conftest import FakeReader

from prela_core.testing import stored_span, trace_detail

Run = Callable[..., Result]


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The addresses that a browser was asked to show."""
    shown: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: shown.append(url) or True)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return shown


def test_the_page_is_written_and_shown(run: Run, reader: FakeReader, opened: list[str]) -> None:
    spans = [stored_span(span_id=f"s{number}", name=f"step {number}") for number in range(5)]
    trace = trace_detail(*spans)
    reader.details = [trace]
    result = run("open", trace.trace_id[:8])

    assert 0 == result.exit_code, result.output
    path = Path(result.stdout.strip())
    assert [path] == [Path(urlsplit(url).path) for url in opened]
    page = path.read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert all(span.name in page for span in spans)
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode)


def test_a_file_is_written_and_no_browser_asked(
    run: Run, reader: FakeReader, opened: list[str], tmp_path: Path
) -> None:
    reader.details = [trace_detail(stored_span())]
    result = run("open", "--latest", "-o", str(tmp_path / "t.html"))

    assert f"{tmp_path / 't.html'}\n" == result.output
    assert [] == opened
    assert (tmp_path / "t.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("fault", [lambda _: False, lambda _: _raise(webbrowser.Error("none"))])
def test_without_a_browser_the_file_is_named(
    run: Run, reader: FakeReader, opened: Any, fault: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webbrowser, "open", fault)
    reader.details = [trace_detail(stored_span())]
    result = run("open", "--latest")

    assert Path(result.stdout.strip()).is_file()
    assert "No browser was found here" in result.stderr


def _raise(error: Exception) -> None:
    raise error


def test_what_is_not_there_is_said(run: Run, reader: FakeReader, opened: list[str]) -> None:
    assert 3 == run("open", "0af76519").exit_code
    assert 2 == run("open").exit_code
    assert 2 == run("open", "x", "--latest").exit_code
    assert [] == opened


def test_a_file_that_can_not_be_written_is_one_sentence(
    run: Run, reader: FakeReader, opened: list[str], tmp_path: Path
) -> None:
    reader.details = [trace_detail(stored_span())]
    result = run("open", "--latest", "-o", str(tmp_path / "no" / "t.html"))

    assert 2 == result.exit_code
    assert result.stderr.endswith("t.html can't be written (No such file or directory)\n")
