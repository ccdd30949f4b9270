"""Input and output that the engine cuts out of the attributes read as they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_core.store import PageRequest, TraceFilter
from prela_core.store.rows import span_table
from prela_core.testing import span_record

PROJECT = "p"
ODD = [
    "plain", "", " ", "\x00", "a\x00b", "\x01\x1f\x7f", "\\", "\\\\", '"', '\\"', "a\nb", "a\\nb",
    "\t\r\b\f", "/", "\\/", "\\u00e9", "é", "😀", "\u2028\u2029", "\ufeffb", "\ufffd", '","',
    "null", "12", '{"a":"b\\n"}', "x" * 70_000, "\\" * 999,
]  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseStore]:
    with closing(open_embedded(tmp_path_factory.mktemp("within"), retention_days=0)) as store:
        yield store


def insert(store: ClickHouseStore, trace_id: str, said: list[dict[str, Any]]) -> None:
    spans = tuple(
        span_record(
            trace_id=trace_id, span_id=f"s{number:04}", attributes=msgspec.json.encode(each)
        )
        for number, each in enumerate(said)
    )
    store.insert([SpanBatch(PROJECT, 1, spans)])


def texts_of(store: ClickHouseStore, trace_id: str) -> list[tuple[str | None, str | None]]:
    page = store.spans(PROJECT, trace_id, PageRequest(limit=1000))
    assert page is not None
    found = sorted(page.items, key=lambda span: span.span_id)
    return [(span.input, span.output) for span in found]


def rows(store: ClickHouseStore, sql: str) -> list[Any]:
    with store.connection() as client:
        return list(client.query(sql).result_rows)


def test_odd_texts_are_cut_out_as_they_are(store: ClickHouseStore) -> None:
    insert(store, "odd", [{"input.value": a, "output.value": a + "'"} for a in ODD])
    assert [(text or None, text + "'") for text in ODD] == texts_of(store, "odd")
    kept = "SELECT countIf(input != ''), countIf(output != '') FROM spans WHERE trace_id = 'odd'"
    assert [(0, 0)] == rows(store, kept)


@settings(max_examples=25)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_any_text_is(store: ClickHouseStore, texts: list[str]) -> None:
    trace_id = f"t{abs(hash(tuple(texts)))}"
    insert(store, trace_id, [{"output.value": text, "k": [text, {text: 1}]} for text in texts])
    assert [(None, text or None) for text in texts] == texts_of(store, trace_id)


def test_what_is_no_attribute_of_its_own_is_kept_apart(store: ClickHouseStore) -> None:
    spans = (
        span_record(trace_id="apart", span_id="a", attributes=rb'{"input.value":"caf\u00e9"}'),
        span_record(trace_id="apart", span_id="b", attributes=b'{"input.value":{"a":1}}'),
    )
    store.insert([SpanBatch(PROJECT, 1, spans)])
    assert [("café", None), ('{"a":1}', None)] == texts_of(store, "apart")
    kept = "SELECT input, input_length FROM spans WHERE trace_id = 'apart' ORDER BY span_id"
    assert [("café", 0), ('{"a":1}', 0)] == rows(store, kept)


def test_rows_from_before_read_as_they_did(store: ClickHouseStore) -> None:
    said = {"input.value": "an early question", "output.value": "its answer"}
    insert(store, "now", [said])
    span = span_record(trace_id="before", span_id="s0000", attributes=msgspec.json.encode(said))
    table = span_table([SpanBatch(PROJECT, 1, (span,))])
    for name in ("input", "output"):
        table = table.drop_columns([f"{name}_at", f"{name}_length", name])
        table = table.append_column(name, pa.array([said[f"{name}.value"]]))
    with store.connection() as client:
        client.insert_arrow("spans", table)
    assert [("an early question", "its answer")] == texts_of(store, "before")
    assert texts_of(store, "now") == texts_of(store, "before")
    found = store.search(PROJECT, TraceFilter(q='"early question"'), PageRequest())
    hits = sorted((hit.trace_id, hit.field) for hit in found.items)
    assert [("before", "input"), ("now", "input")] == hits
