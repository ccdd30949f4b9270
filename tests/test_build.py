"""The package is built with what can be compiled, and without a compiler all the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from tests.client_packages import python_that_builds
from tests.parts import missing

ROOT = Path(__file__).parents[1]
NO_COMPILER = {"CC": "/nonexistent/cc", "CXX": "/nonexistent/c++"}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a copy of what a wheel is made of, in which nothing is compiled yet."""
    place = tmp_path / "source"
    unwanted = shutil.ignore_patterns("*.so", "*.pyd", "__pycache__")
    shutil.copytree(ROOT / "src", place / "src", ignore=unwanted)
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, place)
    return place


def build(source: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a wheel in `source/dist`."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [python_that_builds(), "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=source,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def wheel(source: Path) -> tuple[str, list[str]]:
    """Give the name of the only wheel, and what it holds of the compiled room."""
    (path,) = (source / "dist").iterdir()
    held = [name for name in zipfile.ZipFile(path).namelist() if "/compiled/" in name]
    return path.name, held


def test_without_a_compiler_all_is_python(source: Path) -> None:
    done = build(source, **NO_COMPILER)
    assert 0 == done.returncode, done.stderr
    assert "nothing is compiled, all is in Python" in done.stdout + done.stderr
    name, held = wheel(source)
    assert name.endswith("-py3-none-any.whl")
    assert ["prela_core/compiled/__init__.py"] == held


def test_where_it_is_asked_for_a_compiler_must_be_there(source: Path) -> None:
    done = build(source, COMPILE_PRELA="1", **NO_COMPILER)
    assert 0 != done.returncode
    assert not list(source.glob("dist/*.whl"))


def test_what_is_compiled_is_in_the_wheel_and_its_sources_are_not(source: Path) -> None:
    if shutil.which(os.environ.get("CC", "cc")) is None:
        missing("there is no C compiler here")
    done = build(source, COMPILE_PRELA="1")
    assert 0 == done.returncode, done.stderr
    name, held = wheel(source)
    sources = {path.stem for path in (source / "src/prela_core/compiled").glob("*.pyx")}
    assert "none-any" not in name
    assert {"__init__", *sources} == {Path(each).name.partition(".")[0] for each in held}
    assert [] == [each for each in held if each.endswith((".pyx", ".pxd", ".c"))]


def test_it_can_be_left_out(source: Path) -> None:
    assert 0 == build(source, COMPILE_PRELA="0").returncode
    name, _ = wheel(source)
    assert name.endswith("-py3-none-any.whl")
