"""The Python of docs/notebooks.md runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "notebooks.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_does_what_it_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    assert len(BLOCKS) > 4
    try:
        for block in BLOCKS:
            exec(compile(block, "notebooks.md", "exec"), names)  # noqa: S102 - our own page
        lengths = [len(names[name]) for name in ("traces", "spans", "hits", "talk", "models")]
        assert all(lengths), lengths
        assert "ask_carrier" in str(names["answer"])
        shown = capsys.readouterr().out
        assert "TimeoutError: Nordpost did not answer" in shown
        assert "column 8: eror" in shown
    finally:
        names["db"].close()
