"""QUERY on the command line: words of the query language, and where a mistake in them is."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from click.shell_completion import CompletionItem

from prela_core.ask import FIELDS, And, Condition, Subject, parse

__all__ = ["both", "query_argument", "query_option", "query_words"]

_OTHER_WORDS = {
    "since:": "started since then: 30m, 2h, 2026-01-15",
    "until:": "started before then",
    "any(": "one span that meets all of it",
    "all(": "every span meets it",
    "not": "the opposite",
}


def query_words(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument QUERY; `command` gets its words, named `query`."""
    argument = click.argument("query", nargs=-1, metavar="[QUERY]...", shell_complete=_complete)
    return argument(command)


def query_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add QUERY as the option `--query`, for commands with another argument; else the same.

    `command` gets it as a condition of traces or None, named `asked`.
    """

    @click.option(
        "--query",
        metavar="QUERY",
        default="",
        shell_complete=_complete,
        help="Only traces that this describes: 'status:error cost>0.05'.",
    )
    @wraps(command)
    def with_condition(*, query: str, **rest: Any) -> None:
        command(asked=parse(query, Subject.TRACE), **rest)

    return with_condition


def query_argument(about: Subject) -> Callable[..., Callable[..., None]]:
    """Add the argument QUERY; `command` gets it as a condition or None, named `asked`."""

    def with_argument(command: Callable[..., None]) -> Callable[..., None]:
        @query_words
        @wraps(command)
        def with_condition(*, query: tuple[str, ...], **rest: Any) -> None:
            command(asked=parse(" ".join(query), about), **rest)

        return with_condition

    return with_argument


def both(first: Condition | None, second: Condition | None) -> Condition | None:
    """Join two conditions, of which either may be missing."""
    if first is None or second is None:
        return second if first is None else first
    return And((first, second))


def _complete(
    ctx: click.Context,  # noqa: ARG001 - as click asks
    param: click.Parameter,  # noqa: ARG001 - likewise
    incomplete: str,
) -> list[CompletionItem[str]]:
    start = incomplete.rpartition(" ")[0]
    word = incomplete[len(start) :].lstrip(" (")
    before = incomplete[: len(incomplete) - len(word)]
    known = {
        f"{field.name}{'.' if field.name in ('attr', 'score') else ':'}": field.meaning
        for field in FIELDS.values()
    }
    return [
        CompletionItem(before + name, help=meaning)
        for name, meaning in (known | _OTHER_WORDS).items()
        if name.startswith(word.lower())
    ]
