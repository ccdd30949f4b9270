"""Spans to columns and back: the one place that knows both the schema and the model."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import attrs
from msgspec import Raw

from prela_core.compiled import compiled
from prela_core.conventions import CONVENTIONS_VERSION, TypedColumns, resolve
from prela_core.model import Flag, SpanBatch, SpanRecord, from_micros, to_micros
from prela_core.store.results import StoredSpan
from prela_core.store.versions import reread_version, version_of
from prela_core.store.within import WITHIN, columns_of, kept
from prela_core.wire.words import span_type_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "BODIES",
    "OUTLINE_FIELDS",
    "SPAN_COLUMNS",
    "SPAN_FIELDS",
    "Rewritten",
    "announcement_table",
    "record_of",
    "reread",
    "rewritten_table",
    "span_table",
    "spans_from_columns",
    "spans_from_rows",
    "stored_span",
]

SPAN_FIELDS = tuple(field.name for field in attrs.fields(StoredSpan))
"""The fields of a `StoredSpan`, in its order."""
SPAN_COLUMNS = columns_of(SPAN_FIELDS)
"""The columns that they are read from."""

_RECORD_TEXTS = (
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "span_type_sent",
    "service_name",
    "status",
    "status_sent",
    "status_message",
)
_RECORD_JSON = ("attributes", "events", "links")
_TYPED_TEXTS = (
    "span_type",
    "provider",
    "model",
    "cost_source",
    "price_version",
    "session_id",
    "user_id",
    "agent_name",
    "tool_name",
    "input",
    "output",
    "environment",
)
_TYPED_JSON = "scores"
_MOMENTS = ("started_at", "ended_at", "created_at")
_ABSENT_WHEN_EMPTY = (
    "parent_span_id",
    "status_message",
    *(name for name in _TYPED_TEXTS if name != "span_type"),
)
_NO_SCORES = "[]"
BODIES = {
    "attributes": "{}",
    **dict.fromkeys(("events", "links", "scores"), _NO_SCORES),
    **dict.fromkeys(("input", "output"), ""),
}
"""The columns that hold nearly all of a span's text, and what stands for them in an outline."""
OUTLINE_FIELDS = tuple(name for name in SPAN_FIELDS if name not in BODIES)
_OWN_OBJECT = "flags"
"""The field whose value, a list, no two spans share."""
_TYPED_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
_TYPED_NUMBERS = ("cost_usd", "ttft_ms")
_VERSION_BYTES = 8

_log = logging.getLogger(__name__)
_compiled = compiled("columns")


@attrs.frozen
class Rewritten:
    """A row that takes the place of a stored one: the same span, read again."""

    project_id: str
    span: SpanRecord
    typed: TypedColumns
    received_at: int
    version: int


def span_table(batches: Sequence[SpanBatch], stored_at: int = 0) -> pa.Table:
    """Build the Arrow table that is inserted into `spans`, at `stored_at` in microseconds."""
    fault: Exception | None = None
    if _compiled is not None:
        try:
            return _at(_from_buffers(_compiled.span_columns(list(batches))), stored_at)
        except (OverflowError, TypeError, ValueError) as error:
            fault = error  # what is wrong is said below, if anything is
    projects: list[str] = []
    received: list[int] = []
    spans: list[SpanRecord] = []
    for batch in batches:
        projects += [batch.project_id] * len(batch.spans)
        received += [batch.received_at] * len(batch.spans)
        spans += batch.spans
    typed = [resolve(span) for span in spans]
    versions = [version_of(span, at) for span, at in zip(spans, received, strict=True)]
    table = _table(projects, spans, typed, received, versions)
    if fault is not None:
        _log.warning("what is compiled made no columns of %d spans: %r", len(spans), fault)
    return _at(table, stored_at)


def _from_buffers(buffers: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Make a table of the buffers of its columns, in the order of `_table`."""
    import pyarrow as pa  # noqa: PLC0415 - as below

    rows = len(buffers["version"][-1]) // _VERSION_BYTES
    columns: dict[str, pa.Array] = {}
    for name, kind in _kinds().items():
        if name == "conventions_version":
            columns[name] = pa.repeat(pa.scalar(CONVENTIONS_VERSION, kind), rows)
            continue
        held = [None if each is None else pa.py_buffer(each) for each in buffers[name]]
        columns[name] = pa.Array.from_buffers(kind, rows, held)
    return pa.table(columns)


@cache
def _kinds() -> dict[str, pa.DataType]:
    schema = _table([], [], [], [], []).schema
    return dict(zip(schema.names, schema.types, strict=True))


def rewritten_table(rows: Sequence[Rewritten]) -> pa.Table:
    """Build the Arrow table that puts `rows` into `spans`."""
    return _table(
        *(_column(rows, name) for name in ("project_id", "span", "typed", "received_at", "version"))
    )


def _at(table: pa.Table, stored_at: int) -> pa.Table:
    """Add when the rows were stored; those that are only read again are no news, and have 1970."""
    import pyarrow as pa  # noqa: PLC0415 - as below

    moments = pa.repeat(pa.scalar(stored_at, pa.timestamp("us", "UTC")), table.num_rows)
    return table.append_column("stored_at", moments)


def _table(
    projects: list[str],
    spans: list[SpanRecord],
    typed: list[TypedColumns],
    received: list[int],
    versions: list[int],
) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed where spans are stored

    moment = pa.timestamp("us", "UTC")
    columns: dict[str, pa.Array] = {"project_id": pa.array(projects, pa.string())}
    for name in _RECORD_TEXTS:
        columns[name] = pa.array(_column(spans, name), pa.string())
    for name in _RECORD_JSON:
        columns[name] = pa.array(_column(spans, name), pa.binary())
    for name in ("started_at", "ended_at"):
        columns[name] = pa.array(_column(spans, name), moment)
    columns["duration_ms"] = pa.array([span.duration_ms for span in spans], pa.float64())
    for name in _TYPED_TEXTS:
        if name not in WITHIN:
            columns[name] = pa.array(_column(typed, name), pa.string())
    attributes = _column(spans, "attributes")
    for name in WITHIN:
        apart, places, lengths = kept(_column(typed, name), attributes)
        columns[name] = pa.array(apart, pa.string())
        columns[f"{name}_at"] = pa.array(places, pa.uint32())
        columns[f"{name}_length"] = pa.array(lengths, pa.uint32())
    columns[_TYPED_JSON] = pa.array(_column(typed, _TYPED_JSON), pa.string())
    for name in _TYPED_COUNTS:
        columns[name] = pa.array(_column(typed, name), pa.uint64())
    for name in _TYPED_NUMBERS:
        columns[name] = pa.array(_column(typed, name), pa.float64())
    columns["flags"] = pa.array(
        [span.flags | each.flags for span, each in zip(spans, typed, strict=True)], pa.uint32()
    )
    columns["conventions_version"] = pa.array([CONVENTIONS_VERSION] * len(spans), pa.uint16())
    columns["version"] = pa.array(versions, pa.uint64())
    columns["created_at"] = pa.array(received, moment)
    return pa.table(columns)


def _column(rows: Iterable[object], name: str) -> list[Any]:
    return list(map(attrgetter(name), rows))


def announcement_table(batches: Iterable[SpanBatch]) -> pa.Table | None:
    """Build the Arrow table for `trace_announcements`; None when nothing was announced."""
    import pyarrow as pa  # noqa: PLC0415 - as above

    rows = [(batch, trace) for batch in batches for trace in batch.traces]
    if not rows:
        return None
    moment = pa.timestamp("us", "UTC")
    received = [batch.received_at for batch, _ in rows]
    return pa.table(
        {
            "project_id": pa.array([batch.project_id for batch, _ in rows], pa.string()),
            "trace_id": pa.array([trace.trace_id for _, trace in rows], pa.string()),
            "service_name": pa.array([trace.service_name for _, trace in rows], pa.string()),
            "started_at": pa.array([trace.started_at for _, trace in rows], moment),
            "metadata": pa.array([trace.metadata for _, trace in rows], pa.binary()),
            "attributes": pa.array([trace.attributes for _, trace in rows], pa.binary()),
            "version": pa.array(received, pa.uint64()),
            "created_at": pa.array(received, moment),
        }
    )


def stored_span(
    span: SpanRecord, received_at: int, typed: TypedColumns | None = None
) -> StoredSpan:
    """Show a record as a reader would see it, without a store between."""
    typed = typed or resolve(span)
    return StoredSpan(
        span_id=span.span_id,
        trace_id=span.trace_id,
        parent_span_id=span.parent_span_id or None,
        name=span.name,
        service_name=span.service_name,
        started_at=from_micros(span.started_at),
        ended_at=None if span.ended_at is None else from_micros(span.ended_at),
        duration_ms=span.duration_ms,
        status=span.status,
        status_message=span.status_message or None,
        attributes=Raw(span.attributes),
        events=Raw(span.events),
        links=Raw(span.links),
        span_type_sent=span.span_type_sent,
        status_sent=span.status_sent,
        span_type=typed.span_type,
        scores=Raw((typed.scores or _NO_SCORES).encode()),
        flags=Flag(span.flags | typed.flags).names(),
        created_at=from_micros(received_at),
        **{name: getattr(typed, name) or None for name in _TYPED_TEXTS if name != "span_type"},
        **{name: getattr(typed, name) for name in _TYPED_COUNTS + _TYPED_NUMBERS},
    )


def record_of(span: StoredSpan) -> SpanRecord:
    """Give the record that a stored span was read from, so that it can be read again."""
    flags = sum(Flag[name.upper()] for name in span.flags) & ~Flag.BAD_NUMBER
    return SpanRecord(
        trace_id=span.trace_id,
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or "",
        name=span.name,
        # The stored type may be what the attributes said; what was sent tells.
        span_type=span_type_of(span.span_type_sent) or ("custom" if span.span_type_sent else ""),
        span_type_sent=span.span_type_sent,
        service_name=span.service_name,
        started_at=to_micros(span.started_at),
        ended_at=None if span.ended_at is None else to_micros(span.ended_at),
        duration_ms=span.duration_ms,
        status=span.status,
        status_sent=span.status_sent,
        status_message=span.status_message or "",
        attributes=bytes(span.attributes),
        events=bytes(span.events),
        links=bytes(span.links),
        flags=int(flags),
    )


def reread(project_id: str, stored: StoredSpan, version: int) -> Rewritten | None:
    """Read a stored span by the tables of now; None when it reads as it did."""
    span, received_at = record_of(stored), to_micros(stored.created_at)
    typed = resolve(span)
    if stored_span(span, received_at, typed) == stored:
        return None
    return Rewritten(project_id, span, typed, received_at, reread_version(version))


def spans_from_rows(rows: Sequence[Sequence[Any]]) -> list[StoredSpan]:
    """Build spans from rows of the columns in `SPAN_FIELDS`, moments as microseconds."""
    return spans_from_columns(list(zip(*rows, strict=True))) if rows else []


def spans_from_columns(
    columns: Sequence[Sequence[Any]], *, bodies: bool = True
) -> list[StoredSpan]:
    """Build spans from the columns in `SPAN_FIELDS`, or without `bodies` in `OUTLINE_FIELDS`.

    Moments are microseconds. Many columns of a trace hold one value: that is read once, and shared
    by the spans.
    """
    if not columns or not columns[0]:  # of no rows, the driver may give no columns either
        return []
    shared: dict[str, Any] = {}
    names: list[str] = []
    own: list[list[Any]] = []
    given = dict(zip(SPAN_FIELDS if bodies else OUTLINE_FIELDS, columns, strict=True))
    for name in SPAN_FIELDS:
        column = given[name] if name in given else [BODIES[name]]
        is_shared = (
            name != _OWN_OBJECT
            and not isinstance(column[0], float)  # 0.0 is equal to -0.0, and another text
            and column.count(column[0]) == len(column)
        )
        read = _read(name, column[:1] if is_shared else column)
        shared[name] = read[0]  # of all fields, so that each has its place
        if not is_shared:
            names.append(name)
            own.append(read)
    spans = []
    for values in zip(*own, strict=True):
        fields = shared.copy()
        fields.update(zip(names, values, strict=True))
        # What the class's own `__init__` would do, which takes many times as long; its fields
        # have neither validators nor converters, and stand in the order of `SPAN_FIELDS`.
        span = object.__new__(StoredSpan)
        object.__setattr__(span, "__dict__", fields)
        spans.append(span)
    return spans


def _read(name: str, column: Sequence[Any]) -> list[Any]:
    """Give the values of a field from those of its column."""
    if name in _MOMENTS:
        return [None if micros is None else from_micros(micros) for micros in column]
    if name in _RECORD_JSON:
        return [Raw(text.encode()) for text in column]
    if name in _ABSENT_WHEN_EMPTY:
        return [text or None for text in column]
    if name == _TYPED_JSON:
        return [Raw((text or _NO_SCORES).encode()) for text in column]
    if name == _OWN_OBJECT:
        return [list(_flag_names(flags)) for flags in column]
    return list(column)


@lru_cache(maxsize=256)
def _flag_names(flags: int) -> tuple[str, ...]:
    return tuple(Flag(flags).names())
