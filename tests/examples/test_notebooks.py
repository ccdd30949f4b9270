"""The notebooks run without anyone watching, and what stands in them is what they say now."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from examples.support_desk.__main__ import FILE, recorded
from nbclient import NotebookClient

NOTEBOOKS = sorted(FILE.parent.glob("*.ipynb"))
READABLE = frozenset({"text/plain", "text/html", "image/png"})

_AGO = re.compile(r"\b(\d+[smhd] ago|2026-11-1[67]\b(?! \d))")
"""A moment as a list tells it, which is another one each day."""


def _outputs(cell: Any) -> Iterator[dict[str, str]]:
    for output in cell.get("outputs", ()):
        assert "execute_result" == output.output_type, output
        yield output.data


def _words(output: dict[str, str]) -> list[str]:
    """Give what a text tells; of a picture, only that there is one."""
    if "image/png" in output:
        return ["a picture"]
    return _AGO.sub("then", output["text/plain"]).split()


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_says_what_it_said_when_it_was_kept(path: Path) -> None:
    kept = nbformat.read(path, as_version=4)
    run = nbformat.read(path, as_version=4)
    NotebookClient(
        run, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    cells = [cell for cell in kept.cells if cell.cell_type == "code"]
    again = [cell for cell in run.cells if cell.cell_type == "code"]
    assert [list(map(_words, _outputs(cell))) for cell in cells] == [
        list(map(_words, _outputs(cell))) for cell in again
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_output_can_be_read(path: Path) -> None:
    outputs = [
        output for cell in nbformat.read(path, as_version=4).cells for output in _outputs(cell)
    ]
    assert len(outputs) > 5
    for output in outputs:
        assert output.keys() <= READABLE
        lines = output.get("text/plain", "").splitlines()
        assert all(len(line) <= 120 for line in lines)
        assert " object at 0x" not in "".join(lines)


def test_there_are_notebooks() -> None:
    assert ["comparing_models", "failing_tool", "latency_and_cost"] == [
        path.stem for path in NOTEBOOKS
    ]


def test_the_recording_is_what_the_example_records() -> None:
    assert recorded() == gzip.decompress(FILE.read_bytes())
