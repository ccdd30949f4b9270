"""The options that say where traces are read from, alike for every command that reads some."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from prela_cli import source
from prela_cli.data_dir import data_dir_option
from prela_cli.output import JsonForm
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
    """Add `--limit`, `--cursor`, `--json` and `--jsonl`, the last two under the name `as_json`."""

    @wraps(command)
    def with_form(*, as_json: bool, as_lines: bool, **rest: Any) -> None:
        if as_json and as_lines:
            raise click.UsageError("give --json or --jsonl, not both")
        form = JsonForm.LINES if as_lines else JsonForm.DOCUMENT if as_json else None
        command(as_json=form, **rest)

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
        click.option("--jsonl", "as_lines", is_flag=True, help="Print each row as a line of JSON."),
    )
    for option in reversed(options):
        with_form = option(with_form)
    return with_form
