"""The option that says in which order something is listed."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import click

from prela_core.errors import InvalidError
from prela_core.store.names import named, short_names

__all__ = ["order_option"]


def order_option(kind: type[StrEnum]) -> Callable[..., Callable[..., None]]:
    """Add `--order`; `command` gets a member of `kind`, named `order`, the newest if not said."""
    words = list(short_names(kind))

    def chosen(ctx: click.Context, param: click.Parameter, word: str) -> Any:
        try:
            return named(kind, word)
        except InvalidError as error:
            raise click.BadParameter(str(error), ctx, param) from error

    return click.option(
        "--order",
        default="newest",
        show_default=True,
        metavar="ORDER",
        callback=chosen,
        shell_complete=lambda _, __, word: [one for one in words if one.startswith(word)],
        help=f"{', '.join(words[:-1])} or {words[-1]}.",
    )
