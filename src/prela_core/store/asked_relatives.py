"""Conditions on the spans around one as SQL: its parent, its children and all above it.

Each clause is over the columns `RELATIVE_COLUMNS` of a span. `seen` are all visible spans of the
traces looked at, and `meets` says of one of them what is asked.
"""

from __future__ import annotations

from prela_core.ask import GENERATIONS

__all__ = ["RELATIVE_COLUMNS", "child_clause", "parent_clause", "under_clause"]

RELATIVE_COLUMNS = ("trace_id", "span_id", "parent_span_id")

_HAS_PARENT = "parent_span_id != span_id"  # who names itself has none


def parent_clause(meets: str, seen: str) -> str:
    """Say that the parent has arrived and meets a clause."""
    return (
        f"({_HAS_PARENT} AND (trace_id, parent_span_id) IN"
        f" (SELECT trace_id, span_id FROM {seen} WHERE {meets}))"
    )


def child_clause(meets: str, seen: str) -> str:
    """Say that some child meets a clause."""
    return (
        f"(trace_id, span_id) IN (SELECT trace_id, parent_span_id FROM {seen}"
        f" WHERE {_HAS_PARENT} AND ({meets}))"
    )


def under_clause(meets: str, seen: str) -> str:
    """Say that one of the nearest `GENERATIONS` above meets a clause.

    Each span knows whether it `hit`, and who is `up`. A step doubles how far it sees: it has hit
    when the one up there has, and looks to where that one looks. So a few steps see over any
    trace, circles do no harm, and nothing is read again: a step is a grouping of (trace, span),
    in which a span meets those who look at it.
    """
    steps = (
        f"SELECT trace_id, span_id AS id, if({_HAS_PARENT}, parent_span_id, '') AS up,"
        f" toUInt8({meets}) AS hit FROM {seen}"
    )
    for _ in range(GENERATIONS.bit_length() - 1):
        both = (
            "SELECT trace_id, id, up, hit, arrayJoin([0, 1]) AS looks,"
            f" if(looks = 1, up, id) AS place FROM ({steps})"
        )
        met = (
            "SELECT trace_id, anyIf(up, looks = 0) AS far, maxIf(hit, looks = 0) AS there,"
            f" groupArrayIf((id, hit), looks = 1) AS lookers FROM ({both})"
            " GROUP BY trace_id, place"
        )
        steps = (
            "SELECT trace_id, looker.1 AS id, far AS up, greatest(looker.2, there) AS hit"
            f" FROM ({met}) ARRAY JOIN lookers AS looker"
        )
    return (
        f"({_HAS_PARENT} AND (trace_id, parent_span_id) IN"
        f" (SELECT trace_id, id FROM ({steps}) WHERE hit))"
    )
