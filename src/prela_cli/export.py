"""`prela export`: write spans to a file."""

from __future__ import annotations

import gzip
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import IO, Any

import click
from rich.filesize import decimal
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TransferSpeedColumn

from prela_cli.output import show_line
from prela_cli.output_files import appearing
from prela_cli.progress import progress
from prela_cli.reading import source_options
from prela_cli.selecting import selection_options
from prela_cli.source import PROJECT_ID
from prela_core.errors import InvalidError
from prela_core.store import Reader
from prela_core.store.export import ExportForm, Selection

__all__ = ["export"]

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
@selection_options
@click.option(
    "--format",
    "form",
    type=click.Choice([form.value for form in ExportForm]),
    help="The form of the file.  [default: as its name ends]",
)
@source_options
def export(
    *,
    reader: Reader,
    file: Path,
    selection: Selection,
    form: str | None,
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
    pieces = reader.export(PROJECT_ID, selection, chosen)
    if str(file) == "-":
        if chosen is not ExportForm.JSONL and sys.stdout.isatty():
            raise click.UsageError(f"{chosen.value} is not for a terminal; name a file")
        for piece in pieces:
            click.echo(piece, nl=False)
        return
    with _bar() as bar, appearing(file) as raw, _packed(file, raw) as out:
        task = bar.add_task("Writing", total=None)
        for piece in pieces:
            out.write(piece)
            bar.advance(task, len(piece))
    if file.is_file():  # what else is written to may be where the line would go
        show_line(f"{decimal(file.stat().st_size)} written to {file}")


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


def _bar() -> Progress:
    return progress(SpinnerColumn(), DownloadColumn(), TransferSpeedColumn())
