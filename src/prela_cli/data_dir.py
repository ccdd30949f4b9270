"""The option that names the data directory, alike for every command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

__all__ = ["data_dir_option"]


def _default(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path:
    from prela_core.io.data_directory import default_data_directory

    chosen = path or default_data_directory()
    if chosen.exists() and not chosen.is_dir():
        raise click.BadParameter(f"{chosen} is a file", ctx, param)
    return chosen


class _Directory(click.Path):
    """A path; an empty text is no path, though `pathlib` takes it for the current directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx) if value != "" else None


data_dir_option = click.option(
    "--data-dir",
    type=_Directory(file_okay=False, path_type=Path),
    callback=_default,
    help="Where traces are kept.  [default: $PRELA_DATA_DIR or ~/.prela]",
)
"""Gives the command a `data_dir`, which is never None."""
