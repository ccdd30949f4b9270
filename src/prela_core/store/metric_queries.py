"""Measures as SQL over the visible spans of a window: raw sums, counts and percentiles.

What is divided, scaled or left empty is up to `metric_plan`; here everything is a whole number
or one of the stored values, so that no order of summing can change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from prela_core.ask import Subject
from prela_core.store.asked import may_hold, span_holds
from prela_core.store.conditions import Condition
from prela_core.store.fragments import (
    MICROS,
    PROJECT,
    Query,
    collapsed,
    has_row,
    since_of,
    until_of,
    with_columns,
)
from prela_core.store.groups import GroupQuery
from prela_core.store.metrics import MAX_POINTS, Measure, MetricQuery
from prela_core.store.summary import AGGREGATING_TYPES
from prela_core.store.windows import Window

__all__ = [
    "LEVELS",
    "PERCENTILES",
    "Key",
    "aggregates",
    "bucket_of",
    "columns_of",
    "measured",
    "parts_of",
    "point_parts",
    "pointed",
    "ranked",
    "source",
    "spend",
    "telling_counted",
]

Key = tuple[str, ...]
"""The value of each field that was grouped by, "" for none."""

PERCENTILES = (50, 75, 90, 95, 99)
# The nearest rank from below is that from above of the negated values at the rest of the level,
# and that is the one which the engine's function takes.
LEVELS = ", ".join(f"{(100 - percent) / 100}" for percent in PERCENTILES)

_LEAF = f"span_type NOT IN ({', '.join(repr(word) for word in AGGREGATING_TYPES)})"
_SPENT = "(isNotNull(input_tokens) OR isNotNull(output_tokens) OR isNotNull(cost_usd))"
_TOKENS = (
    Measure.INPUT_TOKENS,
    Measure.OUTPUT_TOKENS,
    Measure.CACHE_READ_TOKENS,
    Measure.CACHE_WRITE_TOKENS,
    Measure.REASONING_TOKENS,
)
_COUNTED = (*(each.value for each in _TOKENS), "cost_usd")
_TELLS = f"({' OR '.join(f'isNotNull({column})' for column in _COUNTED)})"
_SPENDING = ("span_type", "input_tokens", "output_tokens", "cost_usd")


@attrs.frozen
class _Part:
    """A raw value: an aggregate, the columns it reads, and whether it heeds who repeats whom."""

    sql: str
    columns: tuple[str, ...]
    spends: bool = False


def _tokens(column: str) -> _Part:
    return _Part(f"sumIf(ifNull({column}, 0), is_counted)", (column,), spends=True)


def _values(column: str, known: str, columns: tuple[str, ...]) -> dict[str, _Part]:
    value = f"assumeNotNull({column})"
    return {
        "known": _Part(f"countIf({known})", columns),
        "sum": _Part(f"sumIf(toInt128(round({value} * 1000)), {known})", columns),
        "min": _Part(f"minIf({value}, {known})", columns),
        "max": _Part(f"maxIf({value}, {known})", columns),
        "percentiles": _Part(f"quantilesExactIf({LEVELS})(-{value}, {known})", columns),
        "values": _Part(f"arraySort(groupArrayIf(-{value}, {known}))", columns),
    }


_PARTS: dict[str, _Part] = {
    "spans": _Part("count()", ()),
    "traces": _Part("uniqExact(trace_id)", ("trace_id",)),
    "errors": _Part("countIf(status = 'error')", ("status",)),
    "users": _Part("uniqExactIf(user_id, user_id != '')", ("user_id",)),
    "sessions": _Part("uniqExactIf(session_id, session_id != '')", ("session_id",)),
    "cost": _Part(
        "sumIf(toInt128(round(ifNull(cost_usd, 0) * 1e9)), is_counted)", ("cost_usd",), spends=True
    ),
    **{measure.value: _tokens(measure.value) for measure in _TOKENS},
    Measure.TOTAL_TOKENS.value: _Part(
        "sumIf(ifNull(input_tokens, 0) + ifNull(output_tokens, 0), is_counted)",
        ("input_tokens", "output_tokens"),
        spends=True,
    ),
    **{
        f"{name}_{part}": value
        for name, parts in {
            "duration": _values("duration_ms", "isNotNull(ended_at)", ("duration_ms", "ended_at")),
            "ttft": _values("ttft_ms", "isNotNull(ttft_ms)", ("ttft_ms",)),
        }.items()
        for part, value in parts.items()
    },
}


def parts_of(measures: Sequence[Measure]) -> list[str]:
    """Name the raw values that `measures` are made of, each once; the number of spans is one."""
    wanted = {"spans": None}
    for measure in measures:
        match measure.split("_"):
            case ["error", "rate"]:
                wanted["errors"] = None
            case [("avg" | "min" | "max") as part, of, "ms"]:
                raw = "sum" if part == "avg" else part
                wanted |= {f"{of}_known": None, f"{of}_{raw}": None}
            case [_, of, "ms"]:
                wanted |= {f"{of}_known": None, f"{of}_percentiles": None}
            case _:
                name = {Measure.COUNT: "spans", Measure.COST: "cost"}.get(measure, measure.value)
                wanted[name] = None
    return list(wanted)


def ranked(project_id: str, asked: MetricQuery, measures: Sequence[Measure]) -> Query:
    """Give the groups in their order, one more than wanted: their key, then `parts_of(measures)`.

    Buckets are passed over.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": asked.limit + 1}
    parts = parts_of([*measures, asked.ranked_by])
    keys = [f"toString({each.value})" for each in asked.by]
    direction = "DESC" if asked.descending else "ASC"
    names = ", ".join(f"key{number}" for number in range(len(keys)))
    return Query(
        f"SELECT {names}, {', '.join(f'raw_{part}' for part in parts_of(measures))} FROM ("
        f"SELECT {_named(keys)}, {aggregates(parts)}"
        f" FROM {source(asked, parts, parameters)} GROUP BY {names}"
        f" ORDER BY {_order_value(asked.ranked_by)} {direction} NULLS LAST, {names}"
        " LIMIT {limit:UInt64})",
        parameters,
    )


def pointed(project_id: str, asked: MetricQuery) -> Query:
    """Give what each group holds in each bucket: its key, the bucket, `point_parts`.

    They are in no order, and one more at the most than an answer may have.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": MAX_POINTS + 1}
    parts = point_parts(asked)
    keys = [f"toString({each.value})" for each in asked.by]
    names = ", ".join([*(f"key{number}" for number in range(len(keys))), "bucket"])
    return Query(
        f"SELECT {_named(keys)}, {bucket_of(asked)} AS bucket, {aggregates(parts)}"
        f" FROM {source(asked, parts, parameters)} GROUP BY {names} LIMIT {{limit:UInt64}}",
        parameters,
    )


def point_parts(asked: MetricQuery) -> list[str]:
    """Name the raw values that are shown, then those that only order the groups."""
    return list(dict.fromkeys(parts_of([*asked.measures, asked.ranked_by])))


def measured(
    project_id: str, asked: MetricQuery, tops: Sequence[Key] | None, *, others_only: bool = False
) -> Query:
    """Give the measures by bucket and group: is it a top one, its key, the bucket, the parts.

    `tops` are the groups to tell apart; all others are one, which is given `with_other` only.
    With None no groups are told apart.
    """
    parameters: dict[str, Any] = {"project": project_id, "limit": MAX_POINTS + 1}
    parts = parts_of(asked.measures)
    columns = [each.value for each in asked.by] if tops is not None else []
    clauses: list[str] = []
    keys: list[str] = []
    is_top = "1"
    if tops is not None:
        is_top = _is_among(columns, tops, parameters)
        keys = [f"if(is_top, toString({column}), '')" for column in columns]
        if others_only:
            clauses.append(f"NOT {is_top}")
        elif not asked.with_other:
            clauses.append(is_top)
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    names = ["is_top", *(f"key{number}" for number in range(len(keys))), "bucket"]
    return Query(
        f"SELECT toUInt8({is_top}) AS is_top, {''.join(each + ', ' for each in _named_list(keys))}"
        f"{bucket_of(asked)} AS bucket, {aggregates(parts)}"
        f" FROM {source(asked, parts, parameters)}{where}"
        f" GROUP BY {', '.join(names)} ORDER BY {', '.join(names)} LIMIT {{limit:UInt64}}",
        parameters,
    )


def source(
    asked: MetricQuery | GroupQuery, parts: Sequence[str], parameters: dict[str, Any]
) -> str:
    """Read the visible spans of the window, and say of each whether its tokens count.

    The columns are `started_at`, those that are grouped by, and those of `parts`.
    """
    by = (asked.by,) if isinstance(asked, GroupQuery) else asked.by
    columns = dict.fromkeys([*(each.value for each in by), *columns_of(parts)])
    spends = spend(parts)
    hi = None if asked.end_time is None else asked.end_time - 1
    since, until = since_of(asked.start_time, parameters), until_of(hi, parameters)
    may = may_hold(asked.where, Subject.SPAN)
    for condition in may:
        parameters |= condition.parameters
    rows = [*since, *until, *(f"({each.sql})" for each in may)]
    held = _held(asked, [has_row([PROJECT, *rows])] if rows else [], parameters)
    if held:  # which may be about the span's trace
        columns["trace_id"] = None
    window = Window.of(since, until)
    scope = [has_row([PROJECT, *rows])] if may else []
    seen = window.spans(with_columns([*columns, "started_at"], held), scope)
    for condition in held:
        seen = f"(SELECT * FROM {seen} WHERE {condition.sql})"
    return telling_counted(seen, rows, window) if spends else seen


def telling_counted(seen: str, rows: Sequence[str], window: Window) -> str:
    """Add to spans of a window, whose rows meet `rows`, whether their tokens and cost count."""
    # Few agents tell what they used; only their traces are looked at as a whole.
    repeating = has_row([PROJECT, *rows, f"NOT {_LEAF}", _TELLS])
    telling = collapsed(("trace_id", *_SPENDING), [window.around(), repeating])
    return (
        f"(SELECT *, {_LEAF} OR trace_id NOT IN"
        f" (SELECT trace_id FROM {telling} WHERE {_LEAF} AND {_SPENT}) AS is_counted FROM {seen})"
    )


def spend(parts: Sequence[str]) -> bool:
    """Say whether any of `parts` heeds whose tokens count."""
    return any(_PARTS[name].spends for name in parts)


def columns_of(parts: Sequence[str]) -> list[str]:
    """Name the columns that `parts` are computed from."""
    columns = dict.fromkeys(column for name in parts for column in _PARTS[name].columns)
    return [*columns, *(("trace_id", "span_type") if spend(parts) else ())]


def _held(
    asked: MetricQuery | GroupQuery, scope: list[str], parameters: dict[str, Any]
) -> list[Condition]:
    if asked.where is None:
        return []
    condition = span_holds(asked.where, scope)
    parameters |= condition.parameters
    return [condition]


def bucket_of(asked: MetricQuery) -> str:
    """Give the start of the bucket that a `started_at` is in."""
    if asked.bucket is None:
        return "toInt64(0)"
    micros = MICROS.format("started_at")
    origin, length = asked.bucket.origin, asked.bucket.micros
    return f"{micros} - positiveModulo({micros} - {origin}, {length})"


def _is_among(columns: Sequence[str], tops: Sequence[Key], parameters: dict[str, Any]) -> str:
    """Say that the span is of one of the groups `tops`."""
    lists = []
    for number in range(len(columns)):
        parameters[f"tops{number}"] = [key[number] for key in tops]
        lists.append(f"{{tops{number}:Array(String)}}")
    if len(columns) == 1:
        return f"{columns[0]} IN {lists[0]}"
    texts = ", ".join(f"toString({column})" for column in columns)
    return f"tuple({texts}) IN (SELECT arrayJoin(arrayZip({', '.join(lists)})))"


def _order_value(measure: Measure) -> str:
    match measure.split("_"):
        case ["error", "rate"]:
            return "raw_errors / raw_spans"
        case ["avg", of, "ms"]:
            return f"if(raw_{of}_known = 0, NULL, raw_{of}_sum / raw_{of}_known)"
        case [("min" | "max") as part, of, "ms"]:
            return f"if(raw_{of}_known = 0, NULL, raw_{of}_{part})"
        case [percent, of, "ms"]:
            at = PERCENTILES.index(int(percent.removeprefix("p"))) + 1
            return f"if(raw_{of}_known = 0, NULL, -raw_{of}_percentiles[{at}])"
        case _:
            return f"raw_{parts_of([measure])[-1]}"


def aggregates(parts: Sequence[str]) -> str:
    """Compute the raw values `parts`, each named `raw_` and its name."""
    return ", ".join(f"{_PARTS[name].sql} AS raw_{name}" for name in parts)


def _named(keys: Sequence[str]) -> str:
    return ", ".join(_named_list(keys))


def _named_list(keys: Sequence[str]) -> list[str]:
    return [f"{key} AS key{number}" for number, key in enumerate(keys)]
