"""What every store must hold of the query language, over traces and over spans."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from prela_core.ask import Subject, parse
from prela_core.errors import MalformedError
from prela_core.model import to_micros
from prela_core.store import PageRequest, SpanFilter, SpanOrder
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
SECOND = 1_000_000
HOUR = 3600 * SECOND

TRACES = {
    "status:error": ["slow"],
    "not status:error": ["quick"],
    "model:claude*": ["slow"],
    "model:claude-3 or model:gpt-4o": ["quick", "slow"],
    "duration>2s": ["slow"],
    "duration<=250ms": ["quick"],
    "tool:search attr.env=prod": ["slow"],
    "attr.env=prod or attr.tier<2": ["quick", "slow"],
    "refund": ["slow"],
    '"my refund" model:gpt*': [],
    "any(type:tool status:error)": ["slow"],
    "any(type:llm status:error)": [],
    "all(type:llm)": ["quick"],
    "all(not status:error)": ["quick"],
    "spans>2 errors:1": ["slow"],
    "since:2h": ["slow"],
    "until:2h": ["quick"],
    "input:REFUND": ["slow"],
    "agent:* not model:gpt*": ["slow"],
    "any(type:tool status:error) under agent:planner": ["slow"],
    "any(type:llm status:error) under agent:planner": [],
    "type:agent child(type:llm) child(type:tool)": ["slow"],
    "parent(type:llm)": [],
    "all(type:llm) under agent:planner": ["quick"],
}

SPANS = {
    "": ["tool", "call", "plan", "one"],
    "status:error": ["tool"],
    "not status:error": ["call", "plan", "one"],
    "model:*": ["call", "one"],
    "since:2h": ["tool", "call", "plan"],
    "attr.tier>=1 and not attr.tier>1": ["one"],
    "any(status:error)": ["tool", "call", "plan"],
    "any(status:error) not type:tool": ["call", "plan"],
    "all(status:success)": ["one"],
    "parent_id:plan duration<1s": ["tool", "call"],
    "parent(name:planner) status:success": ["call"],
    "not under(type:agent)": ["plan", "one"],
    "child(status:error)": ["plan"],
    "ended>2026-01-15T12:00:01Z": ["tool", "call", "plan"],
}


def said(**attributes: Any) -> bytes:
    return msgspec.json.encode(
        {name.replace("__", "."): value for name, value in attributes.items()}
    )


def found(place: Any, text: str, order: SpanOrder = SpanOrder.NEWEST, **page: Any) -> list[str]:
    where = SpanFilter(where=parse(text, Subject.SPAN))
    items = place.store.find_spans(place.project, where, order, PageRequest(**page)).items
    return [span.span_id for span in items]


def traces(place: Any, text: str) -> list[str]:
    return sorted(place.ids(where=parse(text), limit=1000))


@pytest.fixture
def shop(place: Any) -> Any:
    """Two traces: an agent whose tool failed, and a quick call of another model."""
    place.insert(
        span_record(
            trace_id="slow",
            span_id="plan",
            span_type="agent",
            name="planner",
            duration_ms=5000.0,
            attributes=said(agent__name="planner"),
        ),
        span_record(
            trace_id="slow",
            span_id="call",
            parent_span_id="plan",
            name="chat claude",
            started_at=MICROS + SECOND,
            attributes=said(
                llm__model="claude-3",
                prela__cost_usd=0.25,
                tier=3,
                input__value="Where is my refund?",
            ),
        ),
        span_record(
            trace_id="slow",
            span_id="tool",
            parent_span_id="plan",
            name="search",
            span_type="tool",
            status="error",
            started_at=MICROS + 2 * SECOND,
            attributes=said(tool__name="search", env="prod"),
        ),
        span_record(
            trace_id="quick",
            span_id="one",
            name="chat gpt",
            started_at=MICROS - 3 * HOUR,
            attributes=said(llm__model="gpt-4o", env="dev", tier=1),
        ),
    )
    return place


def test_traces(shop: Any) -> None:
    assert TRACES == {text: traces(shop, text) for text in TRACES}


def test_spans(shop: Any) -> None:
    assert SPANS == {text: found(shop, text) for text in SPANS}


@pytest.mark.parametrize("order", SpanOrder)
def test_pages_join_to_the_whole(place: Any, order: SpanOrder) -> None:
    for number in range(12):
        place.insert(
            span_record(
                trace_id=f"t{number % 4}",
                span_id=f"s{number}",
                started_at=MICROS + number % 3,
                duration_ms=float(number % 2),
                attributes=said(prela__cost_usd=number % 5) if number % 3 else b"{}",
            )
        )
    whole = found(place, "", order, limit=100)
    assert sorted(whole) == sorted(f"s{number}" for number in range(12))
    page, pieces = PageRequest(limit=5), []
    while True:
        answer = place.store.find_spans(place.project, SpanFilter(), order, page)
        pieces += [span.span_id for span in answer.items]
        if answer.next_cursor is None:
            break
        page = PageRequest(limit=5, cursor=answer.next_cursor)
    assert whole == pieces
    assert whole[3:6] == found(place, "", order, offset=3, limit=3)


def test_a_cursor_belongs_to_its_question(shop: Any) -> None:
    where = SpanFilter(where=parse("model:*", Subject.SPAN))
    page = shop.store.find_spans(shop.project, where, SpanOrder.NEWEST, PageRequest(limit=1))
    assert page.next_cursor
    other = PageRequest(cursor=page.next_cursor)
    for asked, order in ((SpanFilter(), SpanOrder.NEWEST), (where, SpanOrder.OLDEST)):
        with pytest.raises(MalformedError):
            shop.store.find_spans(shop.project, asked, order, other)


def test_only_the_seen_version_is_found(place: Any) -> None:
    place.insert(span_record(trace_id="t", span_id="s", name="old"))
    place.insert(
        span_record(trace_id="t", span_id="s", name="new", started_at=MICROS + 40 * 24 * HOUR)
    )
    assert ([], ["s"]) == (found(place, "name:old"), found(place, "name:new"))
    assert ([], ["t"]) == (traces(place, "name:old"), traces(place, "name:new"))


def test_another_project_has_none(shop: Any) -> None:
    assert [] == found(shop.elsewhere(), "any(status:error)")
    assert [] == traces(shop.elsewhere(), "status:error")


def test_relatives_are_those_of_the_visible_spans(place: Any) -> None:
    place.insert(
        span_record(trace_id="t", span_id="top", name="top", started_at=MICROS - 40 * 24 * HOUR),
        span_record(trace_id="t", span_id="a", parent_span_id="top", name="a"),
        span_record(trace_id="t", span_id="b", parent_span_id="a", name="b"),
        span_record(trace_id="t", span_id="orphan", parent_span_id="gone", name="orphan"),
        span_record(trace_id="t", span_id="own", parent_span_id="own", name="own"),
        span_record(trace_id="t", span_id="x", parent_span_id="y", name="x"),
        span_record(trace_id="t", span_id="y", parent_span_id="x", name="y"),
        # Another trace's spans of the same ids are no relatives.
        span_record(trace_id="u", span_id="gone", name="gone"),
        span_record(trace_id="u", span_id="b", parent_span_id="a", name="other"),
    )
    assert {
        "under(name:top) since:1d": {"a", "b"},
        "parent(name:a)": {"b"},
        "child(name:b)": {"a"},
        "parent(name:gone) or under(name:gone) or parent(*)": set(),
        "under(name:own) or parent(name:own) or child(name:own)": set(),
        "under(name:x)": {"x", "y"},
        "parent(name:x)": {"y"},
        "parent(parent(name:top))": {"b"},
        "child(child(name:b))": {"top"},
    } == {
        text: set(found(place, text))
        for text in (
            "under(name:top) since:1d",
            "parent(name:a)",
            "child(name:b)",
            "parent(name:gone) or under(name:gone) or parent(*)",
            "under(name:own) or parent(name:own) or child(name:own)",
            "under(name:x)",
            "parent(name:x)",
            "parent(parent(name:top))",
            "child(child(name:b))",
        )
    }
    place.insert(span_record(trace_id="t", span_id="a", name="a"))
    assert ["a"] == found(place, "parent(name:top) or child(name:b)")
    assert [] == found(place, "name:b under name:top")


def test_a_deep_chain_is_looked_up_for_a_thousand_generations(place: Any) -> None:
    place.insert(
        *(
            span_record(
                trace_id="deep",
                span_id=f"{number:04}",
                parent_span_id=f"{number - 1:04}" if number else "",
                name="top" if not number else "below",
            )
            for number in range(1100)
        )
    )
    assert ["1024"] == found(place, "under(name:top) (span_id:1024 or span_id:1025)")
