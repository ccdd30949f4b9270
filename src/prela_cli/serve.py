"""`prela serve`: the whole of Prela in one process, or one role of it."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from prela_cli.data_dir import given_data_dir_option
from prela_cli.env_file import env_file_option, strays

if TYPE_CHECKING:
    from prela_server.compose import Role, Running
    from prela_server.settings import Settings

__all__ = ["serve"]

_ROLES = ("ingest", "worker", "api")  # those of compose.Role, without importing it for --help


@click.command()
@click.argument("role", required=False, type=click.Choice(_ROLES))
@click.option("--host", help="Address to listen on.  [default: 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="0: any free one.  [default: 8000]")
@given_data_dir_option
@env_file_option
def serve(
    role: str | None,
    host: str | None,
    port: int | None,
    data_dir: Path | None,
    env_file: Path | None,
) -> None:
    """Receive traces and answer questions about them, in one process on one port.

    Nothing needs to be installed or set up first. On a loopback address no API key is asked
    for; on any other, keys made with `prela keys create` are. Ctrl-C stops the server after
    it has stored all that it accepted.

    With a ROLE, do a part of it, for several machines: `ingest` takes spans and hands them to
    Kafka, `worker` moves them into ClickHouse, `api` answers questions from there. Any number
    of each may run. Settings are read from the environment and from .env; `prela config` shows
    them.

    \b
    Example:
      prela serve
      prela serve --port 9000 --data-dir ./traces
      prela serve ingest
    """
    import structlog

    from prela_server.compose import Role
    from prela_server.logs import configure_logs, writes_json
    from prela_server.run import run
    from prela_server.settings import load

    loaded = load(env_file, {"host": host, "port": port, "data_dir": data_dir})
    settings = loaded.settings
    configure_logs(settings, colours=sys.stderr.isatty())
    for sentence in strays(loaded):
        structlog.get_logger().warning(sentence)
    chosen = Role(role) if role else Role.ALL
    if writes_json(settings):
        run(chosen, settings, started=_log_line(chosen, settings))
        return
    if chosen is Role.ALL and not settings.clickhouse.is_set:
        click.echo(f"Opening {settings.data_dir} ...", err=True)
    run(chosen, settings, started=_greeting(chosen, settings))


def _log_line(role: Role, settings: Settings) -> Callable[[str, Running], None]:
    import structlog

    from prela_server.compose import places

    def started(url: str, _: Running) -> None:
        structlog.get_logger().info("ready", role=role, url=url, **places(role, settings))

    return started


def _greeting(role: Role, settings: Settings) -> Callable[[str, Running], None]:
    from prela_core.errors import UnavailableError
    from prela_core.io.data_directory import default_data_directory
    from prela_server.compose import places

    here = ""
    if settings.data_dir != default_data_directory():
        here = f" --data-dir {shlex.quote(str(settings.data_dir))}"

    def started(url: str, parts: Running) -> None:
        where = ", ".join(f"{part} in {place}" for part, place in places(role, settings).items())
        click.echo(f"Prela is ready at {url}  ({where})", err=True)
        if role.ingests:
            click.echo(f"  send   POST {url}/v1/traces, /v1/spans or /v1/batch", err=True)
        if parts.grpc is not None:
            click.echo(f"         OTLP over gRPC to {parts.grpc.address}", err=True)
        if role.answers:
            local = "" if settings.clickhouse.is_set else f"prela query{here}, "
            click.echo(f"  ask    {local}{url}/api/v1/traces", err=True)
        if role.ingests or role.answers:
            click.echo(f"  read   {url}/docs", err=True)
        else:
            click.echo(f"  watch  {url}/ready", err=True)
        with suppress(UnavailableError):  # PostgreSQL may come later
            if parts.accounts is not None and not parts.accounts.list():
                create = f"prela keys create --project default{here}"
                click.echo(f"  No API key exists yet: {create}", err=True)

    return started
