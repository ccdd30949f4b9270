"""What a command says, and with which code it ends, when it can't do its work.

0 is success, 1 a fault of ours or of a part that can't be reached, 2 a wrong command line,
setting or request, 3 something that does not exist.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import IO, Any

import click

from prela_core.errors import (
    InvalidError,
    MalformedError,
    NotFoundError,
    PrelaError,
    QueryError,
    SettingsError,
    UnauthenticatedError,
)

__all__ = ["Failure", "NotThereFailure", "WrongRequestFailure", "failure_of", "missing_part"]

_BEFORE, _SHOWN = 40, 70
_ONE_LINE = {ord("\n"): " ", ord("\r"): " ", ord("\t"): " "}

_EXTRAS = {
    "aiokafka": "kafka",
    "anyio": "server",
    "chdb": "embedded",
    "click": "cli",
    "clickhouse_connect": "clickhouse",
    "cronsim": "agents",
    "dotenv": "server",
    "feedparser": "agents",
    "psycopg": "postgres",
    "pyarrow": "clickhouse",
    "redis": "redis",
    "rich": "cli",
    "selectolax": "agents",
    "starlette": "server",
    "structlog": "server",
    "uvicorn": "server",
    "wordllama": "agents",
    "zstandard": "server",
}
"""Which extra of prela-core brings a library."""


class Failure(click.ClickException):
    """A sentence for standard error, or several; a program ends with its `exit_code`."""

    def __init__(self, *sentences: str) -> None:
        super().__init__("\n".join(map(_line, sentences)))

    def show(self, file: IO[Any] | None = None) -> None:
        """Print each sentence on a line of standard error."""
        for line in self.format_message().split("\n"):
            click.echo(f"prela: {line}", file=file or sys.stderr)


class WrongRequestFailure(Failure):
    """The command line, or what it asks for, can't be right."""

    exit_code = 2


class NotThereFailure(Failure):
    """What was asked for does not exist."""

    exit_code = 3


def failure_of(error: Exception, command: str, extras: str) -> Failure:
    """Turn any error of a command into its sentence and code.

    `extras` are those that the command needs. With PRELA_DEBUG set, what was not foreseen is
    printed in full as well.
    """
    if isinstance(error, NotFoundError):
        return NotThereFailure(str(error))
    if isinstance(error, (InvalidError, MalformedError, SettingsError)):
        sentences = error.mistakes if isinstance(error, SettingsError) else (str(error),)
        pointed = _pointed_at(error) if isinstance(error, QueryError) else ()
        return WrongRequestFailure(*sentences, *pointed)
    if isinstance(error, UnauthenticatedError):
        return Failure(f"{error} (give one by --api-key, PRELA_API_KEY or `prela login`)")
    if isinstance(error, PrelaError):
        return Failure(str(error))
    if isinstance(error, ModuleNotFoundError) and not _is_ours(error.name):
        return missing_part(command, error.name or "a library", extras)
    if os.environ.get("PRELA_DEBUG"):
        traceback.print_exception(error)
    kind = type(error).__name__
    return Failure(f"unexpected {kind}: {error} (set PRELA_DEBUG=1 to see where it happened)")


def missing_part(command: str, module: str, extras: str) -> Failure:
    """Say how to install what `command` needs."""
    library = module.partition(".")[0]
    wanted = dict.fromkeys(one for one in extras.split(",") if one)
    if library in _EXTRAS and _EXTRAS[library] not in wanted:
        wanted |= {_EXTRAS[library]: None}
    parts = " and ".join(wanted) or "missing"
    install = f"pip install 'prela-core[{','.join(wanted)}]'" if wanted else f"install {library}"
    return Failure(f"`prela {command}` needs the {parts} parts ({library} is missing): {install}")


def _pointed_at(error: QueryError) -> tuple[str, str]:
    """Give the part of the question around the mistake, and carets beneath it."""
    from rich.cells import cell_len

    first = max(error.start - _BEFORE, 0)
    shown = _line(error.text[first : first + _SHOWN])
    before = shown[: error.start - first]
    wrong = shown[error.start - first : error.end - first]
    dots = "..." if first else ""
    margin = " " * (len(dots) + cell_len(before))
    return f"  {dots}{shown}", f"  {margin}{'^' * max(cell_len(wrong), 1)}"


def _line(sentence: str) -> str:
    line = sentence.translate(_ONE_LINE)
    # The sentence may quote a server's answer or a trace's id.
    return "".join(one if one.isprintable() else "\ufffd" for one in line)


def _is_ours(module: str | None) -> bool:
    return (module or "").startswith("prela_")
