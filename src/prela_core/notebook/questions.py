"""From what is written in a notebook to what a store is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

import attrs

from prela_core.ask import Condition, Subject, parse
from prela_core.errors import InvalidError
from prela_core.notebook.moments import micros_ago, micros_of
from prela_core.store import MAX_LIMIT, Page, PageRequest, TraceFilter

__all__ = ["Length", "Moment", "collect", "condition", "id_of", "trace_filter", "window"]

T = TypeVar("T")

Length = timedelta | str
Moment = datetime | str

_OWN = frozenset({"attributes", "start_time", "end_time", "where"})


def window(
    since: Length | None, start: Moment | None, end: Moment | None, now: datetime
) -> tuple[int | None, int | None]:
    """Give the moments that are meant, in microseconds: the first, and the end, not included."""
    if since is not None and start is not None:
        raise InvalidError("since and start both say when to begin; give one of them")
    first = None if start is None else micros_of(start)
    if since is not None:
        first = micros_ago(since, now)
    return first, None if end is None else micros_of(end)


def condition(query: object, about: Subject) -> Condition | None:
    """Read a query; `InvalidError` for what is none."""
    if not isinstance(query, str):
        raise InvalidError(f"a query is a text such as 'status:error', not {query!r}")
    return parse(query, about)


def trace_filter(
    query: str,
    times: tuple[int | None, int | None],
    attributes: Mapping[str, str] | None,
    conditions: Mapping[str, Any],
) -> TraceFilter:
    """Put a filter together; `InvalidError` for a condition that there is not."""
    known = [each.name for each in attrs.fields(TraceFilter) if each.name not in _OWN]
    wrong = [name for name in conditions if name not in known]
    if wrong:
        raise InvalidError(
            f"there is no condition {', '.join(wrong)}; there are {', '.join(known)}"
        )
    return TraceFilter(
        **conditions,
        where=condition(query, Subject.TRACE),
        start_time=times[0],
        end_time=times[1],
        attributes=_pairs(attributes),
    )


def id_of(thing: object, what: str) -> str:
    """Give the id that is meant by itself or by what has it; `InvalidError` for none."""
    found = thing if isinstance(thing, str) else getattr(thing, f"{what}_id", None)
    if not isinstance(found, str):
        raise InvalidError(f"a {what} is meant by its id, or by what was found of it: {thing!r}")
    if not found.strip():
        raise InvalidError(f"the id of a {what} is empty")
    return found


def _pairs(attributes: object) -> tuple[tuple[str, str], ...]:
    if attributes is None:
        return ()
    if not isinstance(attributes, Mapping):
        raise InvalidError(f"attributes are keys with their values, not {attributes!r}")
    return tuple(attributes.items())


def collect(
    ask: Callable[[PageRequest], Page[T] | None], limit: int | None
) -> tuple[list[T], bool] | None:
    """Ask for pages until there are `limit` rows or no more; also say whether there are more.

    None where the first page is none.
    """
    _check(limit)
    found: list[T] = []
    cursor: str | None = None
    while True:
        wanted = MAX_LIMIT if limit is None else min(limit - len(found), MAX_LIMIT)
        page = ask(PageRequest(limit=wanted, cursor=cursor))
        if page is None:
            return None
        found += page.items
        cursor = page.next_cursor
        if cursor is None or len(found) == limit:
            return found, cursor is not None


def _check(limit: object) -> None:
    if limit is not None and not (isinstance(limit, int) and limit > 0):
        raise InvalidError(f"limit must be at least 1, or None for all, not {limit!r}")
