"""Exports over every store: what is in the files, whatever their form."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError
from prela_core.model import TraceRecord, to_micros
from prela_core.notebook.frames import arrow_table
from prela_core.store import SpanFilter, StoredSpan, TraceFilter
from prela_core.store.export import ExportForm, Selection
from prela_core.store.export import pieces as pieces_module
from prela_core.store.export import queries as queries_module
from prela_core.store.export.files import schema
from prela_core.testing import NOON, span_record

DAY = 86_400_000_000
NOON_MICROS = to_micros(NOON)
Exported = Callable[..., list[dict[str, Any]]]


@pytest.fixture(params=ExportForm)
def exported(request: Any, place: Any) -> Exported:
    """Export what is selected in one of the forms, and read it again as the API has it."""
    form: ExportForm = request.param

    def export(project: Any = place, **selected: Any) -> list[dict[str, Any]]:
        pieces = project.store.export(project.project, Selection(**selected), form)
        return read(form, b"".join(pieces))

    return export


def read(form: ExportForm, data: bytes) -> list[dict[str, Any]]:
    if form is ExportForm.JSONL:
        lines = [json.loads(line) for line in data.splitlines()]
        return [_with_micros(each) for each in lines if "span_id" in each]
    if form is ExportForm.ARROW:
        table = pa.ipc.open_stream(data).read_all()
    else:
        table = pq.read_table(io.BytesIO(data))
    assert schema() == table.schema
    found = []
    for row in table.to_pylist():
        del row["trace_metadata"]
        for name in ("attributes", "events", "links", "scores"):
            row[name] = json.loads(row[name])
        for name in ("started_at", "ended_at", "created_at"):
            row[name] = row[name] and row[name].strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        found.append(row)
    return found


def _with_micros(row: dict[str, Any]) -> dict[str, Any]:
    for name in ("started_at", "ended_at", "created_at"):
        moment = row[name] and datetime.fromisoformat(row[name])
        row[name] = moment and moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return row


def plain(spans: list[StoredSpan]) -> list[dict[str, Any]]:
    ordered = sorted(spans, key=lambda each: (each.trace_id, each.started_at, each.span_id))
    return [_with_micros(msgspec.json.decode(msgspec.json.encode(span))) for span in ordered]


def by_ids(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: (row["trace_id"], row["started_at"], row["span_id"]))


def fill(place: Any) -> None:
    for number in range(4):
        trace_id = f"t{number}"
        place.insert(
            span_record(
                trace_id=trace_id,
                span_id="root",
                name='the ä "quoted" \\ \t name\n\u2028',
                span_type="agent",
                started_at=NOON_MICROS + number * DAY // 2,
                attributes=b'{"a":\n  [1, "x\\ny"],\r\n"n": 1.50}',
                status="error" if number % 3 == 0 else "success",
            ),
            span_record(
                trace_id=trace_id,
                span_id="call",
                parent_span_id="root",
                started_at=NOON_MICROS + number * DAY // 2 + 10,
                attributes=b'{"gen_ai.request.model":"gpt-4o","gen_ai.usage.input_tokens":7,'
                b'"gen_ai.usage.output_tokens":3,"input.value":"hello","session.id":"s"}',
                events=b'[{"name":"exception","attributes":{}}]',
                flags=5,
            ),
            span_record(
                trace_id=trace_id,
                span_id="open",
                parent_span_id="call",
                status="pending",
                started_at=NOON_MICROS + number * DAY // 2 + 20,
            ),
        )


def all_spans(place: Any, *trace_ids: str) -> list[StoredSpan]:
    ids = trace_ids or [row.trace_id for row in place.traces(limit=1000).items]
    return [span for trace_id in ids for span in place.trace(trace_id).spans]


def test_every_field_of_every_span_is_there(place: Any, exported: Exported) -> None:
    fill(place)

    assert plain(all_spans(place)) == by_ids(exported())


def test_repeats_and_versions_that_moved_show_once(place: Any, exported: Exported) -> None:
    fill(place)
    fill(place)
    for days in (40, -40, 1):
        place.insert(
            span_record(trace_id="t1", span_id="call", started_at=NOON_MICROS + days * DAY),
            span_record(trace_id="t2", span_id="open", started_at=NOON_MICROS + days * DAY),
        )

    assert plain(all_spans(place)) == by_ids(exported())
    place.merge()
    assert plain(all_spans(place)) == by_ids(exported())


@pytest.mark.parametrize(("few", "piece_bytes"), [(1, 1), (1, 10_000), (2000, 1)])
def test_it_is_the_same_however_it_is_cut(
    place: Any, monkeypatch: pytest.MonkeyPatch, few: int, piece_bytes: int
) -> None:
    def exported(**selected: Any) -> list[dict[str, Any]]:
        pieces = place.store.export(place.project, Selection(**selected), ExportForm.JSONL)
        return read(ExportForm.JSONL, b"".join(pieces))

    monkeypatch.setattr(pieces_module, "_FEW", few)
    monkeypatch.setattr(pieces_module, "_ANNOUNCED", 1)
    monkeypatch.setattr(queries_module, "_PIECE_BYTES", piece_bytes)
    fill(place)
    place.insert(span_record(trace_id="t3", span_id="call", started_at=NOON_MICROS + 9 * DAY))

    assert plain(all_spans(place)) == by_ids(exported())
    failed = exported(traces=TraceFilter(status="error"))
    assert plain(all_spans(place, "t0", "t3")) == by_ids(failed)
    where = parse("status:pending", Subject.SPAN)
    pending = exported(spans=SpanFilter(where=where))
    wanted = [span for span in all_spans(place) if span.status == "pending"]
    assert plain(wanted) == by_ids(pending)


def test_traces_are_selected_as_they_are_listed(place: Any, exported: Exported) -> None:
    fill(place)
    window = {"start_time": NOON_MICROS + DAY // 2, "end_time": NOON_MICROS + 2 * DAY}
    where = parse("status:error or name:nothing", Subject.TRACE)

    for wanted in ({"status": "error"}, window, {"model": "gpt-4o", **window}, {"where": where}):
        ids = place.ids(**wanted)
        assert ids
        assert plain(all_spans(place, *ids)) == by_ids(exported(traces=TraceFilter(**wanted)))
    assert [] == exported(traces=TraceFilter(name="nothing"))


def test_spans_are_selected_alone(place: Any, exported: Exported) -> None:
    fill(place)
    spans = SpanFilter(start_time=NOON_MICROS + DAY, end_time=NOON_MICROS + DAY + 15)

    found = by_ids(exported(spans=spans))

    assert [("t2", "root"), ("t2", "call")] == [(row["trace_id"], row["span_id"]) for row in found]


def test_nothing_of_another_project_is_there(place: Any, exported: Exported) -> None:
    fill(place.elsewhere())

    assert [] == exported()


def test_lines_have_what_was_said_of_traces(place: Any) -> None:
    fill(place)
    said = [
        TraceRecord("t1", "shop", NOON_MICROS, b'{"release":\n"7"}', b'{"a":1}'),
        TraceRecord("empty", "shop", NOON_MICROS, b"{}", b"{}"),
    ]
    place.insert(traces=said)
    place.insert(traces=[TraceRecord("t1", "store", NOON_MICROS + 5, b"{}", b"{}")])

    def announced(**selected: Any) -> list[dict[str, Any]]:
        pieces = place.store.export(place.project, Selection(**selected), ExportForm.JSONL)
        lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
        return [each for each in lines if "span_id" not in each]

    empty, first = announced()
    assert {
        "trace_id": "t1",
        "service_name": "store",
        "metadata": {"release": "7"},
        "attributes": {},
        "spans": [],
    } == {name: first[name] for name in first if not name.endswith("_at")}
    assert "empty" == empty["trace_id"]
    selected = announced(traces=TraceFilter(start_time=NOON_MICROS + DAY // 2))
    assert {"t1"} == {each["trace_id"] for each in selected}


def test_tables_have_the_metadata_of_traces(place: Any) -> None:
    fill(place)
    place.insert(traces=[TraceRecord("t1", "shop", NOON_MICROS, b'{"release":"7"}', b"{}")])

    pieces = place.store.export(place.project, Selection(), ExportForm.ARROW)

    rows = pa.ipc.open_stream(b"".join(pieces)).read_all().to_pylist()
    told = {row["trace_id"]: json.loads(row["trace_metadata"]) for row in rows}
    assert {"release": "7"} == told["t1"]
    assert {} == told["t2"]


def test_a_wrong_filter_is_refused_with_the_first_piece(place: Any, exported: Exported) -> None:
    with pytest.raises(InvalidError):
        exported(traces=TraceFilter(status="odd"))
    with pytest.raises(InvalidError):
        Selection(traces=TraceFilter(name="x"), spans=SpanFilter(start_time=1))


def test_columns_are_those_of_frames() -> None:
    assert arrow_table(StoredSpan, []).schema == pa.schema(list(schema())[:-1])
