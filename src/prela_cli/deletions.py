"""`prela deletions`: what was deleted, and how far that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from prela_cli.output import JsonForm, show, show_json, show_line, show_page
from prela_cli.reading import page_options, source_options
from prela_cli.render.deletions import deletions_table
from prela_cli.source import PROJECT_ID
from prela_core.errors import NotFoundError
from prela_core.store import PageRequest

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore
    from prela_core.io.http_client import HttpClient

__all__ = ["deletions"]


@click.command()
@click.argument("deletion_id", required=False)
@click.option(
    "--project", default=PROJECT_ID, metavar="PROJECT", help="The project, in a data directory."
)
@page_options
@source_options
def deletions(
    *,
    reader: ClickHouseStore | HttpClient,
    deletion_id: str | None,
    project: str,
    limit: int,
    cursor: str | None,
    as_json: JsonForm | None,
) -> None:
    """List deletions, the newest first, or show the receipt of one.

    A server's key needs the scope `delete`.

    \b
    Example:
      prela deletions
      prela deletions del_9f2c81b6a04e7d35c8aa --json
    """
    if deletion_id is not None:
        one = reader.deletions.one(project, deletion_id)
        if one is None:
            raise NotFoundError(f"there is no deletion {deletion_id}")
        if as_json is None:
            show(deletions_table([one]))
        else:
            show_json(one, indented=None if as_json is JsonForm.DOCUMENT else False)
        return
    found: Any = reader.deletions.all(project, PageRequest(limit=limit, cursor=cursor))
    if as_json is not None:
        show_page(found, as_json)
    elif not found.items:
        show_line("No deletions.")
    else:
        show(deletions_table(found.items))
        if found.next_cursor:
            show_line(f"There are more: add --cursor {found.next_cursor}")
