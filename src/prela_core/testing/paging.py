"""Answers cut into pages, as a store in memory does it: all of it is ordered, then cut."""

from __future__ import annotations

from typing import TypeVar

from prela_core.store import Page, PageRequest
from prela_core.store.cursors import decode_cursor, encode_cursor

__all__ = ["paged"]

T = TypeVar("T")


def paged(
    found: list[tuple[int, str, T]],
    digest: int,
    page: PageRequest,
    *,
    descending: bool,
    asked_at: int | None = None,
) -> Page[T]:
    """Order by value and id, and give the wanted part."""
    found.sort(key=lambda each: each[:2], reverse=descending)
    if page.cursor is not None:
        after = decode_cursor(page.cursor, digest)
        found = [each for each in found if (each[:2] < after if descending else each[:2] > after)]
    found = found[page.offset :]
    shown = found[: page.limit]
    return Page(
        items=[item for _, _, item in shown],
        next_cursor=encode_cursor(digest, *shown[-1][:2], asked_at)
        if len(found) > page.limit
        else None,
    )
