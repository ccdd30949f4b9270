from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import os, sys, time
from types import ModuleType
import click
from rich.segment import Segment
from rich.text import Text
from prela_cli.main import COMMANDS, Entry, prela
from prela_cli.output import show, show_json

class Waiting:
    # Goes on drawing once its first lines were read.

    def __rich_console__(self, console, options):
        for at in range(2000):
            yield Segment(f"line {at}\\n")
        until = time.monotonic() + 30
        while not os.path.exists(os.environ["READ"]) and time.monotonic() < until:
            time.sleep(0.01)
        yield Segment("read\\n" if time.monotonic() < until else "nobody has read\\n")

@click.command()
@click.argument("form")
@click.argument("lines", type=int)
def long(form, lines):
    if form == "json":
        show_json(list(range(lines - 2)))  # and two lines of brackets
    elif form == "waiting":
        show(Waiting())
    else:
        show(Text("\\n".join(f"line {at}" for at in range(lines)), style="red"))

COMMANDS["long"] = Entry("Write many lines.")
sys.modules["prela_cli.long"] = ModuleType("long")
sys.modules["prela_cli.long"].long = long
prela()
"""


def at_a_terminal(*words: object, pager: Path | str | None) -> str:
    """Run the program at a terminal of 24 lines, and give what came to it."""
    ours, its = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name not in _OTHERS}
    environment |= {"TERM": "xterm", "LINES": "24", "COLUMNS": "80"}
    if pager is not None:
        environment["PAGER"] = str(pager)
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, words)],
        stdin=its, stdout=its, stderr=its, env=environment,
    ) as running:  # fmt: skip
        os.close(its)
        shown = b""
        while piece := _read(ours):
            shown += piece
    os.close(ours)
    assert 0 == running.returncode, shown
    return shown.decode().replace("\r\n", "\n")


_OTHERS = ("PAGER", "LESS", "NO_COLOR", "FORCE_COLOR")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # so Linux says that nobody has the other end any more
        return b""


@pytest.fixture
def pager(tmp_path: Path) -> Path:
    """A pager that says that it was asked, and what for."""
    script = tmp_path / "less"
    script.write_text('#!/bin/sh\necho "paged with LESS=$LESS"\ncat\n')
    script.chmod(0o755)
    return script


@pytest.mark.parametrize("form", ["picture", "json"])
def test_output_longer_than_the_terminal_goes_through_the_pager(form: str, pager: Path) -> None:
    assert at_a_terminal("long", form, 25, pager=pager).startswith("paged with LESS=-FRX\n")


def test_colours_are_kept_for_less(pager: Path) -> None:
    assert "\x1b[31mline 24" in at_a_terminal("long", "picture", 25, pager=pager)


@pytest.mark.parametrize("form", ["picture", "json"])
def test_output_that_fits_is_written_as_it_is(form: str, pager: Path) -> None:
    shown = at_a_terminal("long", form, 20, pager=pager)

    assert "paged" not in shown
    assert 20 == shown.count("\n")


@pytest.mark.parametrize("off", ["", "cat", "no-such-pager", '"'])
def test_without_a_pager_output_is_written_as_it_is(off: str) -> None:
    shown = at_a_terminal("long", "picture", 25, pager=off)

    assert 25 == shown.count("\n")
    assert "\x1b[31mline 24" in shown


def test_a_word_on_the_command_line_turns_it_off(pager: Path) -> None:
    assert "paged" not in at_a_terminal("--no-pager", "long", "picture", 25, pager=pager)


def test_the_pager_shows_the_beginning_while_the_rest_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READ", str(tmp_path / "read"))
    pager = tmp_path / "pager"
    pager.write_text('#!/bin/sh\nread first\ntouch "$READ"\ntail -n 1\n')
    pager.chmod(0o755)

    assert "read\n" == at_a_terminal("long", "waiting", 0, pager=pager)
