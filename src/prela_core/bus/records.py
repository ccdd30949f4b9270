"""A batch of spans as records of Kafka, and back.

A record carries many spans of one project, all of one partition: those of a trace stay together,
and a batch costs a handful of records. Its key is the trace id of its first span, so that any
client partitions it as we do. Nothing depends on that place: when partitions are added, later
spans of a trace go elsewhere, and the store collapses what came twice by its key all the same.

The value is MessagePack: `[spans, traces]`, each a list of columns in the order of the fields of
`SpanRecord` and `TraceRecord`. Columns cost half a microsecond a span more than rows and are a
sixth smaller once compressed, which Kafka does for a whole batch of records. Attributes, events
and links stay the JSON bytes they are. Headers say the rest:

| header | |
|---|---|
| `schema` | the version of this form, in decimal |
| `encoding` | `msgpack` |
| `project_id` | whose spans these are |
| `received_at` | when the gateway received them, in microseconds since 1970, in decimal |
| `id` | a hash of all of this: a record that was sent twice has one id |

A new field is a new version. `decode` reads every version that a topic may still hold. Workers are
brought up to date before gateways; a record that is newer than its worker is no poison that holds
others up, but a dead letter, kept until it is sent again to a worker that can read it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import starmap
from operator import attrgetter
from typing import Any, TypeVar

import attrs
import msgspec

from prela_core.bus.partitioning import partition_of
from prela_core.errors import MalformedError
from prela_core.model import SpanBatch, SpanRecord, TraceRecord

__all__ = [
    "RECORD_BYTES",
    "SCHEMA",
    "Record",
    "RecordError",
    "Topic",
    "bytes_of",
    "decode",
    "encode",
]

RECORD_BYTES = 900_000
"""How large the value of a record may be that holds more than one span.

A broker takes 1 MiB unless it is told otherwise. A span by itself is sent however large it is:
`wire.Limits` allows 1 MiB each for attributes, events and links.
"""

SCHEMA = 1
_ENCODING = b"msgpack"
_ID_BYTES = 16
_LARGEST_TIME = 2**63
_VERSION = re.compile(rb"[0-9]{1,9}")
_TEXT_BYTES = 256
"""About what ids, names, times and words of a span weigh."""


class RecordError(MalformedError):
    """The record is none of ours, or broken: no repetition will help it."""


@attrs.frozen
class Topic:
    """Where records go: a topic, and how many partitions it has."""

    name: str
    partitions: int = 1


@attrs.frozen
class Record:
    """What Kafka carries. `headers` are as described for this module."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


T = TypeVar("T", SpanRecord, TraceRecord)

_TYPES: dict[str, Any] = {
    "started_at": int,
    "ended_at": int | None,
    "duration_ms": float,
    "attributes": bytes,
    "events": bytes,
    "links": bytes,
    "metadata": bytes,
    "flags": int,
}
"""How fields are decoded; those not named are texts."""

_SPAN_FIELDS = tuple(field.name for field in attrs.fields(SpanRecord))
_TRACE_FIELDS = tuple(field.name for field in attrs.fields(TraceRecord))


def _columns_of(names: Sequence[str]) -> Any:
    lists: list[Any] = [list.__class_getitem__(_TYPES.get(name, str)) for name in names]
    return tuple.__class_getitem__(tuple(lists))


_to_msgpack = msgspec.msgpack.Encoder().encode
_COLUMNS: Any = tuple.__class_getitem__((_columns_of(_SPAN_FIELDS), _columns_of(_TRACE_FIELDS)))
_from_msgpack = msgspec.msgpack.Decoder(_COLUMNS).decode
_SPAN_GETTERS = tuple(map(attrgetter, _SPAN_FIELDS))
_TRACE_GETTERS = tuple(map(attrgetter, _TRACE_FIELDS))
_NO_SPANS: list[list[Any]] = [[] for _ in _SPAN_FIELDS]
_NO_TRACES: list[list[Any]] = [[] for _ in _TRACE_FIELDS]


def encode(
    batch: SpanBatch, *, spans: Topic, traces: Topic, limit: int = RECORD_BYTES
) -> list[Record]:
    """Give the records that carry `batch`: its spans, then what was said of whole traces.

    Every span is in exactly one record. A value is at most `limit` bytes, unless it is that of
    a single span or trace.
    """
    records = []
    for group in _by_partition(batch.spans, spans.partitions):
        for first, value in _values(group, _span_value, limit):
            records.append(_record(spans.name, first.trace_id, value, batch))
    for said in _by_partition(batch.traces, traces.partitions):
        for trace, value in _values(said, _trace_value, limit):
            records.append(_record(traces.name, trace.trace_id, value, batch))
    return records


def decode(record: Record) -> SpanBatch:
    """Give the batch that `record` carries; raises `RecordError` for anything else."""
    headers = dict(record.headers)
    schema, encoding = headers.get("schema"), headers.get("encoding")
    if schema != b"%d" % SCHEMA:
        raise RecordError(_unknown(schema))
    if encoding != _ENCODING:
        raise RecordError(f"a record in the unknown encoding {_shown(encoding)}")
    if record.value is None:
        raise RecordError("a record without a value")
    try:
        project_id = headers["project_id"].decode()
        received_at = int(headers["received_at"])
        spans, traces = _from_msgpack(record.value)
        batch = SpanBatch(
            project_id,
            received_at,
            list(starmap(SpanRecord, zip(*spans, strict=True))),
            list(starmap(TraceRecord, zip(*traces, strict=True))),
        )
    except msgspec.DecodeError as error:  # it names places and types, and no content
        raise RecordError(f"a record that can't be read: {error}") from error
    # All else that unknown bytes may lead to: a list can claim to be longer than memory, too.
    except (KeyError, AttributeError, TypeError, ValueError, MemoryError, RecursionError) as error:
        raise RecordError(f"a record that can't be read ({type(error).__name__})") from error
    if not 0 <= received_at < _LARGEST_TIME:
        raise RecordError("a record that was received at no time")
    return batch


def bytes_of(batch: SpanBatch) -> int:
    """Say about how many bytes the values of the records of `batch` hold."""
    return sum(map(_weight, batch.spans)) + sum(map(_weight, batch.traces))


def _by_partition(kept: Sequence[T], partitions: int) -> Iterable[list[T]]:
    if partitions <= 1:
        return [list(kept)] if kept else []
    places: dict[str, list[T]] = {}
    groups: dict[int, list[T]] = {}
    for each in kept:
        group = places.get(each.trace_id)
        if group is None:
            place = partition_of(each.trace_id.encode(), partitions)
            group = places[each.trace_id] = groups.setdefault(place, [])
        group.append(each)
    return groups.values()


def _values(
    kept: list[T], to_value: Callable[[list[T]], bytes], limit: int
) -> Iterator[tuple[T, bytes]]:
    """Give the first of each part of `kept`, and the part's value, in order."""
    parts = _parts(kept, limit)
    while parts:
        part = parts.pop()
        value = to_value(part)
        if len(value) <= limit or len(part) == 1:
            yield part[0], value
        else:  # texts were longer than expected
            half = len(part) // 2
            parts += [part[half:], part[:half]]


def _parts(kept: list[T], limit: int) -> list[list[T]]:
    """Cut `kept` by what its JSON weighs; the last part comes first."""
    parts: list[list[T]] = []
    begun, weight = 0, 0
    for index, each in enumerate(kept):
        own = _weight(each)
        if weight + own > limit and index > begun:
            parts.append(kept[begun:index])
            begun, weight = index, 0
        weight += own
    parts.append(kept[begun:])
    parts.reverse()
    return parts


def _weight(each: SpanRecord | TraceRecord) -> int:
    if isinstance(each, SpanRecord):
        return _TEXT_BYTES + len(each.attributes) + len(each.events) + len(each.links)
    return _TEXT_BYTES + len(each.metadata) + len(each.attributes)


def _span_value(spans: list[SpanRecord]) -> bytes:
    return _to_msgpack([[list(map(field, spans)) for field in _SPAN_GETTERS], _NO_TRACES])


def _trace_value(traces: list[TraceRecord]) -> bytes:
    return _to_msgpack([_NO_SPANS, [list(map(field, traces)) for field in _TRACE_GETTERS]])


def _record(topic: str, trace_id: str, value: bytes, batch: SpanBatch) -> Record:
    project_id = batch.project_id.encode()
    received_at = b"%d" % batch.received_at
    hashed = hashlib.blake2b(value, digest_size=_ID_BYTES, salt=received_at[-16:])
    hashed.update(project_id)
    headers = (
        ("schema", b"%d" % SCHEMA),
        ("encoding", _ENCODING),
        ("project_id", project_id),
        ("received_at", received_at),
        ("id", hashed.hexdigest().encode()),
    )
    return Record(topic, trace_id.encode(), value, headers)


def _unknown(schema: bytes | None) -> str:
    said = f"a record of schema {_shown(schema)}, where {SCHEMA} is the newest known"
    if schema is not None and _VERSION.fullmatch(schema) and int(schema) > SCHEMA:
        said += "; bring the workers up to date, then send it again with `prela dlq replay`"
    return said


def _shown(header: bytes | None) -> str:
    return "unsaid" if header is None else header[:32].decode("ascii", "replace")
