"""`prela open`: one trace as a page in the browser."""

from __future__ import annotations

import tempfile
import webbrowser
from contextlib import suppress
from pathlib import Path

import click

from prela_cli.find_trace import find_trace, newest_trace
from prela_cli.output_files import appearing
from prela_cli.reading import source_options
from prela_core.store import Reader

__all__ = ["open", "open_trace"]


@click.command("open")
@click.argument("trace_id", required=False)
@click.option("--latest", is_flag=True, help="Open the newest trace.")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the page to this file, and open no browser.",
)
@source_options
def open_trace(*, reader: Reader, trace_id: str | None, latest: bool, output: Path | None) -> None:
    """Open a trace as a page in the browser: a waterfall with inputs, outputs and attributes.

    TRACE_ID is a trace's id, or the beginning of one that only one recent trace has. The page is
    one file that needs neither network nor server, and can be sent to others as it is. Its place
    is printed; without -o it is a temporary file that only you can read.

    \b
    Example:
      prela open --latest
      prela open 0af76519
      prela open 0af76519 -o trace.html
    """
    if latest == bool(trace_id):
        raise click.UsageError("give a TRACE_ID, or --latest")
    from prela_core.html import trace_page

    trace = find_trace(reader, trace_id) if trace_id else newest_trace(reader)
    page = trace_page(trace)
    path = _written(page) if output is None else _put(page, output)
    click.echo(str(path))
    if output is None and not _opened(path):
        click.echo("No browser was found here: open the file in one.", err=True)


def _put(page: str, path: Path) -> Path:
    with appearing(path) as out:
        out.write(page.encode())
    return path


def _written(page: str) -> Path:
    # A directory of its own, whose name nobody can guess, made for this user alone.
    return _put(page, Path(tempfile.mkdtemp(prefix="prela-")) / "trace.html")


def _opened(path: Path) -> bool:
    """Ask the system for a browser; what that says of itself is kept off our output."""
    with suppress(webbrowser.Error, OSError):
        return webbrowser.open(path.as_uri())
    return False


open = open_trace  # noqa: A001 - so is the command called
