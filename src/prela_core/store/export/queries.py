"""The queries of an export, each over one piece of the table's key.

A piece is what lies between two places in the key, hours and ids of traces and spans, of some
megabytes, so that no query sorts or holds more than that. A version in another hour may beat a row
of the piece: the versions of its traces are looked at wherever they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from prela_core.model import Flag
from prela_core.store.export.selection import ExportForm, Selection
from prela_core.store.filters import Order, SpanOrder
from prela_core.store.find_queries import found_keys
from prela_core.store.fragments import (
    HOUR,
    PROJECT,
    Query,
    has_row,
    hours_of_traces,
    since_of,
)
from prela_core.store.located import Located
from prela_core.store.places import BEHIND, UP_TO, Place, behind, up_to
from prela_core.store.queries import rows
from prela_core.store.rows import SPAN_COLUMNS, SPAN_FIELDS
from prela_core.store.within import TEXT_BYTES, column_of

__all__ = [
    "METADATA",
    "Piece",
    "announcement_lines",
    "end_of_piece",
    "ids_of_piece",
    "meant",
    "rows_of_piece",
]

METADATA = "trace_metadata"
"""The column of Arrow and Parquet that has what was said of the trace as a whole."""

_KEY = "concat(trace_id, '\\n', span_id)"

_PIECE_BYTES = 16 * 1024 * 1024
_ROW_BYTES = 2_000
"""What a row is taken to hold beside its long texts."""

_NAMED_BITS = ", ".join(
    f"('{name}', {flag.value.bit_length() - 1})" for flag in Flag for name in flag.names()
)
_MOMENTS = ("started_at", "ended_at", "created_at")
_RAW = ("attributes", "events", "links")
_NULL_WHEN_EMPTY = (
    *("parent_span_id", "status_message", "provider", "model", "cost_source", "price_version"),
    *("session_id", "user_id", "agent_name", "tool_name", "input", "output", "environment"),
)
_WHOLE = (
    *("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"),
    "reasoning_tokens",
)
_LAST_SENT = "argMaxIf(metadata, version, length(metadata) > 2)"


@attrs.frozen
class Piece:
    """A part of the table's key: what is behind `after` and up to `upto`."""

    project_id: str
    after: Place
    upto: Place

    @property
    def parameters(self) -> dict[str, Any]:
        """The values that the piece binds."""
        return {
            "project": self.project_id,
            **behind(self.after),
            **up_to(self.upto),
        }


def meant(project_id: str, selection: Selection, known: Located | None, limit: int) -> Query:
    """Find what `selection` means: traces `(trace_id)`, or spans `(trace_id, span_id)`.

    Only the `known` traces are looked at; with None, all.
    """
    if selection.spans is not None:
        lo, hi = selection.spans.start_time, selection.spans.end_time
        query = found_keys(
            project_id,
            selection.spans,
            SpanOrder.NEWEST,
            known=known,
            lo=lo,
            hi=None if hi is None else hi - 1,
            after=None,
            limit=limit,
        )
        return Query(f"SELECT trace_id, span_id FROM ({query.sql})", query.parameters)
    assert selection.traces is not None  # noqa: S101 - whoever asks has looked
    lo, hi = selection.traces.start_time, selection.traces.end_time
    query = rows(
        project_id,
        selection.traces,
        Order.NEWEST,
        known=known,
        lo=lo,
        hi=None if hi is None else hi - 1,
        after=None,
        limit=limit,
    )
    return Query(f"SELECT trace_id FROM ({query.sql})", query.parameters)


def end_of_piece(
    project_id: str, start_time: int | None, after: Place, known: Located | None
) -> Query:
    """Give the place up to which some megabytes follow `after`, of `known` or of all traces.

    There is no row where nothing follows. Rows of one key are never cut apart. As many rows are
    looked at as a piece can have, in the order of the key, however many there are.
    """
    parameters: dict[str, Any] = {
        "project": project_id,
        **behind(after),
        "row_bytes": _ROW_BYTES,
        "piece_bytes": _PIECE_BYTES,
        "most": _PIECE_BYTES // _ROW_BYTES + 1,
    }
    clauses = [PROJECT, *BEHIND, *since_of(start_time, parameters)]
    if known is not None:
        clauses += known.clauses(parameters)
    return Query(
        "SELECT last.1, last.2, last.3 FROM (SELECT count() AS rows,"
        " greatest(min(key), maxIf(key, upto <= {piece_bytes:UInt64})) AS last FROM"
        " (SELECT (toUnixTimestamp(hour), trace_id, span_id) AS key,"
        " sum(size) OVER (ORDER BY hour, trace_id, span_id) AS upto FROM"
        f" (SELECT {HOUR} AS hour, trace_id, span_id, {TEXT_BYTES} + {{row_bytes:UInt64}} AS size"
        f" FROM spans WHERE {' AND '.join(clauses)}"
        f" ORDER BY {HOUR}, trace_id, span_id LIMIT {{most:UInt64}}))) WHERE rows > 0",
        parameters,
    )


def ids_of_piece(piece: Piece) -> Query:
    """Give the traces that have a row of any version in the piece."""
    where = " AND ".join((PROJECT, *BEHIND, *UP_TO))
    return Query(f"SELECT DISTINCT trace_id FROM spans WHERE {where}", piece.parameters)


def rows_of_piece(
    piece: Piece,
    form: ExportForm,
    traces: Sequence[str] | None,
    spans: Sequence[tuple[str, str]] | None,
) -> Query:
    """Give the visible spans of the piece: as lines of JSON, or as the columns of a table.

    They are in the order of their traces, then of their starts. With `traces` or `spans`, only
    these.
    """
    parameters = piece.parameters
    own = _only(traces, parameters)
    if spans is not None:
        parameters["keys"] = [f"{trace_id}\n{span_id}" for trace_id, span_id in spans]
        own.append(f"{_KEY} IN {{keys:Array(String)}}")
    inside = [PROJECT, *BEHIND, *UP_TO]
    here = has_row(inside)
    seen = (
        "(trace_id, span_id, version) IN (SELECT trace_id, span_id, max(version) FROM spans"
        f" WHERE {' AND '.join([PROJECT, here, *hours_of_traces(inside)])}"
        " GROUP BY trace_id, span_id)"
    )
    where = " AND ".join((*inside, *own, seen))
    source = (
        f"(SELECT {', '.join(SPAN_COLUMNS)} FROM spans WHERE {where}"
        " LIMIT 1 BY trace_id, span_id) AS seen"
    )
    order = "ORDER BY seen.trace_id, seen.started_at, seen.span_id"
    if form is ExportForm.JSONL:
        return Query(f"SELECT {_line()} AS line FROM {source} {order}", parameters)
    said = (
        f"(SELECT trace_id, {_LAST_SENT} AS said FROM trace_announcements"
        f" WHERE {PROJECT} AND {here} GROUP BY trace_id) AS announced"
    )
    columns = ", ".join(f"{_column(name)} AS {name}" for name in SPAN_FIELDS)
    return Query(
        f"SELECT {columns}, if(said = '', '{{}}', said) AS {METADATA} FROM {source}"
        f" LEFT JOIN {said} ON announced.trace_id = seen.trace_id {order}",
        parameters,
    )


def announcement_lines(
    project_id: str, *, ids: Sequence[str] | None, after: str, limit: int
) -> Query:
    """Give `(trace_id, line)` for what was said of traces as a whole, by their ids.

    Of all of them, or of `ids`, those after `after`.
    """
    parameters: dict[str, Any] = {"project": project_id, "after": after, "limit": limit}
    clauses = [PROJECT, "trace_id > {after:String}", *_only(ids, parameters)]
    fields = {
        "trace_id": "toJSONString(trace_id)",
        "service_name": "toJSONString(argMax(service_name, version))",
        "started_at": _moment("argMax(started_at, version)"),
        "metadata": _on_one_line(f"if({_LAST_SENT} = '', '{{}}', {_LAST_SENT})"),
        "attributes": _on_one_line("argMax(attributes, version)"),
        "created_at": _moment("argMax(created_at, version)"),
        "spans": "'[]'",
    }
    return Query(
        f"SELECT trace_id, {_object(fields)} AS line FROM trace_announcements"
        f" WHERE {' AND '.join(clauses)} GROUP BY trace_id ORDER BY trace_id"
        " LIMIT {limit:UInt64}",
        parameters,
    )


def _only(ids: Sequence[str] | None, parameters: dict[str, Any]) -> list[str]:
    if ids is None:
        return []
    parameters["ids"] = list(ids)
    return ["trace_id IN {ids:Array(String)}"]


def _column(name: str) -> str:
    seen = f"seen.{column_of(name)}"
    if name in _NULL_WHEN_EMPTY:
        return f"nullIf(toString({seen}), '')"
    if name == "scores":
        return f"if({seen} = '', '[]', {seen})"
    if name == "flags":
        return f"arrayMap(p -> p.1, arrayFilter(p -> bitTest({seen}, p.2), [{_NAMED_BITS}]))"
    return seen


def _line() -> str:
    return _object({name: _value(name) for name in SPAN_FIELDS})


def _value(name: str) -> str:
    column = _column(name)
    if name in _MOMENTS:
        return _moment(column)
    if name in _RAW or name == "scores":
        return _on_one_line(column)
    if name in _WHOLE:
        return f"ifNull(toString({column}), 'null')"
    return f"ifNull(toJSONString({column}), 'null')"


def _object(fields: dict[str, str]) -> str:
    """Write a JSON object of values that are JSON already."""
    parts = ", ',', ".join(f"'\"{name}\":', {value}" for name, value in fields.items())
    return f"concat('{{', {parts}, '}}')"


def _moment(column: str) -> str:
    written = f"formatDateTime({column}, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')"
    return f"ifNull(concat('\"', {written}, '\"'), 'null')"


def _on_one_line(column: str) -> str:
    # Between the tokens of JSON that was sent as it is; inside its texts they are escaped.
    return f"translate({column}, '\\n\\r', '  ')"
