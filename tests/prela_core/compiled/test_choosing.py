"""What is compiled is used where it is there, current and wanted."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest
from tests.parts import missing

from prela_core import compiled as room
from prela_core.compiled import NAMES, OFF, compiled, why_not


def test_all_names_are_those_of_sources() -> None:
    assert sorted(NAMES) == sorted(path.stem for path in room._room.glob("*.pyx"))


@pytest.fixture(autouse=True)
def asked_anew() -> Iterator[None]:
    """Ask again in each test, and once more when all is as it was."""
    room._unfit.cache_clear()
    yield
    room._unfit.cache_clear()


def test_it_is_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFF, "0")
    assert "turned off by PRELA_COMPILED=0" == why_not()
    assert [None] * len(NAMES) == list(map(compiled, NAMES))


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a room that has all, and is current."""
    monkeypatch.setattr(room, "_room", tmp_path)
    monkeypatch.setattr(room, "import_module", ModuleType)
    monkeypatch.delenv(OFF, raising=False)
    for name in NAMES:
        for end, moment in ((".pyx", 5), (EXTENSION_SUFFIXES[0], 9)):
            path = tmp_path / f"{name}{end}"
            path.touch()
            os.utime(path, (moment, moment))
    return tmp_path


def test_where_all_is_there_and_current_it_is_used(place: Path) -> None:
    assert "" == why_not()
    assert isinstance(compiled("columns"), ModuleType)


def test_where_nothing_is_compiled_there_is_none(place: Path) -> None:
    for path in place.glob(f"*{EXTENSION_SUFFIXES[0]}"):
        path.unlink()
    assert compiled("columns") is None
    assert why_not().startswith("nothing was compiled")


def test_a_part_of_it_is_not_used(place: Path) -> None:
    (place / f"rules{EXTENSION_SUFFIXES[0]}").unlink()
    assert compiled("columns") is None
    assert why_not().startswith("some of it was not compiled")


@pytest.mark.parametrize("older", ["columns", "rules"])
def test_none_is_used_when_one_is_older_than_a_source(place: Path, older: str) -> None:
    source = place / "json_text.pxd"
    source.touch()
    os.utime(source, (7, 7))
    assert compiled("columns") is not None
    room._unfit.cache_clear()
    os.utime(place / f"{older}{EXTENSION_SUFFIXES[0]}", (6, 6))
    assert compiled("columns") is None
    assert why_not().startswith("it is older than its sources")


def test_what_can_not_be_loaded_is_told_of_and_not_used(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def outgrown(name: str) -> None:
        raise ValueError(f"{name} has no compiled form of this rule")

    monkeypatch.setattr(room, "import_module", outgrown)
    assert compiled("columns") is None
    assert "no compiled form of this rule" in why_not()


def test_reading_spans_loads_no_columns() -> None:
    if why_not():
        missing(f"`prela_core.compiled` is not used here: {why_not()}")
    program = (
        "import sys; from prela_core.wire import decode_span;"
        "from prela_core.wire.prela_json import _compiled; assert _compiled;"
        "print('prela_core.compiled.columns' in sys.modules, 'prela_core.store' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "False False" == done.stdout.strip()


def test_it_is_there_in_ci() -> None:
    if why_not():
        missing(f"`prela_core.compiled` is not used here: {why_not()}")
    assert all(map(compiled, NAMES))
