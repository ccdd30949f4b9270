from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from examples.file_agent.__main__ import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def no_hosted_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)


def test_a_question_is_answered_and_its_spans_written(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "spans.jsonl"

    assert main(["How long do refunds take?", "--folder", str(folder), "--jsonl", str(file)]) == 0
    assert "A refund takes five days." in capsys.readouterr().out
    spans = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert len({span["trace_id"] for span in spans}) == 1
    assert len(spans) == 7


def test_the_demo_asks_six_questions_of_one_session_and_one_tool_fails(tmp_path: Path) -> None:
    file = tmp_path / "spans.jsonl"

    assert main(["--demo", "--folder", str(ROOT), "--jsonl", str(file)]) == 0
    spans = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    roots = [span for span in spans if span["parent_span_id"] is None]
    assert len(roots) == 6
    assert len({root["attributes"]["session.id"] for root in roots}) == 1
    failed = [span for span in spans if span["status"] == "error"]
    assert {span["name"] for span in failed} == {"read_file"}


@pytest.mark.parametrize("arguments", [[], ["question", "--folder", "no/such/folder"]])
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    assert main(arguments) == 2


@pytest.mark.parametrize(
    "program", [["-m", "examples.file_agent"], ["examples/file_agent/__main__.py"]]
)
def test_it_runs_as_a_module_and_as_a_file(
    program: list[str], folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "spans.jsonl"
    search_path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    output = subprocess.run(
        [sys.executable, *program, "refunds?", "--folder", str(folder), "--jsonl", str(file)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": search_path},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "guide/refunds.md:3:" in output
    assert file.exists()
