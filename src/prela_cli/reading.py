"""The options that say where traces are read from, alike for every command that reads some."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from prela_cli import source
from prela_cli.data_dir import data_dir_option
from prela_cli.server_options import server_options

__all__ = ["page_options", "source_options"]


def source_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--data-dir`, `--url` and `--api-key`; `command` gets a `Reader`, named `reader`."""

    @data_dir_option
    @server_options
    @wraps(command)
    def with_reader(*, data_dir: Path, url: str | None, api_key: str | None, **rest: Any) -> None:
        with source.open_source(data_dir, url, api_key) as reader:
            command(reader=reader, **rest)

    return with_reader


def page_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--limit`, `--cursor` and `--json`, under those names."""
    options = (
        click.option(
            "--limit",
            type=int,
            default=20,
            show_default=True,
            metavar="NUMBER",
            help="At most so many, 1 to 1000.",
        ),
        click.option("--cursor", metavar="CURSOR", help="Go on where an earlier answer ended."),
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON document, as the API answers."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command
