"""`prela graph`: who called whom in a trace."""

from __future__ import annotations

import click

from prela_cli.find_trace import find_trace_id
from prela_cli.output import show, show_json, show_line
from prela_cli.reading import source_options
from prela_cli.render.agent_graph import GraphTables
from prela_cli.source import PROJECT_ID
from prela_core.errors import NotFoundError
from prela_core.store import Reader
from prela_core.text.mermaid import mermaid

__all__ = ["graph"]


@click.command()
@click.argument("trace_id")
@click.option(
    "--mermaid", "as_mermaid", is_flag=True, help="Print a Mermaid flowchart, for Markdown."
)
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, as the API answers."
)
@source_options
def graph(*, reader: Reader, trace_id: str, as_mermaid: bool, as_json: bool) -> None:
    """Show the agents, models and tools of a trace, and who called whom how often.

    TRACE_ID is a trace's id, or the beginning of one that only one recent trace has. Chains and
    steps without a type are passed over: what they called was called by who is above them.

    \b
    Example:
      prela graph 0af76519
      prela graph 0af76519 --mermaid
    """
    if as_json and as_mermaid:
        raise click.UsageError("give --json or --mermaid, not both")
    whole_id = find_trace_id(reader, trace_id)
    found = reader.graph(PROJECT_ID, whole_id)
    if found is None:
        raise NotFoundError(f"there is no trace {trace_id}")
    if as_json:
        show_json(found)
    elif as_mermaid:
        for line in mermaid(found):
            show_line(line)
    elif not found.nodes:
        show_line("The trace has no agent, model or tool.")
    else:
        show(GraphTables(found))
