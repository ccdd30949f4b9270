"""Reading exported spans again: what a store or a server is given of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

import attrs
import msgspec
from msgspec import Raw

from prela_core.errors import InvalidError, MalformedError, TooLargeError
from prela_core.model import Flag, SpanBatch, SpanRecord, Status, TraceRecord, id_fault, to_micros
from prela_core.store.export.queries import METADATA
from prela_core.store.results import StoredSpan
from prela_core.store.rows import record_of
from prela_core.wire.decoded import Rejected
from prela_core.wire.limits import Limits
from prela_core.wire.normalise import check_depth
from prela_core.wire.prela_json import read_leniently
from prela_core.wire.repair import plain_text
from prela_core.wire.timestamps import EARLIEST, LATEST

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["StoredBatches", "read_stored", "stored_lines"]

_MAX_ITEMS = 50_000
_STATUSES = frozenset(word.value for word in Status)
_FLAGS = frozenset(name for flag in Flag for name in flag.names())
_DEPTH = Limits(depth=Limits().depth + 1)
_ITEM_BYTES = 3 * 1024 * 1024
"""More than a span can hold: its attributes are bounded when it is received."""


class _Announced(msgspec.Struct):
    trace_id: str
    service_name: str
    started_at: datetime
    created_at: datetime
    metadata: Raw = Raw(b"{}")
    attributes: Raw = Raw(b"{}")
    span_id: str | None = None


class _Body(msgspec.Struct):
    spans: list[Raw]


_read_body = msgspec.json.Decoder(_Body).decode
_read_list = msgspec.json.Decoder(list[Raw]).decode
_read_span = msgspec.json.Decoder(StoredSpan).decode
_read_announced = msgspec.json.Decoder(_Announced).decode


@attrs.frozen
class StoredBatches:
    """What was read: spans and traces by the moment they were received, and what was refused."""

    batches: list[SpanBatch]
    rejected: list[Rejected]
    total: int

    @property
    def spans(self) -> list[SpanRecord]:
        """All spans that were read."""
        return [span for batch in self.batches for span in batch.spans]


def read_stored(project_id: str, body: bytes, *, now: int) -> StoredBatches:
    """Read exported spans, and what was said of traces, as a JSON list, into `project_id`.

    The list may also be the `spans` of an object.

    Each keeps the moment it was received, no later than `now` (microseconds), so that the
    version of a span that is seen is the same as where it comes from. Raises `MalformedError`
    for what is no JSON list, and `TooLargeError` for one of over 50,000.
    """
    found: Any = read_leniently(plain_text(body), _read_list, _read_body)
    items: list[Raw] = found.spans if isinstance(found, _Body) else found
    if len(items) > _MAX_ITEMS:
        raise TooLargeError(f"the list has {len(items):,} items; at most {_MAX_ITEMS:,} are taken")
    spans: dict[int, dict[tuple[str, str], SpanRecord]] = {}
    traces: dict[int, dict[str, TraceRecord]] = {}
    rejected = []
    total = 0
    for index, item in enumerate(items):
        try:
            if b'"span_id"' in bytes(item):
                total += 1
                span = _span(bytes(item))
                record = record_of(span)
                at = min(to_micros(span.created_at), now)
                spans.setdefault(at, {})[record.trace_id, record.span_id] = record
            else:
                said, record_ = _announced(bytes(item))
                traces.setdefault(min(to_micros(said), now), {})[record_.trace_id] = record_
        except (InvalidError, MalformedError) as error:
            rejected.append(Rejected(index, None, str(error)))
    moments = sorted({*spans, *traces})
    batches = [
        SpanBatch(
            project_id, at, list(spans.get(at, {}).values()), list(traces.get(at, {}).values())
        )
        for at in moments
    ]
    return StoredBatches(batches, rejected, total)


def _span(item: bytes) -> StoredSpan:
    if len(item) > _ITEM_BYTES:
        raise InvalidError(f"the span has over {_ITEM_BYTES:,} bytes")
    check_depth(item, "the span", _DEPTH)
    try:
        span = _read_span(item)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidError(f"this is no exported span: {error}") from None
    faults = [
        (name, fault)
        for name in ("trace_id", "span_id", "parent_span_id")
        if (getattr(span, name) is not None or name != "parent_span_id")
        and (fault := id_fault(getattr(span, name)))
    ]
    faults += [
        (name, f"is no {word}")
        for name, mark, word in (
            ("attributes", b"{", "object"),
            ("events", b"[", "list"),
            ("links", b"[", "list"),
        )
        if bytes(getattr(span, name)).lstrip()[:1] != mark
    ]
    if span.status not in _STATUSES:
        faults.append(("status", f"is not one of {', '.join(Status)}"))
    if not _FLAGS.issuperset(span.flags):
        faults.append(("flags", f"are not among {', '.join(sorted(_FLAGS))}"))
    if not math.isfinite(span.duration_ms):
        faults.append(("duration_ms", "is no number"))
    faults += [
        (name, "is not between 1970 and 2100")
        for name in ("started_at", "ended_at", "created_at")
        if (moment := getattr(span, name)) is not None
        and not EARLIEST <= to_micros(moment) < LATEST
    ]
    if faults:
        raise InvalidError(" ".join(faults[0]))
    return span


def _announced(item: bytes) -> tuple[datetime, TraceRecord]:
    check_depth(item, "the trace", _DEPTH)
    try:
        said = _read_announced(item)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InvalidError(f"this is no exported trace: {error}") from None
    if fault := id_fault(said.trace_id):
        raise InvalidError(f"trace_id {fault}")
    for name in ("metadata", "attributes"):
        if bytes(getattr(said, name)).lstrip()[:1] != b"{":
            raise InvalidError(f"{name} is no object")
    record = TraceRecord(
        trace_id=said.trace_id,
        service_name=said.service_name,
        started_at=to_micros(said.started_at),
        metadata=bytes(said.metadata),
        attributes=bytes(said.attributes),
    )
    return said.created_at, record


_JSON = ("attributes", "events", "links", "scores")
_ENCODE = msgspec.json.Encoder().encode


def stored_lines(batches: Iterable[pa.RecordBatch]) -> Iterator[bytes]:
    """Give the rows of Arrow or Parquet files as the lines that `ExportForm.JSONL` has.

    Raises `InvalidError` for rows that lack a column of an export.
    """
    told: set[str] = set()
    for batch in batches:
        lacking = set(attrs.fields_dict(StoredSpan)) - set(batch.schema.names)
        if lacking:
            raise InvalidError(f"this is no export of Prela: it lacks the column {min(lacking)}")
        for row in batch.to_pylist():
            metadata = row.pop(METADATA, None) or "{}"
            if metadata != "{}" and row["trace_id"] not in told:
                told.add(row["trace_id"])
                said = {name: row[name] for name in ("trace_id", "service_name", "started_at")}
                said |= {"created_at": row["created_at"], "metadata": Raw(metadata.encode())}
                yield _ENCODE(said | {"spans": []})
            yield _ENCODE(row | {name: Raw(row[name].encode()) for name in _JSON})
