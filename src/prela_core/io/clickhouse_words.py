"""Keeping searches fast: what is stored is indexed, and the index's words are copied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prela_core.store import queries, vocabulary
from prela_core.store.fragments import Query

__all__ = ["forget_words", "said_of_index", "tend_words"]

Ask = Callable[[Query], list[Sequence[Any]]]
Command = Callable[[Query], None]


def tend_words(ask: Ask, command: Command, *, from_rows: int) -> None:
    """Do what is to be done now, by many processes at once if need be.

    Parts that no merge has indexed for a while are indexed, the words of larger parts are copied,
    and copies of parts that are gone (merged, deleted from, or too old) are forgotten. Below
    `from_rows` stored rows a search reads them all, and nothing is copied.
    """
    forget_words(ask, command)
    ((is_indexed, has_vocabulary),) = ask(vocabulary.is_there())
    ((is_large,),) = ask(queries.has_rows(from_rows))
    if not is_indexed or not has_vocabulary or not is_large:
        return
    whole = ask(vocabulary.copied())
    for (partition_id,) in ask(vocabulary.quiet(whole)):
        command(vocabulary.materializes(partition_id))
    for name, part in ask(vocabulary.worth_copying(whole)):
        command(vocabulary.copies(name, part))
        command(vocabulary.marks(name, part))


def forget_words(ask: Ask, command: Command) -> None:
    """Forget the words of parts that are gone, as after a deletion."""
    ((_, has_vocabulary),) = ask(vocabulary.is_there())
    if has_vocabulary:
        for (part,) in ask(vocabulary.abandoned()):
            command(vocabulary.drops(part))


def said_of_index(found: tuple[int, int] | None) -> str:
    """Say in words how far searches are fast, from `ClickHouseStore.indexed_rows`."""
    if found is None:
        return (
            "has no text index, so searches read every span: a worker makes one at its start,"
            " on ClickHouse 26.3 or later"
        )
    indexed, rows = found
    if not rows:
        return ""
    return f"of {rows:,} stored rows, {indexed:,} are indexed for search, the others will be"
