"""`prela spans`: list spans, of whatever traces."""

from __future__ import annotations

import click

from prela_cli import moments
from prela_cli.asking import both, query_argument
from prela_cli.filters import since_condition
from prela_cli.ordering import order_option
from prela_cli.output import JsonForm, show, show_line, show_more, show_page
from prela_cli.reading import page_options, source_options
from prela_cli.render.spans_table import SpansTable
from prela_cli.source import PROJECT_ID
from prela_core.ask import Condition, Subject
from prela_core.store import PageRequest, Reader, SpanFilter, SpanOrder

__all__ = ["spans"]


@click.command()
@query_argument(Subject.SPAN)
@click.option(
    "--since",
    type=moments.SPAN_OF_TIME,
    metavar="TIME",
    help="Began in the last 30m, 2h, 3d, 1w.",
)
@order_option(SpanOrder)
@page_options
@source_options
def spans(
    *,
    reader: Reader,
    asked: Condition | None,
    since: float | None,
    order: SpanOrder,
    limit: int,
    cursor: str | None,
    as_json: JsonForm | None,
) -> None:
    """List the spans that QUERY describes, the newest first.

    QUERY is written in the query language: fields and values, words, `and`, `or`, `not` and
    parentheses. Put it in single quotes, so that the shell leaves it as it is.

    \b
    Example:
      prela spans 'type:tool status:error' --since 1d
      prela spans 'model:claude* output_tokens>2k' --order dearest
      prela spans 'attr.tenant=acme "rate limit"' --json
    """
    where = SpanFilter(where=both(asked, since_condition(since)))
    found = reader.find_spans(PROJECT_ID, where, order, PageRequest(limit=limit, cursor=cursor))
    if as_json is not None:
        show_page(found, as_json)
    elif not found.items:
        show_line("No more spans." if cursor else "No spans match. Try fewer conditions.")
    else:
        show(SpansTable(found, moments.now()))
        show_more(found)
