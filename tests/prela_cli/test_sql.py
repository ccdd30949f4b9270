from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prela_core.errors import InvalidError
from prela_core.store.sql import SqlForm, SqlQuestion

ANSWER = {
    "columns": [{"name": "model", "type": "String"}, {"name": "n", "type": "UInt64"}],
    "rows": [["gpt-4o\u001b[31m", 12], [None, 3]],
    "row_count": 2,
}


@pytest.fixture
def asked(reader: Any, monkeypatch: pytest.MonkeyPatch) -> list[SqlQuestion]:
    questions: list[SqlQuestion] = []

    def sql(project_id: str, question: SqlQuestion) -> bytes:
        reader._ask(project_id)
        questions.append(question)
        return json.dumps(ANSWER).encode() if question.form is SqlForm.JSON else b"n\n12\n"

    monkeypatch.setattr(type(reader), "sql", staticmethod(sql), raising=False)
    return questions


def test_rows_are_a_table(run: Any, asked: list[SqlQuestion]) -> None:
    result = run("sql", "SELECT 1")

    assert 0 == result.exit_code
    assert [SqlQuestion(text="SELECT 1")] == asked
    first, second, third = result.stdout.splitlines()
    assert ["model", "n"] == first.split()
    assert "gpt-4o" in second
    assert "\x1b" not in second
    assert "3" == third.strip()


def test_rows_are_json_csv_or_a_file(run: Any, asked: list[SqlQuestion], tmp_path: Path) -> None:
    assert ANSWER == json.loads(run("sql", "SELECT 1", "--json").stdout)
    assert "n\n12\n" == run("sql", "SELECT 1", "--format", "csv", "--max-rows", "5").stdout
    assert 0 == run("sql", "SELECT 1", "-o", str(tmp_path / "rows.csv")).exit_code
    assert b"n\n12\n" == (tmp_path / "rows.csv").read_bytes()
    assert ["json", "csv", "csv"] == [each.form for each in asked]
    assert 5 == asked[1].max_rows


def test_a_query_is_read_from_a_file(run: Any, asked: list[SqlQuestion], tmp_path: Path) -> None:
    (tmp_path / "report.sql").write_text("SELECT 'ä'", encoding="utf-8")

    assert 0 == run("sql", "-f", str(tmp_path / "report.sql")).exit_code
    assert ["SELECT 'ä'"] == [each.text for each in asked]


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("SELECT 1", "-o", "rows.xlsx"),
        ("SELECT 1", "-o", "rows.csv", "--format", "table"),
        ("SELECT 1", "--max-rows", "0"),
        ("",),
    ],
)
def test_a_wrong_command_line_is_refused(run: Any, asked: list[Any], words: Any) -> None:
    assert 2 == run("sql", *words).exit_code
    assert [] == asked


def test_a_wrong_query_is_a_wrong_request(run: Any, reader: Any, asked: list[Any]) -> None:
    reader.error = InvalidError("there is no table span; the tables are spans and traces")

    result = run("sql", "SELECT * FROM span")

    assert 2 == result.exit_code
    assert "no table span" in result.stderr
    assert [] == asked


def test_a_place_that_is_not_there_is_said_before_anything_is_asked(
    run: Any, asked: list[SqlQuestion], tmp_path: Path
) -> None:
    result = run("sql", "SELECT 1", "-o", str(tmp_path / "no" / "a.csv"))

    assert 2 == result.exit_code
    assert result.stderr.endswith("a.csv can't be written (No such file or directory)\n")
    assert [] == asked
