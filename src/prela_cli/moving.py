"""Copying spans from one place to another, as they would be exported and imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import attrs
import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from prela_cli.output import show_json, show_line
from prela_cli.render.plain import clean
from prela_cli.sinks import Sink
from prela_cli.source import PROJECT_ID
from prela_core.errors import UnavailableError
from prela_core.io.saved_login import Login, read_login
from prela_core.store import Reader
from prela_core.store.export import ExportForm, Selection
from prela_core.wire.documents import Piece, Refusal, cut_lines

__all__ = ["far_server_options", "move", "report"]

_SHOWN_REFUSALS = 20


def far_server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--url` and `--api-key`; `command` gets a `Login`, named `server`.

    It is the one that `prela login` saved when none is given, beside whatever data directory.
    """

    @click.option(
        "--url",
        envvar="PRELA_URL",
        show_envvar=True,
        metavar="URL",
        help="The server; without it the one of `prela login`.",
    )
    @click.option(
        "--api-key",
        envvar="PRELA_API_KEY",
        show_envvar=True,
        metavar="KEY",
        help="The key for that server.",
    )
    @wraps(command)
    def with_server(*, url: str | None, api_key: str | None, **rest: Any) -> None:
        saved = None if url else read_login()
        if not url and saved is None:
            raise click.UsageError("which server? Give --url, or run `prela login` once")
        server = saved or Login(url=url or "", api_key=api_key or None)
        if api_key:
            server = attrs.evolve(server, api_key=api_key)
        command(server=server, **rest)

    return with_server


def move(reader: Reader, selection: Selection, sink: Sink) -> tuple[int, list[Refusal]]:
    """Copy what `selection` means from `reader` to `sink`: how many spans, and what was refused.

    Raises `UnavailableError` when either is away; what was copied until then stays, and copying
    it again changes nothing.
    """
    moved = 0
    refused: list[Refusal] = []
    pieces = reader.export(PROJECT_ID, selection, ExportForm.JSONL)
    with _progress() as progress:
        task = progress.add_task("Copying", total=None, spans=0)
        for piece in cut_lines(_lines(pieces)):
            if isinstance(piece, Piece):
                try:
                    count, faults = sink(piece)
                except UnavailableError as error:
                    raise UnavailableError(
                        f"{error} ({moved:,} spans copied so far; run it again, what is copied "
                        "stays as it is)",
                        error.retry_after,
                    ) from error
                moved += count
            else:
                faults = [piece]
            refused += faults
            progress.update(task, spans=moved)
    return moved, refused


def report(moved: int, refused: list[Refusal], target: str, *, as_json: bool) -> None:
    """Say what was copied to `target`; ends the program with 1 when something was refused."""
    if as_json:
        show_json({"copied": moved, "target": target, "refused": refused})
    else:
        spans = "1 span" if moved == 1 else f"{moved:,} spans"
        show_line(f"{spans} copied to {target}")
        encoding = sys.stderr.encoding or "utf-8"
        for each in refused[:_SHOWN_REFUSALS]:
            click.echo(clean(f"refused  {each.place}: {each.reason}", encoding), err=True)
    if refused:
        sys.exit(1)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description} {task.fields[spans]:,} spans"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
