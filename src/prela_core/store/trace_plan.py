"""What the store does to read the spans of one trace: all of them, a page, or group by group.

A trace has no largest size. Whoever wants all of it as one value holds all of it; whoever only
passes it on opens it, and holds a group of spans at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import attrs

from prela_core.model import from_micros, to_micros
from prela_core.store import queries
from prela_core.store.cursors import Position, encode_cursor, question_digest
from prela_core.store.filters import Order, PageRequest, TraceFilter
from prela_core.store.plans import Plan, metadata_text, position_of, summary_from_row
from prela_core.store.results import OpenTrace, Page, StoredSpan, TraceDetail, TraceSummary
from prela_core.store.rows import spans_from_columns
from prela_core.store.summary import EMPTY_METADATA, detail, summarise, summarise_empty

__all__ = ["Head", "following", "head", "opened", "spans", "spans_after", "trace"]

_AT_ONCE = 25_000
"""Spans that are read by one query where the caller holds all of them anyway."""

_FIRST_GROUP = 250
_LARGEST_GROUP = 10_000
_GROWTH = 4
_GROUP_BYTES = 8 * 1024 * 1024
"""About how much text a group of an opened trace has, unless a single span has more."""


@attrs.frozen(eq=False)
class Head:
    """A trace's row, its first spans, and whether there are more."""

    summary: TraceSummary
    spans: list[StoredSpan]
    more: bool


def trace(project_id: str, trace_id: str, *, bodies: bool = True) -> Plan[TraceDetail | None]:
    """Give one trace with its spans; None when there is neither a span nor an announcement.

    Without `bodies`, spans lack what `Reader.outline` says.
    """
    found: list[StoredSpan] = []
    while True:
        after = _end(found) if found else None
        rows = yield from spans_after(project_id, trace_id, after, _AT_ONCE, bodies=bodies)
        found += rows
        if len(rows) < _AT_ONCE:
            break
    summary = yield from _summary(project_id, trace_id, found)
    return None if summary is None else detail(summary, found)


def head(project_id: str, trace_id: str) -> Plan[Head | None]:
    """Give the beginning of a trace, with its row as a whole; None when there is no such trace."""
    found = yield from spans_after(project_id, trace_id, None, _FIRST_GROUP + 1)
    if len(found) <= _FIRST_GROUP:
        summary = yield from _summary(project_id, trace_id, found)
        return None if summary is None else Head(summary, found, more=False)
    (row,) = yield queries.rows(
        project_id,
        TraceFilter(),
        Order.NEWEST,
        ids=[trace_id],
        lo=None,
        hi=None,
        after=None,
        limit=1,
    )
    said = yield queries.metadata_of(project_id, [trace_id])
    whole = summary_from_row(row, said[0][1] if said else None)
    return Head(whole, found[:_FIRST_GROUP], more=True)


def spans_after(
    project_id: str, trace_id: str, after: Position | None, limit: int, *, bodies: bool = True
) -> Plan[list[StoredSpan]]:
    """Give at most `limit` spans of a trace, by start and id, that stand behind `after`."""
    columns = yield queries.spans_of(
        project_id, trace_id, after=after, offset=0, limit=limit, bodies=bodies
    )
    return spans_from_columns(columns)


def opened(first: Head, read: Callable[[Position, int], list[StoredSpan]]) -> OpenTrace:
    """Open a trace, whose spans behind a position `read` gives, up to a number of them."""
    return OpenTrace(summary=first.summary, groups=following(first, read))


def following(
    first: Head, read: Callable[[Position, int], list[StoredSpan]]
) -> Iterator[Sequence[StoredSpan]]:
    """Give the spans of a trace in groups, each read when it is asked for.

    Groups grow, as far as the spans are small: their number costs time, their size memory.
    """
    group, more = first.spans, first.more
    while group:
        yield group
        if not more:
            return
        size = _next_size(group)
        group = read(_end(group), size)
        more = len(group) == size


def _next_size(group: Sequence[StoredSpan]) -> int:
    held = sum(
        len(bytes(span.attributes)) + len(span.input or "") + len(span.output or "")
        for span in group
    )
    fitting = _GROUP_BYTES * len(group) // max(held, 1)
    return max(1, min(fitting, _GROWTH * len(group), _LARGEST_GROUP))


def spans(project_id: str, trace_id: str, page: PageRequest) -> Plan[Page[StoredSpan] | None]:
    """List the spans of one trace; None when there is no such trace."""
    digest = question_digest("spans", project_id, trace_id)
    after = position_of(page, digest)
    columns = yield queries.spans_of(
        project_id, trace_id, after=after, offset=page.offset, limit=page.limit + 1
    )
    found = spans_from_columns(columns)
    if not found and (yield from head(project_id, trace_id)) is None:
        return None
    shown = found[: page.limit]
    return Page(
        items=shown,
        next_cursor=encode_cursor(digest, *_end(shown)) if len(found) > page.limit else None,
    )


def _end(spans: Sequence[StoredSpan]) -> Position:
    return to_micros(spans[-1].started_at), spans[-1].span_id


def _summary(
    project_id: str, trace_id: str, found: Sequence[StoredSpan]
) -> Plan[TraceSummary | None]:
    """Compute the row of a trace all of whose spans are `found`; None when nothing is known."""
    announced = yield queries.announced(project_id, trace_id)
    if not announced:
        return summarise(found, EMPTY_METADATA) if found else None
    service_name, started_at, metadata = announced[0]
    if found:
        return summarise(found, metadata_text(metadata))
    return summarise_empty(trace_id, service_name, from_micros(started_at), metadata_text(metadata))
