"""A filter as SQL: conditions on spans and on whole traces, every value a bound parameter."""

from __future__ import annotations

from typing import Any

import attrs

from prela_core.errors import InvalidError
from prela_core.store.filters import TraceFilter
from prela_core.store.within import column_of, columns_of
from prela_core.store.words import SEARCHED_FIELDS, SEARCHED_JSON, json_spelling, split_words
from prela_core.wire.words import status_of

__all__ = [
    "EXACT_COLUMNS",
    "STATUS_CONDITIONS",
    "Condition",
    "attribute_condition",
    "exact_values",
    "span_conditions",
    "trace_conditions",
    "wanted_status",
    "words_condition",
]

EXACT_COLUMNS = (
    "service_name",
    "span_type",
    "name",
    "model",
    "user_id",
    "session_id",
    "agent_name",
    "environment",
)
"""The columns whose values a filter may name."""


@attrs.frozen
class Condition:
    """A boolean expression over the columns of `spans`, and what it needs."""

    sql: str
    parameters: dict[str, Any]
    columns: tuple[str, ...]


# A trace of this status has such a span: a failed one, one that goes on, or one that went well.
STATUS_CONDITIONS = {
    "error": Condition("status = 'error'", {}, ("status",)),
    "pending": Condition("isNull(ended_at)", {}, ("ended_at",)),
    "success": Condition("status != 'error' AND isNotNull(ended_at)", {}, ("status", "ended_at")),
}


def span_conditions(where: TraceFilter) -> list[Condition]:
    """Give the conditions that some span of the trace must meet, the narrowest first."""
    found = [
        Condition(f"{column} = {{{column}:String}}", {column: value}, (column,))
        for column, value in exact_values(where).items()
    ]
    for number, (key, value) in enumerate(where.attributes):
        found.append(attribute_condition(key, value, str(number)))
    if where.q is not None:
        found.append(words_condition(split_words(where.q)))
    if where.status is not None:
        found.append(STATUS_CONDITIONS[wanted_status(where.status)])
    return found


def exact_values(where: TraceFilter) -> dict[str, str]:
    """Give the values of columns that some span of the trace must have, the narrowest first."""
    return {
        column: value
        for column in ("user_id", "session_id", *EXACT_COLUMNS)
        if (value := _wanted(where, column)) is not None
    }


def trace_conditions(where: TraceFilter) -> tuple[list[str], dict[str, Any]]:
    """Give the conditions on the trace's own row, and their parameters."""
    clauses: list[str] = []
    parameters: dict[str, Any] = {}
    if where.status is not None:
        clauses.append("trace_status = {trace_status:String}")
        parameters["trace_status"] = wanted_status(where.status)
    for name, sign in (("min_duration_ms", ">="), ("max_duration_ms", "<=")):
        if (bound := getattr(where, name)) is not None:
            clauses.append(f"last_micros - first_micros {sign} {{{name}:Float64}} * 1000")
            parameters[name] = bound
    return clauses, parameters


def _wanted(where: TraceFilter, column: str) -> str | None:
    value = getattr(where, column)
    if column == "span_type" and value is not None:
        return str(value).lower()
    return None if value is None else str(value)


def wanted_status(word: str) -> str:
    """Give the status that `word` names; raises `InvalidError` for no such."""
    status = status_of(word)
    if status is None or not word:
        raise InvalidError(f"status {word[:40]!r} is not one of success, error, pending")
    return status


def attribute_condition(key: str, value: str, suffix: str) -> Condition:
    """Compare a text attribute as its text, any other as JSON in whatever spelling.

    What is bound has `suffix` in its name.
    """
    name, wanted = f"key{suffix}", f"value{suffix}"
    as_text = f"JSONExtractString(attributes, {{{name}:String}})"
    as_json = f"JSONExtractRaw(attributes, {{{name}:String}})"
    # The engine writes what it extracts in its own way (1.0 as 1), so both sides go through it.
    sent = f"concat('[', {{{wanted}:String}}, ']')"
    return Condition(
        f"if(JSONType(attributes, {{{name}:String}}) = 'String', {as_text} = {{{wanted}:String}},"
        f" JSONLength({sent}) = 1 AND {as_json} = JSONExtractRaw({sent}, 1))"
        f" AND JSONHas(attributes, {{{name}:String}})",
        {name: key, wanted: value},
        ("attributes",),
    )


def words_condition(words: list[str], prefix: str = "word") -> Condition:
    """Ask that a span holds all of `words`, bound under names that begin with `prefix`."""
    parameters: dict[str, Any] = {}
    clauses = []
    for number, word in enumerate(words):
        parameters[f"{prefix}{number}"] = word
        parameters[f"{prefix}{number}_json"] = json_spelling(word)
        places = [
            f"positionCaseInsensitiveUTF8({column_of(field)}, "
            f"{{{prefix}{number}{'_json' if field in SEARCHED_JSON else ''}:String}}) > 0"
            for field in SEARCHED_FIELDS
        ]
        clauses.append(f"({' OR '.join(places)})")
    return Condition(" AND ".join(clauses), parameters, columns_of(SEARCHED_FIELDS))
