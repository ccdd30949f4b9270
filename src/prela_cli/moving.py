"""Copying spans from one place to another, as they would be exported and imported."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

import attrs
import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from prela_cli.data_dir import data_dir_option
from prela_cli.output import show_json, show_line
from prela_cli.progress import progress
from prela_cli.refusals import spans_said, stopped, tell_refused
from prela_cli.selecting import selection_options
from prela_cli.sinks import Sink
from prela_cli.source import PROJECT_ID
from prela_core.errors import UnavailableError
from prela_core.io.saved_login import Login, read_login
from prela_core.store import Reader
from prela_core.store.export import ExportForm, Selection
from prela_core.wire.documents import Piece, Refusal, cut_lines

__all__ = ["far_server_options", "move", "report"]


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


def moving_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what `prela push` and `prela pull` have in common, as `selection_options` names it."""
    json = click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
    return selection_options(json(data_dir_option(far_server_options(command))))


def move(reader: Reader, selection: Selection, sink: Sink) -> tuple[int, list[Refusal]]:
    """Copy what `selection` means from `reader` to `sink`: how many spans, and what was refused.

    Raises `UnavailableError` when either is away; what was copied until then stays, and copying
    it again changes nothing.
    """
    moved = 0
    refused: list[Refusal] = []
    pieces = reader.export(PROJECT_ID, selection, ExportForm.JSONL)
    with _bar() as bar:
        task = bar.add_task("Copying", total=None, spans=0)
        for piece in cut_lines(_lines(pieces)):
            if isinstance(piece, Piece):
                try:
                    count, faults = sink(piece)
                except UnavailableError as error:
                    raise stopped(error, moved, "copied") from error
                moved += count
            else:
                faults = [piece]
            refused += faults
            bar.update(task, spans=moved)
    return moved, refused


def report(moved: int, refused: list[Refusal], target: str, *, as_json: bool) -> None:
    """Say what was copied to `target`; ends the program with 1 when something was refused."""
    if as_json:
        show_json({"copied": moved, "target": target, "refused": refused})
    else:
        show_line(f"{spans_said(moved)} copied to {target}")
        tell_refused(refused)
    if refused:
        sys.exit(1)


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _bar() -> Progress:
    return progress(
        SpinnerColumn(), TextColumn("{task.fields[spans]:,} spans"), TimeElapsedColumn()
    )
