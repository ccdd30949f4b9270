"""`prela query`: list traces."""

from __future__ import annotations

import attrs
import click

from prela_cli import moments
from prela_cli.asking import query_argument
from prela_cli.filters import filter_options, narrowed
from prela_cli.ordering import order_option
from prela_cli.output import JsonForm, show, show_line, show_more, show_page
from prela_cli.reading import page_options, source_options
from prela_cli.render.traces_table import TracesTable
from prela_cli.source import PROJECT_ID
from prela_core.ask import Condition, Subject
from prela_core.store import Order, PageRequest, Reader, TraceFilter

__all__ = ["query"]


@click.command()
@query_argument(Subject.TRACE)
@filter_options
@click.option("-q", "--search", "words", metavar="WORDS", help="Holds all of these words.")
@order_option(Order)
@page_options
@source_options
def query(
    *,
    reader: Reader,
    asked: Condition | None,
    where: TraceFilter,
    words: str | None,
    order: Order,
    limit: int,
    cursor: str | None,
    as_json: JsonForm | None,
) -> None:
    """List the traces that QUERY and options describe, the newest first.

    QUERY is written in the query language: fields and values, words, `and`, `or`, `not` and
    parentheses. Put it in single quotes, so that the shell leaves it as it is. Conditions add
    up: a trace is listed when all of them hold. Ids are shown as far as they tell the traces
    apart; `prela show` takes such a beginning.

    \b
    Example:
      prela query 'status:error model:claude* duration>2s'
      prela query 'any(type:tool status:error) cost>0.05' --since 1d
      prela query --since 2h --status error
      prela query --model gpt-4o --order dearest --limit 5
      prela query --attr tenant=acme --attr plan=pro --json
      prela query status:error --jsonl | jq -r .trace_id
    """
    where = attrs.evolve(narrowed(where, asked), q=words)
    page = PageRequest(limit=limit, cursor=cursor)
    found = reader.traces(PROJECT_ID, where, order, page)
    if as_json is not None:
        show_page(found, as_json)
    elif not found.items:
        show_line(_nothing(where, cursor))
    else:
        show(TracesTable(found, moments.now()))
        show_more(found)


def _nothing(where: TraceFilter, cursor: str | None) -> str:
    if cursor:
        return "No more traces."
    if where == TraceFilter():
        return (
            "No traces yet. Start `prela serve` and send some, or store a file with "
            "`prela ingest FILE`."
        )
    if where.start_time is not None or where.where is not None:
        return "No traces match. Try an earlier --since or --start, or fewer conditions."
    return "No traces match. Try fewer conditions: names and models are compared exactly."
