"""`prela session`: the traces of a session in their order."""

from __future__ import annotations

import click

from prela_cli import moments
from prela_cli.output import JsonForm, show, show_line, show_more, show_page
from prela_cli.reading import page_options, source_options
from prela_cli.render.traces_table import TracesTable
from prela_cli.source import PROJECT_ID
from prela_core.errors import NotFoundError
from prela_core.store import PageRequest, Reader

__all__ = ["session"]


@click.command()
@click.argument("session_id")
@page_options
@source_options
def session(
    *, reader: Reader, session_id: str, limit: int, cursor: str | None, as_json: JsonForm | None
) -> None:
    """List the traces of a session or conversation, in the order in which they began.

    SESSION_ID is the whole id, as `session.id` or the like told it.

    \b
    Example:
      prela session session-7
      prela session session-7 --limit 100 --json
    """
    if not session_id.strip():
        raise click.UsageError("SESSION_ID is empty; `prela query --json` shows such ids")
    found = reader.session(PROJECT_ID, session_id, PageRequest(limit=limit, cursor=cursor))
    if found is None:
        raise NotFoundError(f"there is no session {session_id}")
    if as_json is not None:
        show_page(found, as_json)
    elif not found.items:
        show_line("No more traces.")
    else:
        show(TracesTable(found, moments.now()))
        show_more(found)
