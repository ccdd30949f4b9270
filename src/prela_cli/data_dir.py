"""The option that names the data directory, alike for every command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

__all__ = ["data_dir_option", "given_data_dir_option", "named_data_dir"]


def _default(ctx: click.Context, param: click.Parameter, path: Path | None) -> Path:
    from prela_core.io.data_directory import default_data_directory

    chosen = path or _from_env_file() or default_data_directory()
    if chosen.exists() and not chosen.is_dir():
        raise click.BadParameter(f"{chosen} is a file", ctx, param)
    return chosen


def named_data_dir(ctx: click.Context) -> str | None:
    """Say what named a data directory for this command; None where it is the default one."""
    import os

    if ctx.get_parameter_source("data_dir") is click.core.ParameterSource.COMMANDLINE:
        return "--data-dir"
    if os.environ.get("PRELA_DATA_DIR"):
        return "PRELA_DATA_DIR"
    return None if _from_env_file() is None else "PRELA_ENV_FILE or .env"


def _from_env_file() -> Path | None:
    """Give what `.env` says, so that commands look where `prela serve` writes."""
    import os

    if (
        os.environ.get("PRELA_DATA_DIR")
        or not Path(os.environ.get("PRELA_ENV_FILE") or ".env").is_file()
    ):
        return None
    with suppress(ModuleNotFoundError):  # without the server's parts, there is no server either
        from prela_server.settings import load_one

        found: Path | None = load_one("data_dir")
        return found
    return None


class _Directory(click.Path):
    """A path; an empty text is no path, though `pathlib` takes it for the current directory."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return super().convert(value, param, ctx) if value != "" else None


def _option(
    callback: Callable[..., Path] | None,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option(
        "--data-dir",
        type=_Directory(file_okay=False, path_type=Path),
        callback=callback,
        help="Where traces are kept.  [default: $PRELA_DATA_DIR or ~/.prela]",
    )


data_dir_option = _option(_default)
"""Gives the command a `data_dir`, which is never None."""

given_data_dir_option = _option(None)
"""Gives a `data_dir` only when it is on the command line; settings say what it is otherwise."""
