"""Spans reduced to their winning versions, and the parts of statements that everyone shares."""

from __future__ import annotations

from designs import Design

__all__ = ["NARROW", "OF_PROJECT", "ON_DAYS_SEEN", "by_argmax", "by_limit", "listed"]

OF_PROJECT = "project_id={project:String}"

ON_DAYS_SEEN = (
    f"toDate(started_at) IN (SELECT day FROM trace_seen WHERE {OF_PROJECT} "
    "AND trace_id IN {ids:Array(String)})"
)
"""Only the days on which the traces `ids` have been seen."""

_ID = ("trace_id", "span_id")
NARROW = (
    *_ID,
    "parent_span_id",
    "name",
    "started_at",
    "ended_at",
    "status",
    "model",
    "input_tokens",
    "output_tokens",
    "cost_usd",
    "user_id",
    "service_name",
    "duration_ms",
)
"""The columns that lists of traces and aggregates read."""


def listed(columns: tuple[str, ...]) -> str:
    """Write the columns as SQL does."""
    return ", ".join(columns)


def by_limit(design: Design, where: str, columns: tuple[str, ...] = NARROW) -> str:
    """Keep the highest version of each span by sorting.

    Exact for any key as long as `where` takes every version of a span or none: conditions on the
    ids of traces and spans do.
    """
    return (
        f"(SELECT {listed(columns)} FROM {design.table} WHERE {where} "
        "ORDER BY version DESC LIMIT 1 BY trace_id, span_id)"
    )


def by_argmax(design: Design, columns: tuple[str, ...]) -> str:
    """Keep the highest version of each span of the project, without a sort of whole rows.

    Nothing is cut away before, so it is exact for any key: the oracle of `check`.
    """
    rest = [column for column in columns if column not in _ID]
    winners = ", ".join(f"argMax({column}, version) AS {column}_" for column in rest)
    # Named back outside, because an alias that equals a column would shadow it inside.
    names = ", ".join(column if column in _ID else f"{column}_ AS {column}" for column in columns)
    return (
        f"(SELECT {names} FROM (SELECT trace_id, span_id, {winners} FROM {design.table} "
        f"WHERE {OF_PROJECT} GROUP BY trace_id, span_id))"
    )
