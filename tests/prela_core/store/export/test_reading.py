"""What is exported, in any form, is read again as it was."""

from __future__ import annotations

import io
import json
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import Flag, SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, PageRequest, SpanFilter, SpanOrder, TraceFilter
from prela_core.store.export import ExportForm, Selection
from prela_core.store.export.reading import read_stored, stored_lines
from prela_core.testing import NOON, MemoryStore, span_record
from prela_core.wire.documents import Piece, cut_lines
from prela_core.wire.forms import Form

FIRST = to_micros(NOON)
NOW = FIRST + 10**12
IDS = st.sampled_from(["a", "b", "c/ä", "0af7651916cd43dd8448eb211c80319c"])
TEXTS = st.sampled_from(["", "plain", 'q"u\\o\tte', "line\nend\u2028", "日本語", "\x7f\x01"])
ATTRIBUTES = st.sampled_from(
    [
        b"{}",
        b'{"a":\n[1, 2.50, null],\r\n"b":"x\\ny"}',
        b'{"gen_ai.request.model":"gpt-4o","gen_ai.usage.input_tokens":12,"session.id":"s1"}',
        b'{"llm.model":"claude-x","llm.cost_usd":-1,"user.id":"u","input.value":"\xe6\x97\xa5"}',
        b'{"openinference.span.kind":"LLM","llm.token_count.prompt":3,"n":1e300}',
    ]
)


@st.composite
def records(draw: Any) -> SpanRecord:
    status = draw(st.sampled_from(["success", "error", "pending"]))
    sent = draw(st.sampled_from(["", "llm", "odd kind", "tool"]))
    return span_record(
        trace_id=draw(IDS),
        span_id=draw(IDS),
        parent_span_id=draw(st.one_of(st.just(""), IDS)),
        name=draw(TEXTS),
        span_type={"": "", "odd kind": "custom"}.get(sent, sent),
        span_type_sent=sent,
        service_name=draw(TEXTS),
        status=status,
        status_sent=draw(st.sampled_from(["", "ok", status])),
        status_message=draw(TEXTS),
        started_at=FIRST + draw(st.integers(-(10**11), 10**11)),
        duration_ms=draw(st.sampled_from([0.0, 0.125, 250.0, -3.5])),
        attributes=draw(ATTRIBUTES),
        events=draw(st.sampled_from([b"[]", b'[{"name":"e",\n"attributes":{}}]'])),
        flags=draw(st.integers(0, 31)) & ~Flag.BAD_NUMBER,
    )


TRACES = st.builds(
    TraceRecord,
    trace_id=st.one_of(IDS, st.just("announced alone")),
    service_name=TEXTS,
    started_at=st.just(FIRST),
    metadata=st.sampled_from([b"{}", b'{"release":\n"7"}']),
    attributes=st.just(b"{}"),
)
BATCHES = st.lists(
    st.tuples(st.lists(records(), max_size=5), st.lists(TRACES, max_size=2)), max_size=5
)


def filled(batches: Any) -> MemoryStore:
    store = MemoryStore()
    for number, (spans, traces) in enumerate(batches):
        # Of one span, a batch has one version, as whatever makes batches sees to.
        distinct = {(span.trace_id, span.span_id): span for span in spans}
        said = {trace.trace_id: trace for trace in traces}
        at = FIRST + number * 1000
        store.insert([SpanBatch("p", at, list(distinct.values()), list(said.values()))])
    return store


def lines_of(form: ExportForm, data: bytes) -> list[bytes]:
    if form is ExportForm.JSONL:
        return data.splitlines(keepends=True) if b"\n" in data else []
    if form is ExportForm.ARROW:
        return list(stored_lines(pa.ipc.open_stream(data)))
    return list(stored_lines(pq.ParquetFile(io.BytesIO(data)).iter_batches(batch_size=2)))


def imported(lines: list[bytes], store: MemoryStore) -> None:
    for piece in cut_lines(lines):
        assert isinstance(piece, Piece), piece
        assert piece.form is Form.STORED
        read = read_stored("p", piece.body, now=NOW)
        assert [] == read.rejected
        store.insert(read.batches)


def answers(store: MemoryStore, *, announced: bool) -> Any:
    page = PageRequest(limit=1000)
    ids = ["a", "b", "c/ä", "0af7651916cd43dd8448eb211c80319c"]
    found = [
        store.traces("p", TraceFilter(), Order.NEWEST, page),
        store.find_spans("p", SpanFilter(), SpanOrder.NEWEST, page),
        *(trace for each in ids if (trace := store.trace("p", each)) and trace.spans),
    ]
    if announced:
        found += [store.trace("p", each) for each in (*ids, "announced alone")]
    return [_compact(msgspec.json.decode(msgspec.json.encode(each))) for each in found]


def _compact(value: Any) -> Any:
    return json.loads(json.dumps(value))


@pytest.mark.parametrize("form", ExportForm)
@given(batches=BATCHES)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_answer_is_the_same_after_export_and_import(form: ExportForm, batches: Any) -> None:
    whole = form is ExportForm.JSONL
    store, copy = filled(batches), MemoryStore()
    data = b"".join(store.export("p", Selection(), form))

    imported(lines_of(form, data), copy)

    assert answers(store, announced=whole) == answers(copy, announced=whole)
    imported(lines_of(form, data), copy)  # again, which changes nothing
    assert answers(store, announced=whole) == answers(copy, announced=whole)
    # What comes back does not take the place of what was received since.
    store.insert([SpanBatch("p", NOW + 1, [span_record(trace_id="a", span_id="a", name="new")])])
    before = answers(store, announced=whole)
    imported(lines_of(form, data), store)
    assert before == answers(store, announced=whole)


def line(**changed: Any) -> dict[str, Any]:
    store = filled([([span_record(trace_id="t", span_id="s")], [])])
    (exported,) = b"".join(store.export("p", Selection(), ExportForm.JSONL)).splitlines()
    whole: dict[str, Any] = json.loads(exported)
    return whole | changed


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"trace_id": ""}, "trace_id is empty"),
        ({"span_id": "a\nb"}, "can't be printed"),
        ({"parent_span_id": "x" * 200}, "parent_span_id has 200"),
        ({"status": "odd"}, "status is not one of"),
        ({"attributes": []}, "attributes is no object"),
        ({"events": {}}, "events is no list"),
        ({"flags": ["odd"]}, "flags are not among"),
        ({"started_at": "1900-01-01T00:00:00Z"}, "started_at is not between"),
        ({"started_at": 7}, "no exported span"),
        ({"attributes": {"a": "x" * 4_000_000}}, "has over"),
        ({"span_type": None}, "no exported span"),
    ],
)
def test_what_no_store_exported_is_refused(changed: dict[str, Any], words: str) -> None:
    body = json.dumps([line(), line(**changed)]).encode()

    read = read_stored("p", body, now=NOW)

    assert (2, 1) == (read.total, len(read.spans))
    (refused,) = read.rejected
    assert 1 == refused.index
    assert words in refused.reason


def test_nothing_is_received_in_the_future() -> None:
    body = json.dumps({"spans": [line(created_at="2099-01-01T00:00:00Z")]}).encode()

    assert [NOW] == [batch.received_at for batch in read_stored("p", body, now=NOW).batches]


@pytest.mark.parametrize("body", [b"", b"7", b"{}", b'{"spans": 7}', b"[", b"\xff"])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises((MalformedError, InvalidError)):
        read_stored("p", body, now=NOW)


def test_a_table_of_others_is_refused() -> None:
    batch = pa.RecordBatch.from_pylist([{"trace_id": "t", "span_id": "s"}])

    with pytest.raises(InvalidError, match="lacks the column agent_name"):
        list(stored_lines([batch]))
