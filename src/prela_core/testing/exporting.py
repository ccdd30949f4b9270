"""Exports of spans in memory, each of one piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.model import TraceRecord, from_micros
from prela_core.store import StoredSpan
from prela_core.store.export import ExportForm, Selection
from prela_core.store.export.files import file_of, schema
from prela_core.store.export.queries import METADATA
from prela_core.store.rows import SPAN_FIELDS
from prela_core.testing.asking import span_meets
from prela_core.testing.matching import check, describes

__all__ = ["exported"]

Announced = tuple[int, TraceRecord, Raw]
"""When a trace was last announced, as what, and its metadata."""


def exported(
    traces: Mapping[str, Sequence[StoredSpan]],
    announced: Mapping[str, Announced],
    selection: Selection,
    form: ExportForm,
) -> Iterator[bytes]:
    """Give a file of the spans of `traces` that `selection` means."""
    if selection.traces is not None:
        check(selection.traces)
    chosen = [span for spans in traces.values() for span in spans if _means(selection, span, spans)]
    chosen.sort(key=lambda span: (span.trace_id, span.started_at, span.span_id))
    if form is ExportForm.JSONL:
        of = set(announced) if selection.is_everything else {span.trace_id for span in chosen}
        said = [_announcement(*announced[each]) for each in sorted(of & set(announced))]
        yield b"".join(map(_line, (*said, *chosen)))
        return
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only needed for these forms

    rows = []
    for span in chosen:
        row = {name: _plain(getattr(span, name)) for name in SPAN_FIELDS}
        told = announced.get(span.trace_id)
        rows.append(row | {METADATA: "{}" if told is None else _plain(told[2])})
    yield from file_of(form, [pa.Table.from_pylist(rows, schema())] if rows else [])


def _means(selection: Selection, span: StoredSpan, spans: Sequence[StoredSpan]) -> bool:
    if selection.spans is not None:
        return span_meets(selection.spans, span, spans)
    return selection.traces is None or describes(selection.traces, spans)


def _announcement(received_at: int, record: TraceRecord, metadata: Raw) -> dict[str, Any]:
    return {
        "trace_id": record.trace_id,
        "service_name": record.service_name,
        "started_at": from_micros(record.started_at),
        "metadata": metadata,
        "attributes": Raw(record.attributes),
        "created_at": from_micros(received_at),
        "spans": [],
    }


def _line(value: Any) -> bytes:
    # Line ends can only stand between the tokens of what was sent as it is.
    encoded = msgspec.json.encode(value)
    return encoded.replace(b"\n", b" ").replace(b"\r", b" ") + b"\n"


def _plain(value: Any) -> Any:
    return bytes(value).decode() if isinstance(value, Raw) else value
