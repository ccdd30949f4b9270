"""`prela keys`: make, list and revoke API keys, in PostgreSQL or in a data directory."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prela_cli.data_dir import data_dir_option
from prela_cli.failures import failure_of

if TYPE_CHECKING:
    from prela_server.accounts import Accounts, KeyInfo

__all__ = ["keys"]

_SCOPES = (
    "ingest",
    "read",
    "delete",
    "admin",
)  # those of accounts.Scope, without importing it for --help
_WIDE = 1000  # columns: when nobody looks at a terminal, each key stays on one line


def _json_flag(text: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--json", "as_json", is_flag=True, help=text)


@click.group()
def keys() -> None:
    """Make, list and revoke API keys.

    A key belongs to one project: what is sent with it is stored there, and nothing else can
    be read with it. A running server notices new keys at once and revoked ones within five
    seconds. Keys are kept in the PostgreSQL that DATABASE_URL names, or else in the data
    directory.

    \b
    Example:
      prela keys create --project shop
    """


@keys.command()
@click.option("--project", required=True, help="Its project: of a-z, 0-9, '_' and '-'.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(_SCOPES),
    multiple=True,
    default=("ingest", "read"),
    show_default=True,
    help="What the key may do; repeat for several. 'admin' includes the others.",
)
@click.option("--name", default="", help="A note on who uses the key.")
@data_dir_option
@_json_flag("Print the key, as 'key', and what is known of it as one JSON document.")
def create(project: str, scopes: tuple[str, ...], name: str, data_dir: Path, as_json: bool) -> None:
    """Make a key and print it, this once.

    The key alone goes to standard output, and the rest to standard error, so that a script
    can take it from there.

    \b
    Example:
      prela keys create --project shop --scope ingest --name "checkout agent"
    """
    with _accounts(data_dir, create=True) as accounts:
        info, plaintext = accounts.create(project, scopes, name)
    if as_json:
        click.echo(json.dumps({"key": plaintext, **_as_json(info)}, indent=2))
    else:
        click.echo(plaintext)
    click.echo(
        f"Made the key {info.key_id} of project {info.project_id}. "
        "Keep it in a safe place now: it won't be shown again.",
        err=True,
    )


@keys.command("list")
@click.option("--project", help="Only the keys of this project.")
@data_dir_option
@_json_flag("Print one JSON document, a list.")
def list_keys(project: str | None, data_dir: Path, as_json: bool) -> None:
    """List keys, oldest first, revoked ones too. The keys themselves can't be shown.

    \b
    Example:
      prela keys list --project shop
    """
    with _accounts(data_dir, create=False) as accounts:
        infos = accounts.list(project)
    if as_json:
        click.echo(json.dumps([_as_json(info) for info in infos], indent=2))
    elif infos:
        _print_table(infos)
    else:
        click.echo("No keys." if project is None else f"No keys of project {project}.", err=True)


@keys.command()
@click.argument("key_id")
@data_dir_option
def revoke(key_id: str, data_dir: Path) -> None:
    """End a key for good. KEY_ID is the short id that 'prela keys list' shows.

    \b
    Example:
      prela keys revoke 4fZ0aQk91B
    """
    with _accounts(data_dir, create=False) as accounts:
        info = accounts.revoke(key_id)
    click.echo(
        f"Revoked the key {info.key_id} of project {info.project_id}. "
        "Running servers refuse it within 5 seconds."
    )


@contextmanager
def _accounts(data_dir: Path, *, create: bool) -> Iterator[Accounts]:
    from prela_core.errors import PrelaError
    from prela_server.accounts.open import open_accounts
    from prela_server.settings import load_one

    try:
        url = load_one("accounts.database_url")
        accounts = open_accounts(
            data_dir, database_url=url.reveal() if url else None, create=create
        )
        try:
            yield accounts
        finally:
            accounts.close()
    except PrelaError as error:
        # Whoever may run this owns the machine, and needs the reason that clients don't get.
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        kind = type(failure_of(error, "keys", ""))
        raise kind(f"{error}{cause}") from error


def _as_json(info: KeyInfo) -> dict[str, Any]:
    from prela_core.model import to_micros, to_rfc3339
    from prela_server.accounts.keys import in_order

    return {
        "key_id": info.key_id,
        "project_id": info.project_id,
        "scopes": in_order(info.scopes),
        "name": info.name,
        "prefix": info.prefix,
        "created_at": to_rfc3339(to_micros(info.created_at)),
        "revoked_at": info.revoked_at and to_rfc3339(to_micros(info.revoked_at)),
    }


def _print_table(infos: Iterable[KeyInfo]) -> None:
    from rich.console import Console

    from prela_cli.render.keys import keys_table

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDE)
    console.print(keys_table(infos))
