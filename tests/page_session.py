"""A page of documentation, carried out as its reader would: typed line by line, in one folder.

Fenced blocks mean this:

* one with a file's name after its language is saved under that name;
* `console` is typed at `$`; what stands below a command is what it prints (`shows`);
* `sh` is typed as a whole;
* `python` without a name goes on where the one before it on the page ended: they are one program.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self

import attrs
import pytest

__all__ = ["Block", "Command", "Session", "blocks_of", "commands_of", "shows"]

_FENCE = re.compile(r"^```(\w+)[ ]*([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LONGEST_SECONDS = 120
_END = "\x1e"


@attrs.frozen
class Block:
    """A fenced block: its language, the name of its file if it has one, and its text."""

    language: str
    name: str
    text: str


@attrs.frozen
class Command:
    """A command, and the lines that the page shows below it."""

    typed: str
    shown: tuple[str, ...] = ()


def blocks_of(page: str) -> list[Block]:
    """Give the blocks of a page, in their order."""
    return [Block(*found) for found in _FENCE.findall(page)]


def commands_of(block: Block) -> Iterator[Command]:
    """Give the commands of a block that is typed into a shell."""
    if block.language == "sh":
        yield Command(block.text)
        return
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        typed, *shown = part.rstrip("\n").split("\n")
        while typed.endswith("\\"):
            typed += "\n" + shown.pop(0)
        yield Command(typed, tuple(line for line in shown if line.strip()))


def shows(shown: tuple[str, ...], printed: str) -> str | None:
    """Give the first line of `shown` that `printed` does not hold; None if it holds all of them.

    Ids, figures, units, ages, bars and blanks may differ, as may the order of what ran at the same
    time, and `…` stands for anything. A line that is shown twice must be printed twice.
    """
    left = [_bare(line) for line in printed.splitlines()]
    for line in shown:
        pattern = ".*".join(map(re.escape, _bare(line).split("…")))
        found = next((one for one in left if re.fullmatch(pattern, one)), None)
        if found is None:
            return line
        left.remove(found)
    return None


def _bare(line: str) -> str:
    line = re.sub(r"\b([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,32})\b", "ID", line)
    line = re.sub(r"[━╸╺]+", " ", line)
    line = re.sub(r"\b(just now|\d+[smh] ago)\b", "NOW", line)
    line = re.sub(r"[\d.,:]*\d(k|M)?( ?(µs|ms|s|m)\b)?", "N", line)
    return re.sub(r"\s+", " ", line).strip()


class Session:
    """A shell in `folder`, with `environment` and nothing else."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self._shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # Whatever hangs ends with it, and the test with what was printed until then.
        self._watch = threading.Timer(_LONGEST_SECONDS, self._shell.kill)
        self._watch.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.close()
        self._shell.stdout.close()
        self._watch.cancel()
        self._shell.wait()

    def run(self, typed: str) -> str:
        """Type a command, which must succeed, and give what it printed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        # The command may read what follows it here, unless it is told that there is nothing.
        script = f"{{ {typed}\n}} < /dev/null\nprintf '\\n{_END}%s\\n' $?\n"
        self._shell.stdin.write(script)
        self._shell.stdin.flush()
        printed = ""
        for line in self._shell.stdout:
            if line.startswith(_END):
                if line.strip(f"{_END}\n") != "0":
                    pytest.fail(f"$ {typed}\n{printed}\nended with {line.strip()}", pytrace=False)
                return printed
            printed += line
        pytest.fail(f"$ {typed}\n{printed}\ndid not end", pytrace=False)
