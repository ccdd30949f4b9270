"""`prela reindex`: read stored spans again, after the conventions or prices have changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn

from prela_cli import moments, source
from prela_cli.data_dir import data_dir_option
from prela_cli.filters import in_order, start_time
from prela_cli.output import show_json, show_line
from prela_cli.progress import progress
from prela_core.conventions import CONVENTIONS_VERSION, price_version
from prela_core.errors import DataDirectoryBusyError, InvalidError, UnavailableError
from prela_core.io.data_directory import is_data_directory
from prela_core.store import Reindexed, ReindexScope, Store

__all__ = ["reindex"]


@click.command()
@data_dir_option
@click.option("--project", metavar="PROJECT", help="Only the spans of this project.")
@click.option(
    "--since", type=moments.SPAN_OF_TIME, metavar="TIME", help="Began in the last 30m, 2h, 3d, 1w."
)
@click.option(
    "--start", type=moments.MOMENT, metavar="MOMENT", help="Began then or later (RFC 3339)."
)
@click.option("--end", "--until", "end", type=moments.MOMENT, metavar="MOMENT",
              help="Began before then.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say how many would change.")
@click.option("--json", "as_json", is_flag=True, help="Print what was done as JSON.")
def reindex(
    *,
    data_dir: Path,
    project: str | None,
    since: float | None,
    start: int | None,
    end: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read the stored spans again, by the conventions and prices of this version.

    What a span means (its type, model, tokens, cost, input, output and so on) is read from its
    attributes when it is stored. After an upgrade that reads them better, this command brings
    the spans up to date that were stored before. Attributes and events stay as they are.

    It may be stopped and run again at any time. It needs the data directory for itself: stop
    the server that has it open, if there is one.

    \b
    Example:
      prela reindex --dry-run
      prela reindex
      prela reindex --project shop --since 7d --json
    """
    in_order(start, end)
    scope = ReindexScope(project_id=project, start_time=start_time(since, start), end_time=end)
    done = Reindexed(0, 0, 0)
    with (
        _open(data_dir) as store,
        progress(BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar,
    ):
        task = bar.add_task("Reading", total=None)
        try:
            for done in store.reindex(scope, dry_run=dry_run):
                bar.update(task, total=done.total, completed=done.looked_at)
        except UnavailableError as error:
            so_far = f"{_rows(done.changed)} changed so far; run it again to go on"
            raise UnavailableError(f"{error} ({so_far})", error.retry_after) from error
    _report(done, dry_run=dry_run, as_json=as_json)


@contextmanager
def _open(data_dir: Path) -> Iterator[Store]:
    if not is_data_directory(data_dir):
        what = "has no store" if data_dir.exists() else "does not exist"
        raise InvalidError(f"{data_dir} {what}, so there are no spans in it to read again")
    try:
        with source.open_directory(data_dir) as store:
            yield store
    except DataDirectoryBusyError as error:
        raise DataDirectoryBusyError(
            f"{str(error).partition(';')[0].partition(', which')[0]}; stop that, run "
            "`prela reindex`, and start it again"
        ) from error


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _report(done: Reindexed, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        show_json(
            {
                "looked_at": done.looked_at,
                "changed": done.changed,
                "dry_run": dry_run,
                "conventions_version": CONVENTIONS_VERSION,
                "price_version": price_version(),
            }
        )
        return
    verb = "would change" if dry_run else "changed"
    show_line(
        f"{_rows(done.looked_at)} looked at, {done.changed:,} {verb} "
        f"(conventions {CONVENTIONS_VERSION}, prices {price_version()})"
    )
