"""`prela export`: write spans to a file."""

from __future__ import annotations

import gzip
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console
from rich.filesize import decimal
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from prela_cli.asking import both
from prela_cli.filters import filter_options, narrowed
from prela_cli.output import show_line
from prela_cli.output_files import appearing
from prela_cli.reading import source_options
from prela_cli.source import PROJECT_ID
from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError
from prela_core.store import Reader, SpanFilter, TraceFilter
from prela_core.store.export import ExportForm, Selection

__all__ = ["export", "selection_of"]

_ENDINGS = {
    ".jsonl": ExportForm.JSONL,
    ".ndjson": ExportForm.JSONL,
    ".arrow": ExportForm.ARROW,
    ".arrows": ExportForm.ARROW,
    ".parquet": ExportForm.PARQUET,
}
_GZIP = ".gz"


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path, allow_dash=True))
@click.argument("query", nargs=-1)
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in ExportForm]),
    help="The form of the file.  [default: as its name ends]",
)
@click.option(
    "--spans", "spans_only", is_flag=True, help="QUERY is about spans: write only those it means."
)
@filter_options
@source_options
def export(
    *,
    reader: Reader,
    file: Path,
    query: tuple[str, ...],
    form: str | None,
    spans_only: bool,
    where: TraceFilter,
) -> None:
    """Write spans whole to FILE (- is standard output), to be kept, moved or looked into.

    A file is lines of JSON (.jsonl, also .jsonl.gz), an Arrow stream (.arrow) or .parquet. It has
    all spans of the traces that QUERY and the options mean, or everything. FILE appears when it
    is complete; memory does not grow with it. `prela import` reads it again.

    \b
    Example:
      prela export everything.parquet
      prela export failed.jsonl.gz status:error --since 1d
      prela export calls.arrow --spans "span_type:llm duration>2s"
      prela export - --model gpt-4o | jq .name
    """
    chosen = ExportForm(form) if form else _form_of(file)
    selection = selection_of(where, query, spans_only=spans_only)
    pieces = reader.export(PROJECT_ID, selection, chosen)
    if str(file) == "-":
        if chosen is not ExportForm.JSONL and sys.stdout.isatty():
            raise click.UsageError(f"{chosen.value} is not for a terminal; name a file")
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    with _progress() as progress, appearing(file) as raw, _packed(file, raw) as out:
        task = progress.add_task("Writing", total=None)
        for piece in pieces:
            out.write(piece)
            progress.advance(task, len(piece))
    if file.is_file():  # what else is written to may be where the line would go
        show_line(f"{decimal(file.stat().st_size)} written to {file}")


def selection_of(where: TraceFilter, query: tuple[str, ...], *, spans_only: bool) -> Selection:
    """Make a selection of the options for traces and a query, which is about spans or traces."""
    text = " ".join(query)
    if not spans_only:
        return Selection(traces=narrowed(where, parse(text, Subject.TRACE)))
    times = TraceFilter(start_time=where.start_time, end_time=where.end_time, where=where.where)
    if where != times:
        raise click.UsageError(
            "with --spans, say what spans are meant in QUERY; of the options, only the times count"
        )
    return Selection(
        spans=SpanFilter(
            where=both(parse(text, Subject.SPAN), where.where),
            start_time=where.start_time,
            end_time=where.end_time,
        )
    )


def _form_of(file: Path) -> ExportForm:
    if str(file) == "-":
        return ExportForm.JSONL
    form = _ENDINGS.get(Path(file.name.removesuffix(_GZIP)).suffix.lower())
    if form is None:
        raise InvalidError(
            f"{file} ends in no form that is known: {', '.join(_ENDINGS)}; or add --format"
        )
    if file.name.endswith(_GZIP) and form is not ExportForm.JSONL:
        raise InvalidError(f"{form.value} is compressed by itself; leave out {_GZIP}")
    return form


def _packed(file: Path, raw: IO[bytes]) -> AbstractContextManager[Any]:
    """Give what to write into, which compresses for a file whose name says so."""
    if file.name.endswith(_GZIP):
        return gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0)
    return nullcontext(raw)


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
