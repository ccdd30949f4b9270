"""What is told of spans that were stored, and of those that were refused."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from prela_cli.render.plain import clean
from prela_core.errors import UnavailableError
from prela_core.wire.documents import Refusal

__all__ = ["spans_said", "stopped", "tell_refused"]

_SHOWN = 20


def spans_said(count: int) -> str:
    """Write a number of spans."""
    return "1 span" if count == 1 else f"{count:,} spans"


def tell_refused(refused: Sequence[Refusal]) -> None:
    """Say on standard error what was refused and why; of many, the first twenty."""
    encoding = sys.stderr.encoding or "utf-8"
    for each in refused[:_SHOWN]:
        click.echo(clean(f"refused  {each.place}: {each.reason}", encoding), err=True)
    if len(refused) > _SHOWN:
        click.echo(f"refused  {len(refused) - _SHOWN:,} more", err=True)


def stopped(error: UnavailableError, count: int, done: str) -> UnavailableError:
    """Add to what ended the work early how far it got: so many spans are `done`, as stored."""
    so_far = f"{spans_said(count)} {done} so far; run it again, what is {done} stays as it is"
    return UnavailableError(f"{error} ({so_far})", error.retry_after)
