from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prela_core.ask import Subject, parse
from prela_core.errors import UnavailableError
from prela_core.store import SpanFilter, TraceFilter
from prela_core.store.export import ExportForm, Selection

PIECES = [b'{"span_id":"a"}\n', b'{"span_id":"b"}\n']


@pytest.fixture
def asked(reader: Any, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    questions: list[Any] = []

    def export(project_id: str, selection: Selection, form: ExportForm) -> Iterator[bytes]:
        questions.append((selection, form))
        yield PIECES[0]
        if reader.error is not None:
            raise reader.error
        yield PIECES[1]

    monkeypatch.setattr(type(reader), "export", staticmethod(export), raising=False)
    return questions


def test_all_of_it_is_written(run: Any, asked: list[Any], tmp_path: Path) -> None:
    result = run("export", str(tmp_path / "all.jsonl"))

    assert 0 == result.exit_code
    assert b"".join(PIECES) == (tmp_path / "all.jsonl").read_bytes()
    assert "32 bytes written to" in result.stdout
    assert [(Selection(), ExportForm.JSONL)] == asked
    assert ["all.jsonl"] == [each.name for each in tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("name", "form"),
    [("a.parquet", ExportForm.PARQUET), ("a.arrow", ExportForm.ARROW), ("-", ExportForm.JSONL)],
)
def test_the_form_is_that_of_the_name(
    run: Any, asked: list[Any], tmp_path: Path, name: str, form: ExportForm
) -> None:
    result = run("export", name if name == "-" else str(tmp_path / name))

    assert 0 == result.exit_code
    assert [form] == [each for _, each in asked]
    if name == "-":
        assert b"".join(PIECES) == result.stdout_bytes


def test_lines_may_be_compressed(run: Any, asked: list[Any], tmp_path: Path) -> None:
    assert 0 == run("export", str(tmp_path / "all.jsonl.gz")).exit_code
    assert b"".join(PIECES) == gzip.decompress((tmp_path / "all.jsonl.gz").read_bytes())


def test_a_query_and_options_select(run: Any, asked: list[Any], tmp_path: Path) -> None:
    file = str(tmp_path / "a.jsonl")

    run("export", file, "status:error", "model:gpt*", "--service", "shop")
    run("export", file, "--spans", "span_type:tool", "--start", "1970-01-01T00:00:01Z")

    assert [
        Selection(
            traces=TraceFilter(
                service_name="shop", where=parse("status:error model:gpt*", Subject.TRACE)
            )
        ),
        Selection(
            spans=SpanFilter(where=parse("span_type:tool", Subject.SPAN), start_time=1_000_000)
        ),
    ] == [each for each, _ in asked]


def test_a_file_that_can_not_be_completed_does_not_appear(
    run: Any, reader: Any, asked: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text("as it was")
    reader.error = UnavailableError("the store is away")

    result = run("export", str(tmp_path / "a.jsonl"))

    assert 1 == result.exit_code
    assert "the store is away" in result.stderr
    assert ["a.jsonl"] == [each.name for each in tmp_path.iterdir()]
    assert "as it was" == (tmp_path / "a.jsonl").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("a.csv",),
        ("a.parquet.gz",),
        ("a.jsonl", "status:"),
        ("a.jsonl", "--spans", "--service", "shop"),
        (),
    ],
)
def test_a_wrong_command_line_is_refused(
    run: Any, asked: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    assert 2 == run("export", *words).exit_code
    assert [] == asked
    assert [] == list(tmp_path.iterdir())


def test_a_place_that_is_not_there_is_said_before_anything_is_read(
    run: Any, asked: list[Any], tmp_path: Path
) -> None:
    result = run("export", str(tmp_path / "no" / "a.jsonl"))

    assert 2 == result.exit_code
    assert result.stderr.endswith("a.jsonl can't be written (No such file or directory)\n")
    assert [] == asked


def test_since_goes_along_with_a_query(run: Any, asked: list[Any]) -> None:
    for arguments in (["status:error"], ["--spans", "status:error"], ["--spans"], []):
        run("export", "-", *arguments, "--since", "1h")

    failed, recent = "status:error since:1h", "since:1h"
    assert [
        Selection(traces=TraceFilter(where=parse(failed))),
        Selection(spans=SpanFilter(where=parse(failed, Subject.SPAN))),
        Selection(spans=SpanFilter(where=parse(recent, Subject.SPAN))),
        Selection(traces=TraceFilter(where=parse(recent))),
    ] == [selection for selection, _ in asked]
