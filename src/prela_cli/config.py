"""`prela config`: the settings in force, and where each came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs
import click

from prela_cli.env_file import env_file_option, strays
from prela_cli.output import show, show_json

if TYPE_CHECKING:
    from prela_server.settings import Loaded, Setting

__all__ = ["Row", "config"]


@attrs.frozen
class Row:
    """A setting in force. `origin` is "default", or where it was found; `value` is for people."""

    setting: str
    variables: tuple[str, ...]
    value: str | None
    origin: str
    secret: bool
    used: bool
    about: str


@click.command()
@env_file_option
@click.option("--json", "as_json", is_flag=True, help="Print the settings as one JSON document.")
def config(env_file: Path | None, as_json: bool) -> None:
    """Show the settings in force and where each came from.

    A setting comes from the command line of `prela serve`, the environment, a line of .env, or
    is the default, in this order. Secrets are masked. What nothing uses yet is marked; it is
    read and checked all the same. The exit code is 2 when something can't be used.

    \b
    Example:
      prela config
      prela config --env-file production.env --json
    """
    from prela_server.settings import load

    loaded = load(env_file)
    rows = list(_rows(loaded))
    for sentence in strays(loaded):
        click.echo(f"prela: {sentence}", err=True)
    if as_json:
        show_json(rows)
        return
    from prela_cli.render.settings import settings_table

    show(settings_table(rows))


def _rows(loaded: Loaded) -> Iterator[Row]:
    from prela_server.settings import Settings, settings_of

    for setting in settings_of(Settings):
        outside = setting.variable
        found = loaded.found.get(setting.path)
        yield Row(
            setting.path,
            outside.names,
            _shown(setting, loaded.settings),
            "default" if found is None else f"{found.origin} ({found.name})",
            outside.secret,
            not outside.unused,
            outside.about,
        )


def _shown(setting: Setting, settings: Any) -> str | None:
    value = settings
    for name in setting.path.split("."):
        value = getattr(value, name)
    if value is None or value == ():
        return None
    if isinstance(value, bool):
        return str(value).lower()
    # A secret's own text is its mask.
    return ",".join(value) if isinstance(value, tuple) else str(value)
