"""What the store does to answer each question of its port, without saying on what.

A plan is a generator: it yields queries, is sent their rows, and returns the answer. So the
same plan runs on any connection, and a test can follow it step by step.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

import attrs
from msgspec import Raw

from prela_core.ask import Subject, is_relative
from prela_core.model import from_micros
from prela_core.store import queries
from prela_core.store.cursors import (
    Position,
    decode_cursor,
    encode_cursor,
    first_asked,
    question_digest,
)
from prela_core.store.filters import Order, PageRequest, SpanFilter, TraceFilter
from prela_core.store.fragments import Query
from prela_core.store.located import Located, TooManyRowsError, read_proposed
from prela_core.store.pages import Walk, ask, newest_first, walk_newest
from prela_core.store.queries import ROW_FIELDS
from prela_core.store.results import Page, TraceSummary
from prela_core.store.rows_together import MOST_ROWS, put_together, span_rows
from prela_core.store.sought import Sought, seek
from prela_core.store.summary import EMPTY_METADATA

__all__ = [
    "LookBack",
    "Plan",
    "look_from",
    "look_with",
    "metadata_text",
    "position_of",
    "summary_from_row",
    "traces",
]

T = TypeVar("T")
Row = Sequence[Any]
Plan = Generator[Query, list[Row], T]

_HOUR = 3_600_000_000
_FEW_HOURS, _FEW_HOURS_OF_MANY = 8 * _HOUR, 2 * _HOUR
"""So long before now (microseconds) on, all rows may be read to find traces."""
_MANY = 20_000_000
"""With so many stored rows eight hours may be too many to read."""
_SPARE = 20
_SPARE_AT_LEAST = 4


@attrs.frozen
class LookBack:
    """How the newest are looked for: in widening windows back from `now` (microseconds).

    Below `from_rows` stored rows there are none: a look at all of them takes about as long as
    any query does at least.
    """

    now: int
    from_rows: int = 50_000


def traces(
    project_id: str, where: TraceFilter, order: Order, page: PageRequest, look_back: LookBack
) -> Plan[Page[TraceSummary]]:
    """List traces. `look_back` changes how fast the newest are found, never which."""
    digest = question_digest("traces", project_id, where, order)
    after = position_of(page, digest)
    asked_at = first_asked(page.cursor, look_back.now) if is_relative(where.where) else None
    where = where.at(look_back.now if asked_at is None else asked_at)
    hi = None if where.end_time is None else where.end_time - 1
    limit = page.offset + page.limit + 1
    if order is Order.NEWEST and after is not None:
        hi = after[0] if hi is None else min(hi, after[0])

    announced = queries.metadata_of(project_id, [])

    def compute(proposed: Sequence[Row] | None, lo: int | None) -> Walk:
        nonlocal announced

        def reading(known: Located | None) -> Query:
            most = max(limit, len(proposed or ()))
            return queries.rows(
                project_id, where, order, known=known, lo=lo, hi=hi, after=after, limit=most
            )

        if proposed is None:
            return (yield reading(None))
        announced = queries.metadata_of(project_id, [row[0] for row in proposed])
        if where.where is None and sum(row[4] for row in proposed) <= MOST_ROWS:
            with suppress(TooManyRowsError):
                rows = yield from read_proposed(
                    project_id,
                    proposed,
                    lambda known: span_rows(project_id, where, known),
                    meanwhile=(announced,),
                    most=MOST_ROWS,
                )
                made = put_together(rows, where, lo=lo, hi=hi, after=after)
                return newest_first(made, _last_column)
        found = yield from read_proposed(project_id, proposed, reading, meanwhile=(announced,))
        return newest_first(found, _last_column)

    if order is Order.NEWEST:
        now, sought = yield from look_with(look_back, where, Subject.TRACE, hi)
        recent = look_back.now - (yield from _few_hours()) if now is not None else None
        found = yield from walk_newest(
            lambda lo, count: ask(
                queries.candidates(
                    project_id,
                    where,
                    lo=lo,
                    hi=hi,
                    limit=count,
                    sought=sought,
                    few=recent is None or (lo is not None and lo >= recent),
                )
            ),
            compute,
            start_of=_last_column,
            now=now,
            floor=where.start_time,
            limit=limit,
            first=_little_more(limit) if _rows_tell(where) else None,
            one_each=True,
            newest=partial(queries.newest_hour, project_id),
        )
    else:
        found = yield from compute(None, where.start_time)
    shown = found[page.offset : page.offset + page.limit]
    ids = [row[0] for row in shown]
    if not set(ids).issubset(announced.parameters["ids"]):
        announced = queries.metadata_of(project_id, ids)
    said = (yield announced) if shown else []
    metadata = {row[0]: row[1] for row in said}
    return Page(
        items=[summary_from_row(row, metadata.get(row[0])) for row in shown],
        next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0], asked_at)
        if len(found) == limit
        else None,
    )


def look_from(look_back: LookBack, *ends: int | None) -> Plan[int | None]:
    """Say from where to look back in windows; None where one look at everything is cheaper."""
    ((is_large,),) = yield queries.has_rows(look_back.from_rows)
    if not is_large:
        return None
    return min([look_back.now, *(end for end in ends if end is not None)])


def look_with(
    look_back: LookBack, where: TraceFilter | SpanFilter, about: Subject, *ends: int | None
) -> Plan[tuple[int | None, Sought | None]]:
    """Say from where to look back, as `look_from`, and what an index tells of the words needed."""
    now = yield from look_from(look_back, *ends)
    if now is None:
        return None, None
    q = where.q if isinstance(where, TraceFilter) else None
    sought = yield from seek(q, where.where, about)
    return None if sought is not None and sought.is_few else now, sought


def _few_hours() -> Plan[int]:
    """Say how many hours before now have few rows, in microseconds."""
    small = yield queries.has_fewer_rows(_MANY)
    return _FEW_HOURS if small[0][0] else _FEW_HOURS_OF_MANY


def position_of(page: PageRequest, digest: int) -> Position | None:
    """Give where the page before ended; None at the beginning."""
    return None if page.cursor is None else decode_cursor(page.cursor, digest)


def _rows_tell(where: TraceFilter) -> bool:
    """Say whether a trace with a row that meets each condition is nearly always one that is meant.

    How long a trace takes, that none of its spans failed, and what the query language asks of a
    whole trace are seen only once it is computed.
    """
    of_the_whole = (where.where, where.min_duration_ms, where.max_duration_ms)
    return where.status in {None, "error"} and all(each is None for each in of_the_whole)


def _little_more(limit: int) -> int:
    """Give how many to propose for `limit` when nearly all will do: each costs its computing."""
    return limit + limit // _SPARE + _SPARE_AT_LEAST


def _last_column(row: Row) -> int:
    return int(row[-1])


def summary_from_row(row: Row, metadata: str | None) -> TraceSummary:
    """Build a trace's row from a row of `ROW_FIELDS`, and the metadata that was announced."""
    values = dict(zip(ROW_FIELDS, row, strict=False))
    end = values["end_micros"]
    return TraceSummary(
        trace_id=values["trace_id"],
        service_name=values["service"],
        started_at=from_micros(values["first_micros"]),
        completed_at=None if end is None else from_micros(end),
        duration_ms=(values["last_micros"] - values["first_micros"]) / 1000,
        status=values["trace_status"],
        root_span_id=values["root"] or None,
        name=values["head_name"],
        span_count=values["spans"],
        error_count=values["errors"],
        input_tokens=values["tokens_in"],
        output_tokens=values["tokens_out"],
        cost_usd=values["cost"],
        models=list(values["models"]),
        metadata=EMPTY_METADATA if metadata is None else metadata_text(metadata),
    )


def metadata_text(text: str) -> Raw:
    """Give announced metadata as JSON; an empty object where there is none."""
    return Raw(text.encode()) if text else EMPTY_METADATA
