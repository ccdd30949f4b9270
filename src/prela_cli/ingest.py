"""`prela import`, also named `prela ingest`: put the spans of files into the store."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TimeRemainingColumn,
)

from prela_cli.data_dir import data_dir_option
from prela_cli.input_files import input_files, pieces_of
from prela_cli.output import show_json, show_line
from prela_cli.progress import progress
from prela_cli.refusals import spans_said, stopped, tell_refused
from prela_cli.server_options import server_options
from prela_cli.sinks import open_sink
from prela_core.errors import UnavailableError
from prela_core.wire.documents import Piece, Refusal

__all__ = ["ingest"]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path, allow_dash=True))
@data_dir_option
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def ingest(
    paths: tuple[Path, ...], data_dir: Path, url: str | None, api_key: str | None, as_json: bool
) -> None:
    """Store the spans of PATHS: files, folders of such files, or - for standard input.

    Files are what `prela export` writes (lines of JSON, Arrow, Parquet), JSONL (on each line a
    span, a trace or a request of OTLP, as file exporters write them), JSON as it is sent to a
    server (a trace, a batch, a span, OTLP, or a list of these) or OTLP in protobuf; all but tables
    may be compressed with gzip. Exported spans keep the moment they were received. Storing a span
    again changes nothing. What can't be stored is named with its file and line; the rest is
    stored, and the exit code is 1.

    \b
    Example:
      prela import ./traces
      prela import everything.parquet
      prela import collector-traces.json otlp.pb
      prela ingest run-17.jsonl.gz --url http://127.0.0.1:8000
      cat spans.jsonl | prela ingest -
    """
    files = [file for path in paths for file in input_files(path)]
    stored = 0
    refused: list[Refusal] = []
    with open_sink(data_dir, url, api_key) as (sink, target), _bar(files) as bar:
        for file in files:
            for piece in pieces_of(file, lambda raw: bar.wrap_file(raw, task_id=TaskID(0))):
                if isinstance(piece, Piece):
                    try:
                        count, faults = sink(piece)
                    except UnavailableError as error:
                        raise stopped(error, stored, "stored") from error
                    stored += count
                else:
                    faults = [piece]
                refused += [Refusal(f"{_name(file)}: {each.place}", each.reason) for each in faults]
    _report(stored, refused, len(files), target, as_json=as_json)
    if refused:
        sys.exit(1)


def _name(file: Path) -> str:
    return "standard input" if str(file) == "-" else str(file)


def _bar(files: list[Path]) -> Progress:
    """Make a bar over the bytes of all files, on standard error and only on a terminal."""
    sizes = [None if str(file) == "-" else file.stat().st_size for file in files]
    bar = progress(BarColumn(), DownloadColumn(), TimeRemainingColumn())
    bar.add_task("Storing", total=None if None in sizes else sum(size or 0 for size in sizes))
    return bar


def _report(stored: int, refused: list[Refusal], files: int, target: str, *, as_json: bool) -> None:
    if as_json:
        document = {"stored": stored, "files": files, "target": target, "refused": refused}
        show_json(document)
        return
    of = "1 file" if files == 1 else f"{files:,} files"
    show_line(f"{spans_said(stored)} of {of} stored in {target}")
    tell_refused(refused)
