"""What the connection asks beyond traces, over the oracle and over an embedded store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from prela_core.errors import InvalidError, NotFoundError
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.model import SpanBatch, to_micros
from prela_core.notebook import Connection
from prela_core.testing import NOON, ManualClock, MemoryStore, span_record

START = to_micros(NOON)
SECOND = 1_000_000


def _spans() -> Iterator[dict[str, Any]]:
    """Give two traces of one session: a tool that fails in the second, which asks another model."""
    for number, (trace, model) in enumerate((("one", "gpt-4o"), ("two", "gpt-4o-mini"))):
        begin = START + number * 60 * SECOND
        said = b'{"session.id":"s","gen_ai.request.model":"%s","gen_ai.usage.input_tokens":1000}'
        yield {
            "trace_id": trace, "span_id": "a", "name": "answer", "span_type": "agent",
            "started_at": begin, "duration_ms": 4000.0,
            "attributes": b'{"session.id":"s","gen_ai.agent.name":"support"}',
        }  # fmt: skip
        yield {
            "trace_id": trace, "span_id": "b", "parent_span_id": "a", "name": "chat",
            "span_type": "llm", "started_at": begin + SECOND, "duration_ms": 1000.0 * (number + 1),
            "attributes": said % model.encode(),
        }  # fmt: skip
        yield {
            "trace_id": trace, "span_id": "c", "parent_span_id": "a", "name": "look_up",
            "span_type": "tool", "started_at": begin + 3 * SECOND, "duration_ms": 5.0,
            "status": "error" if number else "success",
            "attributes": b'{"gen_ai.tool.name":"look_up"}',
        }  # fmt: skip


@pytest.fixture(scope="module", params=["memory", "embedded"])
def asked(request: Any, tmp_path_factory: Any) -> Iterator[Connection]:
    if request.param == "memory":
        store: Any = MemoryStore()
    else:
        store = open_embedded(
            tmp_path_factory.mktemp("store"), retention_days=0, clock=ManualClock().seconds
        )
    with closing(store):
        records = [span_record(**each) for each in _spans()]
        store.insert([SpanBatch("p", START, records)])
        yield Connection(
            store, project_id="p", place="a test", now=lambda: NOON + timedelta(minutes=5)
        )


def test_traces_are_asked_for_in_the_language_of_queries(asked: Connection) -> None:
    assert ["two"] == [each.trace_id for each in asked.traces("status:error model:gpt-4o-mini")]
    assert ["two", "one"] == [each.trace_id for each in asked.traces("model:gpt-4o*")]
    assert ["one"] == [each.trace_id for each in asked.traces("model:gpt-4o*", end=NOON + MINUTE)]
    with pytest.raises(InvalidError):
        asked.traces("status:")


MINUTE = timedelta(minutes=1)


def test_spans_are_found_wherever_they_are(asked: Connection) -> None:
    found = asked.spans("type:tool status:error")
    assert [("two", "look_up")] == [(each.trace_id, each.tool_name) for each in found]
    slow = asked.spans("type:llm", order="slowest", limit=1)
    assert (["two"], True) == ([each.trace_id for each in slow], slow.more)
    assert "look_up" in repr(found)
    assert ["answer", "chat", "look_up"] == [each.name for each in asked.spans(end=NOON + MINUTE)][
        ::-1
    ]


def test_search_takes_conditions_too(asked: Connection) -> None:
    assert ["two"] == [each.trace_id for each in asked.search("look_up", "status:error")]


def test_a_session_is_told_in_order(asked: Connection) -> None:
    assert ["one", "two"] == [each.trace_id for each in asked.session("s")]
    with pytest.raises(NotFoundError, match="there is no session t"):
        asked.session("t")


def test_groups_are_listed_by_their_short_names(asked: Connection) -> None:
    assert ["gpt-4o-mini", "gpt-4o"] == [each.name for each in asked.groups("model")]
    assert "gpt-4o-mini" == asked.groups("model", order="name", limit=None)[1].name
    assert ["look_up"] == [each.name for each in asked.groups("tool_name")]
    assert "2 groups" in repr(asked.groups("model"))
    with pytest.raises(InvalidError, match="'colour' is not one of service, name"):
        asked.groups("colour")


def test_measures_are_a_table_with_types(asked: Connection) -> None:
    table = asked.metrics("count", "p95_duration_ms", "input-tokens", by="model", since="1h")
    assert [
        {"model": None, "count": 4, "p95_duration_ms": 4000.0, "input_tokens": 0},
        {"model": "gpt-4o", "count": 1, "p95_duration_ms": 1000.0, "input_tokens": 1000},
        {"model": "gpt-4o-mini", "count": 1, "p95_duration_ms": 2000.0, "input_tokens": 1000},
    ] == sorted(table, key=lambda row: row["model"] or "")
    (models,) = asked.metrics("count", query="model:gpt-4o*")
    assert {"count": 2} == models
    types = [pa.string(), pa.int64(), pa.float64(), pa.int64()]
    assert types == [field.type for field in table.arrow().schema]
    assert (3, table[0]) == (len(table), next(iter(table)))
    assert "2.0 s" in repr(table)
    with pytest.raises(IndexError):
        table[3]


def test_measures_over_time_say_when(asked: Connection) -> None:
    table = asked.metrics("error_rate", bucket="minute", by=["service", "span_type"])
    assert ["start", "service_name", "span_type", "error_rate"] == table.names
    assert pa.timestamp("us", tz="UTC") == table.arrow().schema.field("start").type
    failed = [row for row in table if row["error_rate"]]
    assert [(NOON + MINUTE, "tool")] == [(row["start"], row["span_type"]) for row in failed]
    assert "100.0%" in table._repr_html_()


def test_two_traces_are_compared(asked: Connection) -> None:
    comparison = asked.diff("one", "two")
    assert ["chat", "look_up"] == [each.name for each in comparison.changed]
    frame = comparison.arrow().to_pylist()
    assert ("gpt-4o", "gpt-4o-mini") == (frame[1]["before_model"], frame[1]["after_model"])
    assert "1.0 s → 2.0 s" in repr(comparison)
    assert "gpt-4o → gpt-4o-mini" in comparison._repr_html_()
    assert "no span differs" in repr(asked.diff("one", asked.traces()[-1]))
    assert asked.diff("o", "tw").diff == comparison.diff
    with pytest.raises(NotFoundError):
        asked.diff("one", "three")


def test_who_called_whom_is_a_table(asked: Connection) -> None:
    edges = [(row["source"], row["target"], row["calls"]) for row in asked.graph("two")]
    assert ("agent:support", "tool:look_up", 1) in edges
    assert 3 == len(edges)
    with pytest.raises(NotFoundError):
        asked.graph("three")


def test_sql_is_answered_as_a_table(asked: Connection) -> None:
    question = (
        "SELECT name, count() AS n, max(started_at) AS last FROM spans GROUP BY name ORDER BY name"
    )
    if isinstance(asked.reader, MemoryStore):
        with pytest.raises(InvalidError, match="takes no SQL"):
            asked.sql(question)
        return
    table = asked.sql(question)
    assert [("answer", 2), ("chat", 2), ("look_up", 2)] == [(r["name"], r["n"]) for r in table]
    assert pa.string() == table.arrow().schema.field("name").type
    assert NOON + timedelta(seconds=63) == table[2]["last"]
    assert 3 == len(table.polars()) == len(table.pandas())
    with pytest.raises(InvalidError):
        asked.sql("SELECT * FROM system.tables")


def test_unusual_columns_are_borne(asked: Connection) -> None:
    if isinstance(asked.reader, MemoryStore):
        pytest.skip("a store in memory takes no SQL")
    table = asked.sql(
        "SELECT [1, 2] AS listed, true AS yes, NULL AS nothing, 1.5 AS number, toDate('2026-01-15')"
        " AS day, repeat('x', 500) AS long, '<b>' AS marked"
    )
    for word in ("[1, 2]", "1.5", "2026-01-15"):
        assert word in repr(table)
    assert "&lt;b&gt;" in table._repr_html_()
    assert "0 rows" in repr(asked.sql("SELECT name FROM spans WHERE name = 'none'"))
