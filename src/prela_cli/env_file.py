"""The option that names a file of settings, alike for every command that reads them."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["env_file_option"]

env_file_option = click.option(
    "--env-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Read settings from this file.  [default: $PRELA_ENV_FILE or .env, if there is one]",
)
"""Gives the command an `env_file`, or None."""
