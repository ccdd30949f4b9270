from __future__ import annotations

from collections import Counter

import attrs
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.bus import Record, RecordError, Topic
from prela_core.bus.partitioning import partition_of
from prela_core.bus.records import RECORD_BYTES, SCHEMA, decode, encode
from prela_core.errors import MalformedError
from prela_core.model import SpanBatch, SpanRecord, TraceRecord
from prela_core.testing import span_record

SPANS = Topic("spans", 6)
TRACES = Topic("traces", 3)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ids = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20)
micros = st.integers(-(2**63), 2**63 - 1)
spans = st.builds(
    SpanRecord,
    trace_id=st.sampled_from(["t1", "t2", "t3", "t4", "t5"]) | ids,
    span_id=ids,
    parent_span_id=texts,
    name=texts,
    span_type=texts,
    span_type_sent=texts,
    service_name=texts,
    started_at=micros,
    ended_at=st.none() | micros,
    duration_ms=st.floats(allow_nan=False),
    status=texts,
    status_sent=texts,
    status_message=texts,
    attributes=st.binary(max_size=300),
    events=st.binary(max_size=20),
    links=st.binary(max_size=20),
    flags=st.integers(0, 63),
)
traces = st.builds(
    TraceRecord,
    trace_id=ids,
    service_name=texts,
    started_at=micros,
    metadata=st.binary(max_size=300),
    attributes=st.binary(max_size=20),
)
batches = st.builds(
    SpanBatch,
    project_id=texts,
    received_at=st.integers(0, 2**63 - 1),
    spans=st.lists(spans, max_size=12),
    traces=st.lists(traces, max_size=5),
)


def _counted(kept: list[SpanRecord] | list[TraceRecord]) -> Counter[tuple[object, ...]]:
    return Counter(attrs.astuple(each) for each in kept)


def _record(value: bytes | None, **headers: bytes) -> Record:
    known = {
        "schema": b"%d" % SCHEMA,
        "encoding": b"msgpack",
        "project_id": b"p",
        "received_at": b"1",
    }
    return Record("spans", b"k", value, tuple((known | headers).items()))


@given(
    batch=batches,
    partitions=st.integers(0, 9),
    limit=st.sampled_from([1, 300, 600, 1000, RECORD_BYTES]),
)
@settings(max_examples=200)
def test_every_span_comes_back_once_from_records_of_one_partition_each(
    batch: SpanBatch, partitions: int, limit: int
) -> None:
    places = [Topic("spans", partitions), Topic("traces", partitions)]
    records = encode(batch, spans=places[0], traces=places[1], limit=limit)
    seen_spans: list[SpanRecord] = []
    seen_traces: list[TraceRecord] = []
    for record in records:
        part = decode(record)
        assert (batch.project_id, batch.received_at) == (part.project_id, part.received_at)
        kept = part.spans or part.traces
        assert not (part.spans and part.traces)
        assert ("spans" if part.spans else "traces") == record.topic
        assert record.key is not None
        assert kept[0].trace_id.encode() == record.key
        if partitions:
            place = partition_of(record.key, partitions)
            assert {place} == {partition_of(one.trace_id.encode(), partitions) for one in kept}
        assert record.value is not None
        assert len(record.value) <= limit or 1 == len(kept)
        seen_spans += part.spans
        seen_traces += part.traces
    assert _counted(list(batch.spans)) == _counted(seen_spans)
    assert _counted(list(batch.traces)) == _counted(seen_traces)


def test_the_order_within_a_trace_is_kept() -> None:
    many = [span_record(span_id=f"{number:04}", attributes=b"x" * 2000) for number in range(2000)]
    records = encode(SpanBatch("p", 1, many), spans=SPANS, traces=TRACES)
    sizes = [len(record.value or b"") for record in records]
    assert max(sizes) <= RECORD_BYTES
    assert 6 == len(sizes)
    assert many == [span for record in records for span in decode(record).spans]


def test_a_span_larger_than_a_record_may_be_is_one_by_itself() -> None:
    small = [span_record(span_id=name, attributes=b"{}") for name in "ab"]
    large = span_record(span_id="l", attributes=b"x" * 2**20, events=b"y" * 2**20)
    records = encode(SpanBatch("p", 1, [small[0], large, small[1]]), spans=SPANS, traces=TRACES)
    assert [["a"], ["l"], ["b"]] == [
        [span.span_id for span in decode(record).spans] for record in records
    ]


def test_texts_that_weigh_more_than_expected_are_split_too() -> None:
    many = [span_record(span_id=f"{number}", name="退" * 1024) for number in range(600)]
    records = encode(SpanBatch("p", 1, many), spans=SPANS, traces=TRACES)
    assert max(len(record.value or b"") for record in records) <= RECORD_BYTES
    assert many == [span for record in records for span in decode(record).spans]


def test_nothing_makes_no_record() -> None:
    assert [] == encode(SpanBatch("p", 1, []), spans=SPANS, traces=TRACES)


def test_headers_say_whose_and_when_and_name_the_record() -> None:
    def sent(**changed: object) -> dict[str, bytes]:
        batch = attrs.evolve(SpanBatch("a project", 1_700_000_000_000_001, [span_record()]))
        [record] = encode(attrs.evolve(batch, **changed), spans=SPANS, traces=TRACES)
        return dict(record.headers)

    headers = sent()
    assert {
        "schema": b"1",
        "encoding": b"msgpack",
        "project_id": b"a project",
        "received_at": b"1700000000000001",
        "id": headers["id"],
    } == headers
    again = [sent(), sent(project_id="b"), sent(received_at=2), sent(spans=[span_record(flags=1)])]
    assert [True, False, False, False] == [headers["id"] == each["id"] for each in again]


def test_the_first_version_is_read_for_ever() -> None:
    """Bytes of a topic: a version that is written no more must still be read."""
    value = bytes.fromhex(
        "92dc001191a17491a17391a091a16e91a36c6c6d91a34c4c4d91a76167656e742d3191cf00038d7ea4c68000"
        "91c091cb000000000000000091a770656e64696e6791a091a091c4027b7d91c4025b5d91c4025b5d91089590"
        "90909090"
    )
    expected = SpanRecord(
        "t", "s", "", "n", "llm", "LLM", "agent-1", 10**15, None, 0.0, "pending", "", "", b"{}",
        b"[]", b"[]", 8,
    )  # fmt: skip
    assert SpanBatch("p", 1, [expected], []) == decode(_record(value))


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_any_other_bytes_are_an_error_of_the_record(garbage: bytes) -> None:
    with pytest.raises(RecordError):
        decode(_record(garbage))


@given(st.data())
@settings(max_examples=300)
def test_damaged_records_are_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    batch = SpanBatch("p", 1, [span_record(), span_record(span_id="b")])
    [record] = encode(batch, spans=SPANS, traces=TRACES)
    damaged = bytearray(record.value or b"")
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        read = decode(attrs.evolve(record, value=bytes(damaged)))
    except RecordError:
        return
    assert all(isinstance(span, SpanRecord) for span in read.spans)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\x92\xdd\xff\xff\xff\xff",  # a list that claims four thousand million members
        b"\x92\xdc\xff\xff" + b"\x91" * 100_000,
        b"\x91" * 1_000_000,
        msgspec.msgpack.encode({"spans": []}),
        msgspec.msgpack.encode([[["a"]] * 17, [[]] * 5]),
        msgspec.msgpack.encode([[[]] * 16, [[]] * 5]),
        msgspec.msgpack.encode([[["a"], *[[]] * 16], [[]] * 5]),
        msgspec.msgpack.encode([[[]] * 17, [["a"], [], [], [], []]]),
        msgspec.msgpack.encode([[[]] * 17, [[]] * 5]) + b"\x00",
    ],
)
def test_broken_values_are_refused(value: bytes | None) -> None:
    with pytest.raises(RecordError):
        decode(_record(value))


@pytest.mark.parametrize(
    "headers",
    [
        {"schema": b"2"},
        {"schema": b""},
        {"schema": b"\xff" * 9999},
        {"encoding": b"json"},
        {"project_id": b"\xff"},
        {"received_at": b"soon"},
        {"received_at": b"-1"},
        {"received_at": b"9" * 5000},
        {"received_at": b"%d" % 2**63},
        {"received_at": None},
        {"project_id": None},
    ],
)
def test_headers_that_are_not_ours_are_refused(headers: dict[str, bytes]) -> None:
    good = msgspec.msgpack.encode([[[]] * 17, [[]] * 5])
    assert SpanBatch("p", 1, [], []) == decode(_record(good))
    with pytest.raises(RecordError) as caught:
        decode(_record(good, **headers))
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("missing", ["schema", "encoding", "project_id", "received_at"])
def test_no_header_can_be_missing(missing: str) -> None:
    record = _record(msgspec.msgpack.encode([[[]] * 17, [[]] * 5]))
    without = tuple(pair for pair in record.headers if pair[0] != missing)
    with pytest.raises(RecordError):
        decode(attrs.evolve(record, headers=without))


def test_the_error_is_that_of_bytes_which_cannot_be_read() -> None:
    assert issubclass(RecordError, MalformedError)
