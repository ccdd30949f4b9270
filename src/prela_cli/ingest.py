"""`prela ingest`: put the spans of files into the store."""

# ruff: noqa: D301 - click reads \b in docstrings, where it keeps lines apart

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from prela_cli.data_dir import data_dir_option
from prela_cli.input_files import input_files, read_pieces
from prela_cli.sinks import open_sink
from prela_core.wire.documents import Piece, Refusal

__all__ = ["ingest"]

_SHOWN_REFUSALS = 20


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "--url",
    envvar="PRELA_URL",
    help="Send to this server; without it, one that has the data directory open is found.",
)
@click.option("--api-key", envvar="PRELA_API_KEY", help="The key to send with.")
@data_dir_option
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def ingest(
    paths: tuple[Path, ...], url: str | None, api_key: str | None, data_dir: Path, as_json: bool
) -> None:
    """Store the spans of PATHS: files, folders of such files, or - for standard input.

    Read are JSONL as file exporters write it (a span or a trace a line) and JSON as it is sent
    (a trace, a batch, a span, or a list), plain or gzip. Storing a span again changes nothing.
    What can't be stored is named with its file and line, the rest is stored, and the exit
    code is 1.

    \b
    Example:
      prela ingest ./traces
      prela ingest run-17.jsonl.gz --url http://127.0.0.1:8000
      cat spans.jsonl | prela ingest -
    """
    files = [file for path in paths for file in input_files(path)]
    stored = 0
    refused: list[Refusal] = []
    with open_sink(data_dir, url, api_key) as (sink, target), _progress(files) as bar:
        for file in files:
            for piece in read_pieces(file, lambda raw: bar.wrap_file(raw, task_id=TaskID(0))):
                if isinstance(piece, Piece):
                    count, faults = sink(piece)
                    stored += count
                else:
                    faults = [piece]
                refused += [Refusal(f"{file}: {each.place}", each.reason) for each in faults]
    _report(stored, refused, len(files), target, as_json=as_json)
    if refused:
        sys.exit(1)


def _progress(files: list[Path]) -> Progress:
    """Make a bar over the bytes of all files, on standard error and only on a terminal."""
    sizes = [None if str(file) == "-" else file.stat().st_size for file in files]
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
    progress.add_task("Storing", total=None if None in sizes else sum(size or 0 for size in sizes))
    return progress


def _report(stored: int, refused: list[Refusal], files: int, target: str, *, as_json: bool) -> None:
    if as_json:
        document = {"stored": stored, "files": files, "target": target, "refused": refused}
        click.echo(msgspec.json.encode(document).decode())
        return
    spans = "span" if stored == 1 else "spans"
    of = "1 file" if files == 1 else f"{files} files"
    click.echo(f"{stored:,} {spans} of {of} stored in {target}")
    for each in refused[:_SHOWN_REFUSALS]:
        click.echo(f"refused  {each.place}: {each.reason}", err=True)
    if len(refused) > _SHOWN_REFUSALS:
        click.echo(f"refused  {len(refused) - _SHOWN_REFUSALS:,} more", err=True)
