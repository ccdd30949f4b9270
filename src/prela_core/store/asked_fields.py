"""One comparison of `prela_core.ask` as SQL: over a span's row, or over a trace's own.

What comes out is never NULL: a comparison with what is not known is false, and its opposite true.
"""

from __future__ import annotations

from typing import Any

import attrs

from prela_core.ask import FIELDS, Ago, Compare, Field, Kind, Op, Pattern, Words, number_of, whole
from prela_core.errors import InvalidError
from prela_core.store.conditions import (
    STATUS_CONDITIONS,
    Condition,
    attribute_condition,
    words_condition,
)
from prela_core.store.fragments import MICROS
from prela_core.store.summary import AGGREGATING_TYPES
from prela_core.store.within import column_of

__all__ = ["Binder", "rows_of_trace_clause", "span_clause", "trace_clause"]

_SIGNS = {Op.IS: "=", Op.ABOVE: ">", Op.AT_LEAST: ">=", Op.BELOW: "<", Op.AT_MOST: "<="}
_LONE_STAR = Pattern(("", ""))
_BILLIONTHS = "toInt64(round(least(ifNull(cost_usd, 0), 9e9) * 1e9))"
_LEAF = f"span_type NOT IN ({', '.join(repr(word) for word in AGGREGATING_TYPES)})"

# Of a trace: over the aliases of `ROW`, whole numbers all. A sum of floats would differ in its
# last bits from one reading to the next, so that a comparison at its edge would be chance.
_OF_TRACE = {
    "duration": "last_micros - first_micros",
    "cost": f"if(leaves_spent, sumIf({_BILLIONTHS}, {_LEAF}), sum({_BILLIONTHS}))",
    "tokens": "tokens_in + tokens_out",
    "input_tokens": "tokens_in",
    "output_tokens": "tokens_out",
    "started": "first_micros",
    "ended": "end_micros",
    "spans": "spans",
    "errors": "errors",
}
_OF_SPAN = {
    "started": MICROS.format("started_at"),
    "ended": MICROS.format("ended_at"),
    "tokens": "ifNull(input_tokens, 0) + ifNull(output_tokens, 0)",
}
_TOKENS_KNOWN = "(isNotNull(input_tokens) OR isNotNull(output_tokens))"


@attrs.define
class Binder:
    """Gives names to the values of a statement, and keeps which columns it looks at."""

    prefix: str
    parameters: dict[str, Any] = attrs.field(factory=dict)
    columns: dict[str, None] = attrs.field(factory=dict)

    def name(self) -> str:
        """Give a name that nothing is bound under yet."""
        return f"{self.prefix}{len(self.parameters)}_"

    def bind(self, value: object, form: str) -> str:
        """Bind `value`, and give what stands for it in the text."""
        name = self.name()
        self.parameters[name] = value
        return f"{{{name}:{form}}}"

    def take(self, condition: Condition) -> str:
        """Make a condition made elsewhere a part of this statement."""
        self.parameters |= condition.parameters
        self.columns |= dict.fromkeys(condition.columns)
        return condition.sql

    def reads(self, *columns: str) -> None:
        """Note that the statement looks at `columns`."""
        self.columns |= dict.fromkeys(columns)


def trace_clause(compare: Compare, binder: Binder) -> str:
    """Compare a figure of the trace as a whole."""
    _refuse_relative(compare)
    if compare.field == "status":
        return _text_clause("trace_status", compare, binder)
    column = _OF_TRACE[compare.field]
    if compare.field == "cost":
        binder.reads("cost_usd", "span_type")
    nullable = compare.field == "ended"
    if compare.value == _LONE_STAR:
        return f"isNotNull({column})" if nullable else "1"
    value = compare.value
    if not isinstance(value, (int, float)) or compare.op not in _SIGNS:
        raise _unfit(compare)
    factor = {"duration": 1000, "cost": 1e9}.get(compare.field)
    bound = _number(value if factor is None else whole(value * factor), binder)
    clause = f"{column} {_SIGNS[compare.op]} {bound}"
    return f"ifNull({clause}, 0)" if nullable else clause


def rows_of_trace_clause(compare: Compare) -> str | None:
    """Give a clause that some row of a trace that meets `compare` meets; None where none is."""
    if compare.field == "status" and compare.op is Op.IS and isinstance(compare.value, str):
        return STATUS_CONDITIONS[compare.value].sql if compare.value in STATUS_CONDITIONS else None
    return None


def span_clause(what: Compare | Words, binder: Binder) -> str:
    """Compare a field of a span, or look for words in it."""
    if isinstance(what, Words):
        return binder.take(words_condition([what.text], binder.name()))
    _refuse_relative(what)
    field = FIELDS[what.field]
    if field.column is None:
        raise InvalidError(f"{field.name} is of a trace as a whole, not of a span")
    match field.kind:
        case Kind.ATTRIBUTE:
            return _attribute_clause(what, binder)
        case Kind.SCORE:
            return _score_clause(what, binder)
        case Kind.DURATION | Kind.MONEY | Kind.COUNT | Kind.MOMENT:
            return _number_clause(field, what, binder)
        case _:
            column = column_of(field.column)
            binder.reads(column)
            return _text_clause(column, what, binder)


def _text_clause(column: str, compare: Compare, binder: Binder) -> str:
    """Compare a text; a column has "" where there is none."""
    value = compare.value
    if isinstance(value, Pattern) and compare.op is Op.IS:
        if value == _LONE_STAR:
            return f"{column} != ''"
        return f"({column} != '' AND {column} LIKE {binder.bind(_like(value), 'String')})"
    if isinstance(value, str) and compare.op is Op.IS:
        return f"{column} = {binder.bind(value, 'String')}"
    if isinstance(value, str) and compare.op is Op.HOLDS:
        return f"positionCaseInsensitiveUTF8({column}, {binder.bind(value, 'String')}) > 0"
    raise _unfit(compare)


def _number_clause(field: Field, compare: Compare, binder: Binder) -> str:
    assert field.column is not None  # noqa: S101 - for the type checker: looked at before
    binder.reads(
        *(("input_tokens", "output_tokens") if field.name == "tokens" else (field.column,))
    )
    known = _TOKENS_KNOWN if field.name == "tokens" else f"isNotNull({field.column})"
    if compare.value == _LONE_STAR:
        return known
    if not isinstance(compare.value, (int, float)) or compare.op not in _SIGNS:
        raise _unfit(compare)
    column = _OF_SPAN.get(field.name, field.column)
    clause = f"{column} {_SIGNS[compare.op]} {_number(compare.value, binder)}"
    return f"({known} AND ifNull({clause}, 0))"


def _attribute_clause(compare: Compare, binder: Binder) -> str:
    binder.reads("attributes")
    key, value = compare.key or "", compare.value
    if isinstance(value, str) and compare.op is Op.IS:
        return f"({binder.take(attribute_condition(key, value, binder.name()))})"
    said = binder.bind(key, "String")
    if value == _LONE_STAR:
        return f"JSONHas(attributes, {said})"
    if isinstance(value, (int, float)):
        number = f"JSONExtractFloat(attributes, {said})"
        return _number_in_json(f"JSONType(attributes, {said})", number, compare, binder)
    text = _text_clause(f"JSONExtractString(attributes, {said})", compare, binder)
    return f"(JSONType(attributes, {said}) = 'String' AND {text})"


def _score_clause(compare: Compare, binder: Binder) -> str:
    binder.reads("scores")
    value = compare.value
    named = f"JSONExtractString(score, 'name') = {binder.bind(compare.key or '', 'String')}"
    number, label = "JSONExtractFloat(score, 'value')", "JSONExtractString(score, 'label')"
    form = "JSONType(score, 'value')"
    if value == _LONE_STAR:
        held = "1"
    elif isinstance(value, (int, float)):
        held = _number_in_json(form, number, compare, binder)
    else:
        held = _text_clause(label, compare, binder)
        said = number_of(value) if isinstance(value, str) and compare.op is Op.IS else None
        if said is not None:
            equal = attrs.evolve(compare, value=said)
            held = f"({held} OR {_number_in_json(form, number, equal, binder)})"
    return f"arrayExists(score -> {named} AND {held}, JSONExtractArrayRaw(scores))"


def _number_in_json(form: str, number: str, compare: Compare, binder: Binder) -> str:
    if compare.op not in _SIGNS or not isinstance(compare.value, (int, float)):
        raise _unfit(compare)
    bound = binder.bind(float(compare.value), "Float64")
    numbers = "('Int64', 'UInt64', 'Double')"
    return f"({form} IN {numbers} AND {number} {_SIGNS[compare.op]} {bound})"


def _number(value: float, binder: Binder) -> str:
    return binder.bind(value, "Int64" if isinstance(value, int) else "Float64")


def _like(pattern: Pattern) -> str:
    escaped = (
        piece.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
        for piece in pattern.pieces
    )
    return "%".join(escaped)


def _refuse_relative(compare: Compare) -> None:
    if isinstance(compare.value, Ago):
        raise InvalidError(f"{compare} is meant from now; ask with the filter's `at(now)`")


def _unfit(compare: Compare) -> InvalidError:
    return InvalidError(f"{compare.field} can't be compared so: {compare}")
