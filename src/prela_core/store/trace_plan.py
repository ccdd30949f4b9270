"""What the store does to read the spans of one trace: all of them, a page, or group by group.

A trace has no largest size. Whoever wants all of it as one value holds all of it; whoever only
passes it on opens it, and holds a group of spans at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

import attrs

from prela_core.model import from_micros, to_micros
from prela_core.store import queries, trace_queries
from prela_core.store.cursors import Position, encode_cursor, question_digest
from prela_core.store.filters import PageRequest
from prela_core.store.plans import Plan, metadata_text, position_of, summary_from_row
from prela_core.store.results import OpenTrace, Page, StoredSpan, TraceDetail, TraceSummary
from prela_core.store.rows import SPAN_FIELDS, spans_from_columns
from prela_core.store.summary import EMPTY_METADATA, detail, summarise, summarise_empty
from prela_core.store.trace_queries import GROUP_FIELDS

__all__ = [
    "Group",
    "Head",
    "following",
    "group_after",
    "head",
    "opened",
    "spans",
    "spans_after",
    "trace",
]

_AT_ONCE = 25_000
"""Spans that are read by one query where the caller holds all of them anyway."""
_OUTLINED_AT_ONCE = 250_000
"""Spans without most of their text: a tenth of it."""

_FIRST_GROUP = 250
_LARGEST_GROUP = 10_000
_GROWTH = 4
_GROUP_BYTES = 8 * 1024 * 1024
"""About how much text a group of an opened trace has, unless a single span has more."""


@attrs.frozen(eq=False)
class Group:
    """Spans that follow each other in a trace, and up to where; None where nothing follows."""

    spans: list[StoredSpan]
    end: Position | None


@attrs.frozen(eq=False)
class Head:
    """A trace's row, its first spans, and the hours (seconds since 1970) its rows start in."""

    summary: TraceSummary
    first: Group
    hours: Sequence[int]


def trace(project_id: str, trace_id: str, *, bodies: bool = True) -> Plan[TraceDetail | None]:
    """Give one trace with its spans; None when there is neither a span nor an announcement.

    Without `bodies`, spans lack what `Reader.outline` says.
    """
    found: list[StoredSpan] = []
    at_once = _AT_ONCE if bodies else _OUTLINED_AT_ONCE
    while True:
        after = _end(found) if found else None
        rows = yield from spans_after(project_id, trace_id, after, at_once, bodies=bodies)
        found += rows
        if len(rows) < at_once:
            break
    summary = yield from _summary(project_id, trace_id, found)
    return None if summary is None else detail(summary, found)


def head(project_id: str, trace_id: str) -> Plan[Head | None]:
    """Give the beginning of a trace, with its row as a whole; None when there is no such trace."""
    ((rows, hours),) = yield trace_queries.extent_of(project_id, trace_id)
    if rows <= _FIRST_GROUP:
        columns = (yield trace_queries.all_of(project_id, trace_id, hours)) if rows else []
        found = spans_from_columns(columns)
        summary = yield from _summary(project_id, trace_id, found)
        return None if summary is None else Head(summary, Group(found, None), hours)
    first = yield from group_after(project_id, trace_id, hours, None, _FIRST_GROUP)
    computed = yield trace_queries.row_of(project_id, trace_id, hours)
    if not computed:  # deleted since
        return None
    said = yield queries.metadata_of(project_id, [trace_id])
    return Head(summary_from_row(computed[0], said[0][1] if said else None), first, hours)


def group_after(
    project_id: str, trace_id: str, hours: Sequence[int], after: Position | None, limit: int
) -> Plan[Group]:
    """Give the spans, at most `limit`, that follow `after` in a trace of whatever size."""
    columns = yield trace_queries.group_of(project_id, trace_id, hours, after=after, limit=limit)
    if not columns or not columns[0]:
        return Group([], None)
    named = dict(zip(GROUP_FIELDS, columns, strict=True))
    places = list(zip(named["started_at"], named["span_id"], strict=True))
    begin = 0 if after is None else bisect_right(places, after)
    more = named["looked_at"][0] == limit
    end = (named["end_micros"][0], named["end_id"][0]) if more else None
    stop = len(places) if end is None else bisect_right(places, end)
    found = [column[begin:stop] for column in columns[: len(SPAN_FIELDS)]]
    return Group(spans_from_columns(found), end)


def spans_after(
    project_id: str, trace_id: str, after: Position | None, limit: int, *, bodies: bool = True
) -> Plan[list[StoredSpan]]:
    """Give at most `limit` spans of a trace, by start and id, that stand behind `after`."""
    columns = yield queries.spans_of(
        project_id, trace_id, after=after, offset=0, limit=limit, bodies=bodies
    )
    return spans_from_columns(columns, bodies=bodies)


def opened(head: Head, read: Callable[[Position, int], Group]) -> OpenTrace:
    """Open a trace, of which `read` gives a group behind a position, of at most so many spans."""
    return OpenTrace(summary=head.summary, groups=following(head.first, read))


def following(
    first: Group, read: Callable[[Position, int], Group]
) -> Iterator[Sequence[StoredSpan]]:
    """Give the spans of a trace in groups, each read when it is asked for.

    Groups grow, as far as the spans are small: their number costs time, their size memory.
    """
    group, size = first, _FIRST_GROUP
    while True:
        spans, end = group.spans, group.end
        del group
        if spans:
            size = _next_size(spans)
            yield spans
        del spans  # nobody holds a group while the next is read
        if end is None:
            return
        group = read(end, size)


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
    if page.offset:
        columns = yield queries.spans_of(
            project_id, trace_id, after=after, offset=page.offset, limit=page.limit + 1
        )
        found = spans_from_columns(columns)
    else:
        found = yield from _next_spans(project_id, trace_id, after, page.limit + 1)
    if not found and (yield from head(project_id, trace_id)) is None:
        return None
    shown = found[: page.limit]
    return Page(
        items=shown,
        next_cursor=encode_cursor(digest, *_end(shown)) if len(found) > page.limit else None,
    )


def _next_spans(
    project_id: str, trace_id: str, after: Position | None, count: int
) -> Plan[list[StoredSpan]]:
    """Give `count` spans that follow `after`, or all that do."""
    ((rows, hours),) = yield trace_queries.extent_of(project_id, trace_id)
    if rows <= _FIRST_GROUP:
        columns = (yield trace_queries.all_of(project_id, trace_id, hours)) if rows else []
        found = spans_from_columns(columns)
        return [span for span in found if after is None or _end([span]) > after][:count]
    found = []
    while len(found) < count:
        group = yield from group_after(project_id, trace_id, hours, after, count)
        found += group.spans
        if group.end is None:
            break
        after = group.end
    return found[:count]


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
