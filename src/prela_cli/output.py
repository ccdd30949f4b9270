"""To standard output: pictures for people, JSON for programs."""

from __future__ import annotations

import enum
import itertools
import os
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

import click
import msgspec
from rich.console import Console, RenderableType
from rich.segment import Segments

from prela_cli.paging import is_paged, page
from prela_cli.render.plain import clean
from prela_core.store import Page

__all__ = [
    "JsonForm",
    "show",
    "show_fault",
    "show_json",
    "show_line",
    "show_more",
    "show_page",
    "show_text",
]


class JsonForm(enum.Enum):
    """How a page is printed for programs."""

    DOCUMENT = "json"
    LINES = "jsonl"


_WIDTH_OF_FILES = 160
"""Columns where output is no terminal: wide enough for whole ids."""

_NARROWEST = 20
"""Columns below which nothing can be read; COLUMNS that says less, such as 0, is passed over."""

_DRAWN_AT_ONCE = 250
"""Segments: a screen or two."""

_UNPRINTED = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""JSON escapes C0 controls; these others can act on a terminal as well."""


def show(picture: RenderableType) -> None:
    """Print a picture, fitted to the terminal; colours and a pager only where there is one."""
    console = _console()
    parts = _parts(console, picture)
    if is_paged():
        page((_text(console, part) for part in parts), console.height)
        return
    for part in parts:
        console.print(part, crop=False, end="")


def show_line(text: str) -> None:
    """Print one line of plain text."""
    console = _console()
    console.print(
        clean(text, console.encoding), markup=False, highlight=False, emoji=False, soft_wrap=True
    )


def show_fault(text: str) -> None:
    """Print one line of plain text to standard error, after our name."""
    click.echo(f"prela: {clean(text, sys.stderr.encoding or 'utf-8')}", err=True)


def show_text(text: str) -> None:
    """Print a document: as it is to a file or a pipe, cleaned to a terminal."""
    if sys.stdout.isatty():
        text = "\n".join(clean(line, sys.stdout.encoding) for line in text.split("\n"))
    click.echo(text)


def show_more(page: Page[Any]) -> None:
    """Say how to go on where `page` ended, if there is more."""
    if page.next_cursor:
        show_line(f"There are more: add --cursor {page.next_cursor}")


def show_json(value: Any, *, indented: bool | None = None) -> None:
    """Print `value` as one JSON document: indented on a terminal, on one line elsewhere."""
    document = msgspec.json.encode(value)
    if indented is None:
        indented = sys.stdout.isatty()
    if indented:
        document = msgspec.json.format(document, indent=2)
    text = _UNPRINTED.sub(_escape, document.decode())
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = re.sub(r"[^\x00-\x7f]", _escape, text)
    if indented and is_paged():
        page(iter([f"{text}\n"]), shutil.get_terminal_size().lines)
    else:
        click.echo(text)


def show_page(page: Page[Any], form: JsonForm) -> None:
    """Print a page as JSON; of lines, how to go on is said beside them, to standard error."""
    if form is JsonForm.DOCUMENT:
        show_json(page)
        return
    for item in page.items:
        show_json(item, indented=False)
    if page.next_cursor:
        show_fault(f"there are more: add --cursor {page.next_cursor}")


def _parts(console: Console, picture: RenderableType) -> Iterator[Segments]:
    """Yield a picture some lines at a time: its beginning is seen while the rest is drawn."""
    drawn = iter(console.render(picture))
    while part := list(itertools.islice(drawn, _DRAWN_AT_ONCE)):
        yield Segments(part)


def _text(console: Console, part: Segments) -> str:
    with console.capture() as captured:
        console.print(part, crop=False, end="")
    return captured.get()


def _console() -> Console:
    environ = dict(os.environ)
    columns = environ.get("COLUMNS", "")
    if not (columns.isascii() and columns.isdigit() and int(columns) >= _NARROWEST):
        environ.pop("COLUMNS", None)
    console = Console(highlight=False, _environ=environ)
    if not console.is_terminal and "COLUMNS" not in environ:
        console.width = _WIDTH_OF_FILES
    return console


def _escape(match: re.Match[str]) -> str:
    """Write a character as JSON's own escape: outside ASCII, none stands outside a string."""
    units = match.group().encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
