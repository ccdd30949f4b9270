"""`prela delete`: delete traces, after asking."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import attrs
import click
import msgspec

from prela_cli import moments
from prela_cli.asking import query_option
from prela_cli.filters import filter_options, narrowed
from prela_cli.output import show_json, show_line
from prela_cli.reading import source_options
from prela_cli.render.deletions import counted
from prela_cli.source import PROJECT_ID
from prela_core.ask import Condition
from prela_core.errors import NotFoundError
from prela_core.model import to_micros
from prela_core.store import Deletion, DeletionRequest, DeletionState, TraceFilter

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore
    from prela_core.io.http_client import HttpClient

__all__ = ["delete"]

_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0
"""Seconds between two looks at how far a server is."""


@click.command()
@click.argument("trace_ids", metavar="[TRACE_ID]...", nargs=-1)
@filter_options
@click.option("-q", "--search", "words", metavar="WORDS", help="Holds all of these words.")
@query_option
@click.option(
    "--older-than", type=moments.SPAN_OF_TIME, metavar="TIME", help="Began longer ago: 12h, 30d."
)
@click.option("--everything", is_flag=True, help="All that the project holds.")
@click.option(
    "--project",
    metavar="PROJECT",
    help=f"The project, in a data directory.  [default: {PROJECT_ID}]",
)
@click.option("--dry-run", is_flag=True, help="Only say how much it would be.")
@click.option("-y", "--yes", is_flag=True, help="Don't ask.")
@click.option("--no-wait", is_flag=True, help="Don't wait for a server to have done it.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@source_options
def delete(
    *,
    reader: ClickHouseStore | HttpClient,
    trace_ids: tuple[str, ...],
    where: TraceFilter,
    words: str | None,
    asked: Condition | None,
    older_than: float | None,
    everything: bool,
    project: str | None,
    dry_run: bool,
    yes: bool,
    no_wait: bool,
    as_json: bool,
) -> None:
    """Delete traces: by their whole ids, by a filter as of `prela query`, by age, or everything.

    What is there is counted first, and deleted after a yes. What is sent again afterwards is
    new. Deleted in a data directory means that it is gone from the disk when this command ends;
    a server has it gone from every answer, and goes on to take it from its disks. A server's key
    needs the scope `delete`, and says which project is meant.

    \b
    Example:
      prela delete 0af7651916cd43dd8448eb211c80319c
      prela delete --older-than 30d --yes
      prela delete --user user-42 --dry-run
      prela delete --query 'status:error cost<0.01' --json
    """
    url = getattr(reader, "url", None)
    if url and project:
        raise click.UsageError(f"the key says which project of {url} is meant; leave out --project")
    where = attrs.evolve(narrowed(where, asked), q=words)
    if older_than is not None:
        if where.end_time is not None:
            raise click.UsageError("--older-than and --end both say when to stop; give one")
        where = attrs.evolve(where, end_time=_now() - round(older_than * 1000))
    wanted = _request(project or PROJECT_ID, trace_ids, where, everything=everything)
    there = reader.deletions.count(wanted)
    missing = len(set(trace_ids)) - there.traces
    if there.traces and missing > 0:
        click.echo(
            f"{missing} of these ids {'is' if missing == 1 else 'are'} of no trace.", err=True
        )
    if dry_run or not there.traces:
        _tell_of(there, wanted, as_json=as_json)
        return
    if not yes:
        _confirm(there, wanted, url)
    done = _carried_out(reader, wanted, waits=not no_wait)
    if as_json:
        show_json(done)
        return
    verb = "Deleted" if done.gone_at else "Deleting"
    show_line(f"{verb} {counted(done if done.traces else there)}; receipt {done.deletion_id}")


def _request(
    project: str, trace_ids: tuple[str, ...], where: TraceFilter, *, everything: bool
) -> DeletionRequest:
    from prela_core.io.http_deletions import deletion_body

    if not all(each.strip() for each in trace_ids):
        raise click.UsageError("a TRACE_ID is empty; give whole ids")
    filtered = where != TraceFilter()
    if bool(trace_ids) + filtered + everything != 1:
        raise click.UsageError(
            "say what to delete: TRACE_IDs, conditions such as --older-than, or --everything; "
            "and only one of them"
        )
    request = DeletionRequest(
        deletion_id=f"del_{secrets.token_hex(10)}",
        project_id=project,
        asked_at=_now(),
        trace_ids=trace_ids,
        where=where if filtered else None,
        everything=everything,
    )
    return attrs.evolve(request, said=msgspec.json.encode(deletion_body(request)))


def _tell_of(there: Deletion, wanted: DeletionRequest, *, as_json: bool) -> None:
    if as_json:
        show_json({"traces": there.traces, "spans": there.spans, "rows": there.rows})
    if not there.traces and wanted.trace_ids:
        raise NotFoundError(
            "there is no such trace"
            if len(wanted.trace_ids) == 1
            else "there is none of these traces"
        )
    if as_json:
        return
    if not there.traces:
        show_line("No traces match, so there is nothing to delete.")
    else:
        show_line(f"Would delete {counted(there)}.")


def _confirm(there: Deletion, wanted: DeletionRequest, url: str | None) -> None:
    if not can_ask():
        raise click.UsageError("there is nobody to ask; add --yes to delete, or --dry-run to look")
    whole = "everything: " if wanted.everything else ""
    place = f" from {url}" if url else ""
    question = f"Delete {whole}{counted(there)}{place}? It can't be undone"
    click.confirm(question, abort=True, err=True)


def can_ask() -> bool:
    """Say whether somebody sits at the terminal; tests do."""
    return sys.stdin.isatty()


def _carried_out(
    reader: ClickHouseStore | HttpClient, wanted: DeletionRequest, *, waits: bool
) -> Deletion:
    """Have it done, and give the receipt of when nothing of it is found any more."""
    from prela_core.io.http_client import HttpClient

    receipt = reader.deletions.ask(wanted)
    with _spinner() as tell:
        if not isinstance(reader, HttpClient):
            for _, each in reader.deletions.carry_out():
                if each.deletion_id == receipt.deletion_id:
                    receipt = each
                tell(each.state)
            return receipt
        pause = _FIRST_PAUSE
        while waits and receipt.gone_at is None:
            tell(receipt.state)
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
            receipt = reader.deletions.one(wanted.project_id, receipt.deletion_id) or receipt
    return receipt


@contextmanager
def _spinner() -> Iterator[_Tell]:
    """Show a state on standard error, and only on a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("waiting") as status:
        yield lambda state: status.update(state.value)


class _Tell(Protocol):
    def __call__(self, state: DeletionState, /) -> None: ...


def _now() -> int:
    return to_micros(moments.now())
