"""`prela diff`: two traces compared."""

from __future__ import annotations

import click

from prela_cli import moments
from prela_cli.find_trace import find_trace_id
from prela_cli.output import show, show_json
from prela_cli.reading import source_options
from prela_cli.render.trace_diff import DiffTree
from prela_cli.source import PROJECT_ID
from prela_core.store import Reader

__all__ = ["diff"]


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--all", "every", is_flag=True, help="Show the spans that are the same, too.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, as the API answers."
)
@source_options
def diff(*, reader: Reader, before: str, after: str, every: bool, as_json: bool) -> None:
    """Compare trace A with trace B: what B added, removed, moved, and did otherwise.

    A and B are ids of traces, or the beginnings of ones that only one recent trace has. Spans are
    paired by what they are and what went in, since two runs share neither ids nor times. A span
    is slower or faster from a tenth and a millisecond on.

    \b
    Example:
      prela diff 0af76519 4bf92f35
      prela diff 0af76519 4bf92f35 --all
      prela diff 0af76519 4bf92f35 --json
    """
    ids = [find_trace_id(reader, one) for one in (before, after)]
    found = reader.diff(PROJECT_ID, *ids)
    if as_json:
        show_json(found)
    else:
        show(DiffTree(found, moments.now(), every=every))
