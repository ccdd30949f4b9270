"""Long output on a terminal goes through a pager, as it does in git: `PAGER`, or else `less`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator

import click

__all__ = ["NO_PAGER", "is_paged", "page"]

NO_PAGER = "prela.no_pager"
"""Where in click's `meta` stands that nothing is to be paged."""

_DUMB = frozenset({"dumb", "emacs"})

_LESS = "-FRX"
"""As git calls it: end where all fits, keep colours, leave on the screen what was shown."""


def is_paged() -> bool:
    """Say whether somebody reads at a terminal, and has a pager that was not turned off.

    `PAGER` set to nothing or to `cat` turns it off, and so does `prela --no-pager`.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(NO_PAGER):
        return False
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") in _DUMB:
        return False
    command = _command()
    return bool(command) and command != ["cat"] and shutil.which(command[0]) is not None


def page(texts: Iterator[str], height: int) -> None:
    """Write `texts`, one after the other, as they are where they fit `height` lines of a terminal.

    Else they go through the pager, which shows the first while the others are made.
    """
    beginning = ""
    for text in texts:
        beginning += text
        if beginning.count("\n") >= height:
            break
    else:
        click.echo(beginning, nl=False, color=True)
        return
    os.environ.setdefault("LESS", _LESS)
    click.echo_via_pager(_without_last_end(beginning, texts))


def _without_last_end(text: str, others: Iterator[str]) -> Iterator[str]:
    """Leave out the end of the last line, for click adds one of its own."""
    for other in others:
        yield text
        text = other
    yield text.removesuffix("\n")


def _command() -> list[str]:
    try:
        return shlex.split(os.environ.get("PAGER", "less"))
    except ValueError:  # a quote that is not closed
        return []
