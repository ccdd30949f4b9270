"""What every reader says of whole traces: the same as the pure functions say of their spans."""

from __future__ import annotations

from typing import Any

import pytest

from prela_core.analysis import agent_graph, critical_path, diff_traces
from prela_core.errors import NotFoundError
from prela_core.model import SpanRecord, TraceRecord, to_micros
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)


def a_run(trace_id: str, *, slower: float = 0, answer: str = "yes") -> list[SpanRecord]:
    """An agent that asks a model and runs a tool twice; the second run goes on."""

    def span(span_id: str, parent: str, kind: str, at: int, ms: float, **said: Any) -> SpanRecord:
        fields = {
            "trace_id": trace_id,
            "span_id": f"{trace_id}-{span_id}",
            "parent_span_id": parent and f"{trace_id}-{parent}",
            "name": kind,
            "span_type": kind,
            "started_at": MICROS + at * 1000,
            "duration_ms": ms,
        }
        return span_record(**(fields | said))

    output = f'{{"output.value":"{answer}"}}'.encode()
    return [
        span("root", "", "agent", 0, 900, attributes=b'{"session.id":"s/1"}'),
        span("ask", "root", "llm", 100, 300 + slower, attributes=output),
        span("look", "root", "tool", 500, 200),
        span("again", "lost", "tool", 600, 0, status="pending"),
    ]


def test_a_critical_path_is_that_of_the_spans(place: Any, plain: Any) -> None:
    place.insert(*a_run("t"))
    path = place.store.critical_path(place.project, "t")

    assert plain(critical_path(place.trace("t").spans)) == plain(path)
    assert 900 == path.duration_ms
    assert "t-ask" in [segment.span_id for segment in path.segments]


def test_a_graph_is_that_of_the_spans(place: Any, plain: Any) -> None:
    place.insert(*a_run("t"))
    graph = place.store.graph(place.project, "t")

    assert plain(agent_graph(place.trace("t").spans)) == plain(graph)
    assert ["agent:agent", "llm:llm", "tool:tool"] == [node.id for node in graph.nodes]


def test_a_diff_is_that_of_the_spans(place: Any, plain: Any) -> None:
    place.insert(*a_run("t"))
    place.insert(*a_run("u", slower=100, answer="no"))
    diff = place.store.diff(place.project, "t", "u")

    assert plain(diff_traces(place.trace("t"), place.trace("u"))) == plain(diff)
    assert {"slower": 1, "answered": 1} == diff.counts
    assert {} == place.store.diff(place.project, "t", "t").counts


def test_a_session_has_its_traces_in_the_order_they_began(place: Any) -> None:
    for at, trace_id in enumerate(["c", "a", "b"]):
        place.insert(
            span_record(
                trace_id=trace_id,
                started_at=MICROS + at,
                attributes=b'{"session.id":"s/1/traces"}',
            )
        )
    place.insert(span_record(trace_id="other", attributes=b'{"session.id":"s"}'))

    def ids(**page: Any) -> list[str]:
        return [row.trace_id for row in place.session("s/1/traces", **page).items]

    assert ["c", "a", "b"] == ids()
    first = place.session("s/1/traces", limit=2)
    assert ["b"] == ids(cursor=first.next_cursor)
    assert [] == ids(offset=3)


@pytest.mark.parametrize("unknown", ["t", "nothing"], ids=["another project's", "nobody's"])
def test_what_is_not_there_and_what_is_another_projects_are_the_same(
    place: Any, unknown: str
) -> None:
    place.insert(*a_run("t"))
    other = place.elsewhere()
    other.insert(span_record(trace_id="mine"))

    assert other.store.critical_path(other.project, unknown) is None
    assert other.store.graph(other.project, unknown) is None
    assert other.session("s/1" if unknown == "t" else "nothing") is None
    for pair in ((unknown, "mine"), ("mine", unknown)):
        with pytest.raises(NotFoundError, match=f"no trace {unknown} in this project"):
            other.store.diff(other.project, *pair)
    for missing in (("", "mine"), ("mine", "")):
        with pytest.raises(NotFoundError):
            other.store.diff(other.project, *missing)


def test_a_trace_without_spans_has_an_empty_path(place: Any) -> None:
    place.insert(traces=[TraceRecord("t", "shop", MICROS, b"{}", b"{}")])

    path = place.store.critical_path(place.project, "t")
    assert (NOON, [], []) == (path.started_at, path.segments, path.spans)
    assert [] == place.store.graph(place.project, "t").nodes


@pytest.mark.parametrize("word", ["critical-path", "graph", "diff", "spans"])
def test_an_id_may_end_like_an_address(place: Any, word: str) -> None:
    trace_id = f"t/{word}"
    place.insert(span_record(trace_id=trace_id))

    assert trace_id == place.trace(trace_id).trace_id
    assert place.store.critical_path(place.project, trace_id) is not None
    assert {} == place.store.diff(place.project, trace_id, trace_id).counts
