"""Rows of a page of traces, put together here from the rows of their spans.

Planning what makes the same of them takes the engine longer than reading them: of 25 ms for a page
13. Where the traces of a page have very many spans, the engine does it.
(docs/decisions/0032-rows-together.md)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Any

from prela_core.model import Status
from prela_core.store.conditions import span_conditions, wanted_status
from prela_core.store.filters import TraceFilter
from prela_core.store.fragments import MICROS, PROJECT, Query
from prela_core.store.located import Located
from prela_core.store.summary import AGGREGATING_TYPES, total
from prela_core.store.trace_row import ROW_COLUMNS

__all__ = ["MOST_ROWS", "READ_COLUMNS", "VERSION", "put_together", "row_of_trace", "span_rows"]

Row = Sequence[Any]

MOST_ROWS = 3_000
"""Of more rows than these the engine makes traces in less time than they take to be read here."""

_MOMENTS = ("started_at", "ended_at")
READ_COLUMNS = (
    *(MICROS.format(each) if each in _MOMENTS else each for each in ROW_COLUMNS),
    "version",
)
"""What is read of a row of a span, as SQL: the columns of `ROW_COLUMNS`, and its version."""
VERSION = len(ROW_COLUMNS)
_HOLDS = VERSION + 1
"""From this column on, whether the row meets each of the conditions on spans."""


def span_rows(project_id: str, where: TraceFilter, known: Located) -> Query:
    """Give the rows, of any version, of the `known` traces, one more than `MOST_ROWS` at most.

    They are for `put_together` with the same `where`.
    """
    parameters: dict[str, Any] = {"project": project_id, "most": MOST_ROWS + 1}
    held = []
    for condition in span_conditions(where):
        parameters |= condition.parameters
        held.append(f"({condition.sql})")
    clauses = [PROJECT, *known.clauses(parameters)]
    return Query(
        f"SELECT {', '.join([*READ_COLUMNS, *held])} FROM spans"
        f" WHERE {' AND '.join(clauses)} LIMIT {{most:UInt64}}",
        parameters,
    )


def put_together(
    rows: Iterable[Row],
    where: TraceFilter,
    *,
    lo: int | None,
    hi: int | None,
    after: tuple[int, str] | None,
) -> list[Row]:
    """Make of `rows` those that `queries.rows` gives, newest first, of the traces `where` means.

    `where` has no condition of the query language. Rows are in no order.
    """
    visible: dict[tuple[str, str], Row] = {}
    for row in rows:
        key = (row[0], row[1])
        other = visible.get(key)
        if other is None or row[VERSION] > other[VERSION]:
            visible[key] = row
    traces: dict[str, list[Row]] = {}
    for row in visible.values():
        traces.setdefault(row[0], []).append(row)
    status = None if where.status is None else wanted_status(where.status)
    found = []
    for trace_id, spans in traces.items():
        if not all(map(any, zip(*(row[_HOLDS:] for row in spans), strict=True))):
            continue
        made = row_of_trace(trace_id, spans)
        (first, took) = (made[2], made[4] - made[2])
        if (
            (status is None or made[5] == status)
            and (lo is None or first >= lo)
            and (hi is None or first <= hi)
            and (after is None or (first, trace_id) < after)
            and (where.min_duration_ms is None or took >= where.min_duration_ms * 1000)
            and (where.max_duration_ms is None or took <= where.max_duration_ms * 1000)
        ):
            found.append(made)
    return found


def row_of_trace(trace_id: str, spans: Sequence[Row]) -> Row:
    """Give a trace in the columns of `ROW_FIELDS`, and its start again.

    `spans` are its visible rows, at least one, which begin with `READ_COLUMNS`.
    """
    (_, ids, parents, names, services, types, starts, ends, states, models, *spent, _) = zip(
        *map(_COLUMNS, spans), strict=True
    )
    head = min(range(len(spans)), key=lambda at: (parents[at] != "", starts[at], ids[at]))
    first = min(starts)
    is_running = None in ends
    errors = states.count(_ERROR)
    counts = list(zip(*spent, strict=True))
    leaves = [count for count, kind in zip(counts, types, strict=True) if kind not in _AGGREGATING]
    if not any(each is not None for count in leaves for each in count):
        leaves = counts
    inputs, outputs, costs = zip(*leaves, strict=True)
    return (
        trace_id,
        services[head],
        first,
        None if is_running else max(ends),
        max(*starts, *(end or 0 for end in ends)),
        _status(errors=errors, is_running=is_running),
        "" if parents[head] else ids[head],
        names[head],
        len(spans),
        errors,
        sum(filter(None, inputs)),
        sum(filter(None, outputs)),
        total(filter(None, costs)),
        sorted({model for model in models if model}),
        first,
    )


_COLUMNS = itemgetter(*range(VERSION + 1))
_ERROR = Status.ERROR.value
_AGGREGATING = frozenset(AGGREGATING_TYPES)


def _status(*, errors: int, is_running: bool) -> str:
    if errors:
        return _ERROR
    return Status.PENDING.value if is_running else Status.SUCCESS.value
