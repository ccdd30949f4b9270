"""`prela show`: one trace."""

from __future__ import annotations

import click

from prela_cli import moments
from prela_cli.collecting import nothing_collected
from prela_cli.find_trace import find_span, find_trace, newest_trace
from prela_cli.output import show as show_picture
from prela_cli.output import show_json
from prela_cli.reading import source_options
from prela_cli.render.critical_path import PathTable
from prela_cli.render.span_detail import SpanDetail
from prela_cli.render.trace_tree import TraceTree
from prela_core.analysis.reading import path_of
from prela_core.store import Reader, TraceDetail

__all__ = ["show"]


@click.command()
@click.argument("trace_id", required=False)
@click.option("--latest", is_flag=True, help="Show the newest trace.")
@click.option("-a", "--attributes", is_flag=True, help="Show every span's attributes.")
@click.option("--span", "span_id", metavar="SPAN_ID", help="Show all about this one span.")
@click.option("--critical-path", is_flag=True, help="Show where the time went, span by span.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, as the API answers."
)
@source_options
def show(
    *,
    reader: Reader,
    trace_id: str | None,
    latest: bool,
    attributes: bool,
    span_id: str | None,
    critical_path: bool,
    as_json: bool,
) -> None:
    """Show a trace as a tree: what called what, when, for how long, at which cost.

    TRACE_ID is a trace's id, or the beginning of one that only one recent trace has. Failed
    spans have their message below them; spans whose parent has not arrived stand at the end.

    With --critical-path, the spans that the end of the trace waited for are listed instead, each
    with the time for which it did: only a faster one of these would have made the trace faster.

    \b
    Example:
      prela show --latest
      prela show 0af76519 --critical-path
      prela show 0af76519 --attributes
      prela show 0af76519 --span b7ad6b7169203331
    """
    if latest == (trace_id is not None):
        raise click.UsageError("give a TRACE_ID, or --latest")
    if trace_id == "":
        raise click.UsageError("a TRACE_ID can't be empty; give one, or --latest")
    if critical_path and span_id is not None:
        raise click.UsageError("give --critical-path or --span, not both")
    with nothing_collected():
        # Pictures show next to nothing of what is nearly all of a trace's text.
        outline = critical_path or not (attributes or as_json or span_id is not None)
        trace = _meant(reader, trace_id, outline=outline)
        if critical_path:
            path = path_of(trace)
            if as_json:
                show_json(path)
            else:
                show_picture(PathTable(trace, path, moments.now()))
        elif span_id is not None:
            span = find_span(trace, span_id)
            if as_json:
                show_json(span)
            else:
                show_picture(SpanDetail(span))
        elif as_json:
            show_json(trace)
        else:
            show_picture(TraceTree(trace, moments.now(), attributes=attributes))


def _meant(reader: Reader, trace_id: str | None, *, outline: bool) -> TraceDetail:
    if trace_id is None:
        return newest_trace(reader, outline=outline)
    return find_trace(reader, trace_id, outline=outline)
