"""What has arrived since: rows of spans in the order in which they were stored.

`stored_at` is the writer's clock just before the insert. A row is shown only when everything that
was stored before it is visible, so that a cursor leaves nothing behind it.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeVar

import attrs

from prela_core.ask import Condition, resolved
from prela_core.errors import InvalidError, MalformedError
from prela_core.store.asked import span_holds
from prela_core.store.cursors import decode_cursor, encode_cursor, question_digest
from prela_core.store.filters import MAX_LIMIT
from prela_core.store.fragments import MICROS, PROJECT, Query, has_row
from prela_core.store.queries import SHOWN_SPAN
from prela_core.store.results import StoredSpan
from prela_core.store.rows import SPAN_COLUMNS, SPAN_FIELDS, spans_from_rows

__all__ = [
    "Arrivals",
    "ArrivalsRequest",
    "Mark",
    "arrivals",
    "decode_mark",
    "next_mark",
    "settled_everywhere",
]

T = TypeVar("T")
Row = Sequence[Any]
Plan = Generator[Query, list[Row], T]

_MOMENT = "fromUnixTimestamp64Micro({{{0}:Int64}}, 'UTC')"
_BETWEEN = "\x1f"  # which no id holds
_SETTLE = 2_000_000
"""Microseconds by which the clocks of writers and readers may differ, with the way between."""


@attrs.frozen(kw_only=True)
class ArrivalsRequest:
    """Which arrivals are wanted: after `cursor`, or stored at `since` (microseconds) or later.

    With neither, none: the answer says only where the store stands now. `where` is a condition on
    spans, as `prela_core.ask.parse` reads it for `Subject.SPAN`; what it says of other spans of the
    trace is about those that have arrived by then.
    """

    where: Condition | None = None
    cursor: str | None = None
    since: int | None = None
    limit: int = MAX_LIMIT

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be, with `InvalidError`."""
        if not 1 <= self.limit <= MAX_LIMIT:
            raise InvalidError(f"limit must be between 1 and {MAX_LIMIT}, not {self.limit}")
        if self.cursor is not None and self.since is not None:
            raise InvalidError("cursor and since can't be used together")

    def condition(self, now: int) -> Condition | None:
        """Give `where` with moments in the place of times from `now` (microseconds)."""
        return None if self.where is None else resolved(self.where, now)


@attrs.frozen(kw_only=True, slots=False)
class Arrivals:
    """Spans in the order in which they were stored, and where to go on.

    A span comes when it is first stored, and once more when it has ended or was corrected; one
    that is sent again comes again. `next_cursor` is there at all times: asked with it, the store
    gives what came since, and an empty list when nothing did.
    """

    items: list[StoredSpan]
    next_cursor: str


@attrs.frozen(order=True)
class Mark:
    """A place in the order: when a row was stored, and of which span it is."""

    stored_at: int
    trace_id: str = ""
    span_id: str = ""


def arrivals(
    project_id: str, wanted: ArrivalsRequest, settled: int, *, others_write: bool
) -> Plan[Arrivals]:
    """Give what arrived. Every insert of this process that began before `settled` has ended.

    Where `others_write` too, the longest insert that the server is at says how far they may lie
    behind.
    """
    settled = yield from settled_everywhere(settled, others_write=others_write)
    after = decode_mark(project_id, wanted)
    if after is None:
        return Arrivals(items=[], next_cursor=next_mark(project_id, Mark(settled)))
    found = yield _stored_after(
        project_id, wanted.condition(settled), after, settled, wanted.limit + 1
    )
    shown = found[: wanted.limit]
    if len(found) > wanted.limit:
        values = dict(zip(SPAN_FIELDS, shown[-1], strict=False))
        end = Mark(int(shown[-1][-1]), values["trace_id"], values["span_id"])
    else:
        end = max(after, Mark(settled))
    items = spans_from_rows([row[: len(SPAN_FIELDS)] for row in shown])
    return Arrivals(items=items, next_cursor=next_mark(project_id, end))


def settled_everywhere(settled: int, *, others_write: bool) -> Plan[int]:
    """Give a moment before which everything stored is visible, whoever stored it."""
    if others_write:
        ((seconds,),) = yield _longest_insert()
        settled -= int(seconds * 1_000_000) + _SETTLE
    return settled


def decode_mark(project_id: str, wanted: ArrivalsRequest) -> Mark | None:
    """Read after which place arrivals are wanted; None for none."""
    if wanted.cursor is None:
        return None if wanted.since is None else Mark(wanted.since)
    stored_at, ids = decode_cursor(wanted.cursor, _digest(project_id))
    trace_id, between, span_id = ids.partition(_BETWEEN)
    if not between:
        raise MalformedError("the cursor is not one of ours; start without it")
    return Mark(stored_at, trace_id, span_id)


def next_mark(project_id: str, mark: Mark) -> str:
    """Write a place as a cursor."""
    ids = f"{mark.trace_id}{_BETWEEN}{mark.span_id}"
    return encode_cursor(_digest(project_id), mark.stored_at, ids)


def _digest(project_id: str) -> int:
    return question_digest("arrivals", project_id)


def _stored_after(
    project_id: str, where: Condition | None, after: Mark, before: int, limit: int
) -> Query:
    """Give `SPAN_FIELDS` and the place of rows after `after` and stored before `before`."""
    parameters = {
        "project": project_id,
        "after": after.stored_at,
        "after_trace": after.trace_id,
        "after_span": after.span_id,
        "before": before,
        "limit": limit,
    }
    window = [PROJECT, f"stored_at >= {_MOMENT.format('after')}"]
    window.append(f"stored_at < {_MOMENT.format('before')}")
    place = f"({_MOMENT.format('after')}, {{after_trace:String}}, {{after_span:String}})"
    clauses = [*window, f"(stored_at, trace_id, span_id) > {place}"]
    if where is not None:
        held = span_holds(where, [has_row(window)])
        clauses.append(f"({held.sql})")
        parameters |= held.parameters
    order = "stored_at, trace_id, span_id"
    return Query(
        f"SELECT {SHOWN_SPAN}, {MICROS.format('seen.stored_at')} AS place FROM"
        f" (SELECT {', '.join(SPAN_COLUMNS)}, stored_at FROM spans WHERE {' AND '.join(clauses)}"
        f" ORDER BY {order} LIMIT {{limit:UInt64}}) AS seen"
        " ORDER BY seen.stored_at, seen.trace_id, seen.span_id",
        parameters,
    )


def _longest_insert() -> Query:
    return Query("SELECT max(elapsed) FROM system.processes WHERE query_kind = 'Insert'", {})
