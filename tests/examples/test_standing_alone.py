"""Examples run with Prela installed and their own folder: no test need lie beside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module).partition(".")[0]


FOLDERS = sorted({each.parent for each in EXAMPLES.rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_example_imports_a_test(folder: Path) -> None:
    found = {str(path): set(imported(path)) for path in folder.glob("*.py")}
    assert found
    assert [] == [path for path, names in found.items() if "tests" in names]
