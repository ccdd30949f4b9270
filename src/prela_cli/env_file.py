"""The file of settings: the option that names it, and what in it nothing reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from prela_server.settings import Loaded

__all__ = ["OF_COMMANDS", "OF_PROGRAMS", "env_file_option", "strays"]

OF_COMMANDS = frozenset(
    {"PRELA_URL", "PRELA_API_KEY", "PRELA_CONFIG_DIR", "PRELA_DEBUG", "PRELA_ENV_FILE"}
)
OF_PROGRAMS = frozenset(
    {
        "PRELA_API_KEY",
        "PRELA_COMPILED",
        "PRELA_DATA_DIR",
        "PRELA_DISABLED",
        "PRELA_ENVIRONMENT",
        "PRELA_EXPORTER",
        "PRELA_SAMPLE",
        "PRELA_SERVICE_NAME",
        "PRELA_SPILL_DIR",
        "PRELA_URL",
    }
)
"""Variables of programs that send: `prela_core.init` reads them, so they are no mistakes here."""

env_file_option = click.option(
    "--env-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Read settings from this file.  [default: $PRELA_ENV_FILE or .env, if there is one]",
)
"""Gives the command an `env_file`, or None."""


_OF_AGENTS = "PRELA_AGENTS_"
"""How variables of `prela agents` begin, which may share the file."""


def strays(loaded: Loaded) -> Iterator[str]:
    """Give a sentence for each name in the file that looks like a setting and is none."""
    for found in loaded.strays:
        known = found.name in OF_COMMANDS | OF_PROGRAMS
        if not known and not found.name.startswith(_OF_AGENTS):
            yield f"{found.origin}: nothing here reads {found.name}"
