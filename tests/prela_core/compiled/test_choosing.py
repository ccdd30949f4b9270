"""What is compiled is used where it is there, current and wanted."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest
from tests.parts import missing

from prela_core import compiled as room
from prela_core.compiled import NAMES, OFF, compiled


def test_all_names_are_those_of_sources() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in room._room.glob("*.pyx"))


def test_it_is_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFF, "0")
    assert [None] * len(NAMES) == list(map(compiled, NAMES))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put files into a room that has none."""
    monkeypatch.setattr(room, "_room", tmp_path)
    monkeypatch.delenv(OFF, raising=False)

    def put(name: str) -> Path:
        path = tmp_path / name
        path.write_bytes(b"")
        return path

    return put


def test_where_nothing_is_compiled_there_is_none(place: Callable[[str], Path]) -> None:
    place("columns.pyx")
    assert compiled("columns") is None


def test_what_is_older_than_a_source_is_not_used(
    place: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    made = place(f"columns{EXTENSION_SUFFIXES[0]}")
    source = place("json_text.pxd")
    os.utime(made, (1, 1))
    os.utime(source, (2, 2))
    with caplog.at_level(logging.WARNING):
        assert compiled("columns") is None
    assert "older than its sources" in caplog.text


def test_what_can_not_be_loaded_is_told_of_and_not_used(
    place: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def outgrown(name: str) -> None:
        raise ValueError(f"{name} has no compiled form of this rule")

    place(f"columns{EXTENSION_SUFFIXES[0]}")
    monkeypatch.setattr(room, "import_module", outgrown)
    with caplog.at_level(logging.WARNING):
        assert compiled("columns") is None
    assert "no compiled form of this rule" in caplog.text


def test_it_is_there_in_ci() -> None:
    if compiled("columns") is None:
        missing("`prela_core.compiled` is not compiled here: it takes a C compiler to install it")
    assert all(map(compiled, NAMES))
