"""Options that every command of the agents has: where their settings are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from prela_agents.run.settings import Settings
    from prela_agents.state import Database

__all__ = ["opened_state", "settings_options"]


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command `settings`, read from --config, --dir, --env-file and the environment."""

    @click.option(
        "--config",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Who you are and whom to watch.  [default: $PRELA_AGENTS_CONFIG, or "
        "prela-agents.toml if it is there]",
    )
    @click.option(
        "--dir",
        "directory",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where agents remember.  [default: $PRELA_AGENTS_DIR, or agents below "
        "$PRELA_DATA_DIR or ~/.prela]",
    )
    @click.option(
        "--env-file",
        type=click.Path(dir_okay=False, exists=True, path_type=Path),
        is_eager=True,  # variables in it stand for other options
        callback=_read,
        help="Read keys and settings from this file as well; the environment goes before it.",
    )
    @wraps(command)
    def with_settings(
        *,
        config: Path | None,
        directory: Path | None,
        env_file: Mapping[str, str],
        **options: Any,
    ) -> Any:
        settings = _settings(config, directory, env_file, options.get("model"))
        return command(settings=settings, **options)

    return with_settings


def _settings(
    config: Path | None, directory: Path | None, from_file: Mapping[str, str], model: str | None
) -> Settings:
    from prela_agents.run.reading import read_settings

    environ = {**from_file, **os.environ}
    return read_settings(environ, config=config, directory=directory, model=model)


def _read(context: click.Context, option: click.Parameter, path: Path | None) -> Mapping[str, str]:
    """Read a file of variables; ours are as if they were set, for whatever reads the environment.

    Keys of platforms stay here, as editors and pagers that we start have no use for them.
    """
    del context, option
    if path is None:
        return {}
    from dotenv import dotenv_values

    found = {name: value for name, value in dotenv_values(path).items() if value}
    for name, value in found.items():
        if name.startswith("PRELA_"):
            os.environ.setdefault(name, value)
    return found


@contextmanager
def opened_state(settings: Settings) -> Iterator[Database]:
    """Open what the agents remember."""
    from prela_agents.run.workshop import state_path
    from prela_agents.state import Database

    with Database(state_path(settings)) as db:
        yield db
