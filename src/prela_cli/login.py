"""`prela login`: save a server and its key, so that no command needs to be told."""

from __future__ import annotations

import sys

import click

from prela_core.errors import ForbiddenError
from prela_core.io.saved_login import Login, save

__all__ = ["login"]

_HERE = "http://127.0.0.1:8000"


@click.command()
@click.argument("url", required=False)
@click.option(
    "--api-key",
    envvar="PRELA_API_KEY",
    show_envvar=True,
    metavar="KEY",
    help="Its key; - reads it from standard input. Without it, a terminal is asked.",
)
@click.option("--no-check", is_flag=True, help="Save it without asking the server.")
def login(url: str | None, api_key: str | None, *, no_check: bool) -> None:
    """Save a server and its key, so that commands ask it when nothing else is said.

    URL is where the server is, such as https://prela.example.com. The server is asked first, so
    that nothing is saved that does not work. The file is readable for its owner alone;
    `prela doctor` shows where it is. --url, --data-dir and the variables PRELA_URL and
    PRELA_DATA_DIR win over what is saved, and the saved key goes to its own server only.

    \b
    Example:
      prela login https://prela.example.com
      prela login http://127.0.0.1:8000 --api-key - < key.txt
    """
    if not url:
        if not sys.stdin.isatty():
            raise click.UsageError("give the server's URL, such as http://127.0.0.1:8000")
        url = click.prompt("Server", default=_HERE, err=True)
    found = Login(url=url.strip().rstrip("/"), api_key=_key(api_key))
    said = _checked(found, ask=not no_check)
    path = save(found)
    click.echo(f"{said}; saved in {path}")


def _key(given: str | None) -> str | None:
    if given == "-":
        given = sys.stdin.readline()
    elif given is None and sys.stdin.isatty():
        given = click.prompt(
            "API key (empty for none)", default="", show_default=False, hide_input=True, err=True
        )
    return (given or "").strip() or None


def _checked(found: Login, *, ask: bool) -> str:
    """Say how the server takes the key; raises what it refuses."""
    from prela_cli.source import PROJECT_ID
    from prela_core.io.http_client import HttpClient
    from prela_core.store import Order, PageRequest, TraceFilter

    with HttpClient(found.url, found.api_key) as server:
        if not ask:
            return f"{server.url} was not asked"
        server.ping()
        try:
            server.traces(PROJECT_ID, TraceFilter(), Order.NEWEST, PageRequest(limit=1))
        except ForbiddenError:
            return f"{server.url} takes the key, for sending only"
        return f"{server.url} answers" + (" and takes the key" if found.api_key else "")
