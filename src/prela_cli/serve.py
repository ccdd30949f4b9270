"""`prela serve`: the whole of Prela in one process."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prela_cli.data_dir import data_dir_option

if TYPE_CHECKING:
    from prela_server.compose import Embedded

__all__ = ["serve"]


@click.command()
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one.  [default: 8000]")
@data_dir_option
def serve(host: str | None, port: int | None, data_dir: Path) -> None:
    """Receive traces and answer questions about them, in one process on one port.

    Nothing needs to be installed or set up first. On a loopback address no API key is asked
    for; on any other, keys made with `prela keys create` are. Ctrl-C stops the server after
    it has stored all that it accepted.

    \b
    Example:
      prela serve
      prela serve --port 9000 --data-dir ./traces
    """
    import attrs

    from prela_core.io.data_directory import default_data_directory
    from prela_server.logs import configure_logs
    from prela_server.run import run
    from prela_server.settings import load_settings

    configure_logs(colours=sys.stderr.isatty())
    sent: dict[str, Any] = {"host": host, "port": port, "data_dir": data_dir}
    settings = attrs.evolve(
        load_settings(), **{name: value for name, value in sent.items() if value is not None}
    )
    click.echo(f"Opening {settings.data_dir} ...", err=True)

    here = ""
    if settings.data_dir != default_data_directory():
        here = f" --data-dir {shlex.quote(str(settings.data_dir))}"

    def started(url: str, parts: Embedded) -> None:
        click.echo(f"Prela is ready at {url}  (data in {settings.data_dir})", err=True)
        click.echo(f"  send   POST {url}/v1/traces, /v1/spans or /v1/batch", err=True)
        if parts.grpc is not None:
            click.echo(f"         OTLP over gRPC to {parts.grpc.address}", err=True)
        click.echo(f"  ask    prela query{here}, {url}/api/v1/traces", err=True)
        click.echo(f"  read   {url}/docs", err=True)
        if parts.accounts is not None and not parts.accounts.list():
            create = f"prela keys create --project default{here}"
            click.echo(f"  No API key exists yet: {create}", err=True)

    run(settings, started=started)
