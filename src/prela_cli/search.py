"""`prela search`: find words in traces."""

from __future__ import annotations

import attrs
import click

from prela_cli import moments
from prela_cli.asking import query_option
from prela_cli.filters import filter_options, narrowed
from prela_cli.output import JsonForm, show, show_line, show_more, show_page
from prela_cli.reading import page_options, source_options
from prela_cli.render.search_hits import SearchHits
from prela_cli.source import PROJECT_ID
from prela_core.ask import Condition
from prela_core.store import PageRequest, Reader, TraceFilter

__all__ = ["search"]


@click.command()
@click.argument("words", nargs=-1, required=True)
@filter_options
@query_option
@page_options
@source_options
def search(
    *,
    reader: Reader,
    where: TraceFilter,
    words: tuple[str, ...],
    asked: Condition | None,
    limit: int,
    cursor: str | None,
    as_json: JsonForm | None,
) -> None:
    """Find the traces that hold all WORDS, the newest first.

    Looked through are names, inputs, outputs, status messages, attributes and events; letter
    case does not matter. For a phrase, let its quotes reach Prela: '"rate limit"'.

    \b
    Example:
      prela search refund
      prela search '"rate limit"' openai --since 1d
      prela search refund --query 'status:error or duration>5s'
    """
    if not any(word.strip() for word in words):
        raise click.UsageError("WORDS are empty; give at least one")
    where = attrs.evolve(narrowed(where, asked), q=" ".join(words))
    found = reader.search(PROJECT_ID, where, PageRequest(limit=limit, cursor=cursor))
    if as_json is not None:
        show_page(found, as_json)
    elif not found.items:
        text = "No more traces hold" if cursor else "No trace holds"
        show_line(f"{text} {' '.join(words)!r}. Try fewer words or a part of one.")
    else:
        show(SearchHits(found, moments.now()))
        show_more(found)
