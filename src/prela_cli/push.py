"""`prela push`: copy spans of the data directory to a server."""

from __future__ import annotations

from pathlib import Path

import click

from prela_cli import source
from prela_cli.moving import move, moving_options, report
from prela_cli.sinks import open_sink
from prela_core.io.saved_login import Login
from prela_core.store.export import Selection

__all__ = ["push"]


@click.command()
@moving_options
def push(
    *,
    selection: Selection,
    as_json: bool,
    data_dir: Path,
    server: Login,
) -> None:
    """Copy spans from the data directory to a server.

    All spans of the traces that QUERY and the options mean go there, or everything; with --spans,
    those that QUERY means. They arrive as they are here, with the moment they were received, so
    that copying them again changes nothing.

    \b
    Example:
      prela push --url https://prela.example --api-key KEY
      prela push status:error --since 1d --url https://prela.example
      prela push --spans "span_type:llm" --url https://prela.example
    """
    with (
        source.open_source(data_dir, None, None) as reader,
        open_sink(data_dir, server.url, server.api_key) as (sink, target),
    ):
        moved, refused = move(reader, selection, sink)
    report(moved, refused, target, as_json=as_json)
