"""The table of faults names tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    line.split("|")[1:-1]
    for line in (ROOT / "docs/reliability.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| fault ")
]


def test_there_are_rows() -> None:
    assert len(ROWS) > 20


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0].strip()[:40])
def test_each_row_has_its_test(row: list[str]) -> None:
    (name,) = re.findall(r"`([^`]+)`", row[-1])
    path = ROOT / name if "/" in name else ROOT / "tests/faults" / name
    assert path.is_file()
