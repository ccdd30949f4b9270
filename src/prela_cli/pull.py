"""`prela pull`: copy spans of a server into the data directory."""

from __future__ import annotations

from pathlib import Path

import click

from prela_cli import source
from prela_cli.moving import move, moving_options, report
from prela_cli.sinks import open_sink
from prela_core.io.saved_login import Login
from prela_core.store.export import Selection

__all__ = ["pull"]


@click.command()
@moving_options
def pull(
    *,
    selection: Selection,
    as_json: bool,
    data_dir: Path,
    server: Login,
) -> None:
    """Copy spans from a server into the data directory.

    All spans of the traces that QUERY and the options mean come here, or everything; with
    --spans, those that QUERY means. They arrive as they are there, with the moment they were
    received, so that copying them again changes nothing.

    \b
    Example:
      prela pull --url https://prela.example --api-key KEY
      prela pull status:error --since 1d --url https://prela.example
      prela pull --service shop-agent --data-dir ./copy
    """
    with (
        source.open_source(data_dir, server.url, server.api_key) as reader,
        open_sink(data_dir, None, None) as (sink, target),
    ):
        moved, refused = move(reader, selection, sink)
    report(moved, refused, target, as_json=as_json)
