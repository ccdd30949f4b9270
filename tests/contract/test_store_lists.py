"""What every store must hold: which traces a filter means, in which order, page by page."""

from __future__ import annotations

import itertools
from typing import Any

import msgspec
import pytest

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import to_micros
from prela_core.store import Order
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR

KEYS = {
    "model": "llm.model",
    "user_id": "user.id",
    "session_id": "session.id",
    "agent_name": "agent.name",
    "environment": "deployment.environment",
}


def saying(trace_id: str, span_id: str = "s", **values: Any) -> Any:
    """Make a span whose fields or attributes say `values`, named as in `TraceFilter`."""
    said = {KEYS[name]: values.pop(name) for name in list(values) if name in KEYS}
    if said:
        values["attributes"] = msgspec.json.encode(said)
    return span_record(trace_id=trace_id, span_id=span_id, **values)


class TestFilters:
    @pytest.mark.parametrize("field", ["service_name", "name", *KEYS])
    def test_texts_are_compared_exactly(self, place: Any, field: str) -> None:
        place.insert(
            saying("exact", **{field: "Value one"}),
            saying("case", **{field: "value one"}),
            saying("longer", **{field: "Value one "}),
            saying("part", **{field: "Value"}),
        )
        assert ["exact"] == place.ids(**{field: "Value one"})
        assert ["part"] == place.ids(**{field: "Value"})
        assert [] == place.ids(**{field: "value%"})

    @pytest.mark.parametrize("field", list(KEYS))
    def test_an_empty_text_means_the_spans_that_say_nothing(self, place: Any, field: str) -> None:
        place.insert(saying("says", **{field: "x"}), saying("silent"))
        assert ["silent"] == place.ids(**{field: ""})

    def test_span_types_are_words_in_any_case(self, place: Any) -> None:
        place.insert(saying("l", span_type="llm"), saying("t", span_type="tool"))
        assert (["t"], ["l"], []) == (
            place.ids(span_type="tool"),
            place.ids(span_type="LLM"),
            place.ids(span_type="chain"),
        )

    def test_different_conditions_may_be_met_by_different_spans(self, place: Any) -> None:
        place.insert(
            saying("both", "a", user_id="u", span_type="agent"),
            saying("both", "b", model="m", span_type="llm"),
            saying("user only", "a", user_id="u"),
            saying("model only", "a", model="m"),
        )
        assert ["both"] == place.ids(user_id="u", model="m")
        assert ["both"] == place.ids(user_id="u", span_type="llm", model="m", q="gpt-4o-mini")
        assert [] == place.ids(user_id="u", span_type="agent", model="m", name="no such")

    def test_only_the_seen_version_can_meet_a_condition(self, place: Any) -> None:
        place.insert(saying("t", user_id="old", name="old"))
        place.insert(saying("t", user_id="new", name="new"))
        assert ([], []) == (place.ids(user_id="old"), place.ids(name="old"))
        assert ([], ["t"]) == (place.ids(user_id="new", name="old"), place.ids(user_id="new"))

    @pytest.mark.parametrize("order", [Order.NEWEST, Order.OLDEST])
    def test_status_is_that_of_the_trace(self, place: Any, order: Order) -> None:
        place.insert(
            saying("good", "a"),
            saying("good", "b"),
            saying("failed", "a"),
            saying("failed", "b", status="error"),
            saying("failed", "c", status="pending"),
            saying("running", "a"),
            saying("running", "b", status="pending"),
            saying("half told", "a", status="success", ended_at=None),
            saying("ended, unsaid", "a", status="pending", ended_at=MICROS + 1),
        )
        assert {"good", "ended, unsaid"} == set(place.ids(order, status="success"))
        assert ["failed"] == place.ids(order, status="error")
        assert {"running", "half told"} == set(place.ids(order, status="pending"))

    def test_status_is_a_word_in_any_spelling(self, place: Any) -> None:
        place.insert(saying("good"), saying("bad", status="error"))
        assert (["good"], ["good"], ["bad"]) == (
            place.ids(status="completed"),
            place.ids(status="OK"),
            place.ids(status="Failed"),
        )

    @pytest.mark.parametrize("status", ["sideways", "", "' OR 1=1"])
    def test_a_status_that_is_no_word_is_refused(self, place: Any, status: str) -> None:
        with pytest.raises(InvalidError):
            place.ids(status=status)

    def test_durations_are_bounds_of_the_trace_inclusive(self, place: Any) -> None:
        place.insert(
            saying("100", duration_ms=100.0),
            saying("100.001", duration_ms=100.001),
            saying("two of 60", "a", duration_ms=60.0),
            saying("two of 60", "b", duration_ms=60.0, started_at=MICROS + 60_000),
            saying("0", duration_ms=0.0),
        )
        assert ["two of 60"] == place.ids(min_duration_ms=100.002)
        assert ["two of 60", "100.001"] == place.ids(min_duration_ms=100.001)
        assert ["100", "0"] == place.ids(max_duration_ms=100.0)
        assert ["100"] == place.ids(min_duration_ms=100, max_duration_ms=100)
        assert ["0"] == place.ids(max_duration_ms=0.0)
        assert [] == place.ids(min_duration_ms=1e14)

    @pytest.mark.parametrize("order", [Order.NEWEST, Order.FASTEST])
    def test_times_bound_the_start_of_the_trace(self, place: Any, order: Order) -> None:
        place.insert(
            saying("a", started_at=MICROS),
            saying("b", started_at=MICROS + 1),
            saying("long ago", "1", started_at=MICROS - DAY),
            saying("long ago", "2", started_at=MICROS),
        )
        assert {"a", "b"} == set(place.ids(order, start_time=MICROS))
        assert {"b"} == set(place.ids(order, start_time=MICROS + 1))
        assert {"a", "long ago"} == set(place.ids(order, end_time=MICROS + 1))
        assert {"a"} == set(place.ids(order, start_time=MICROS, end_time=MICROS + 1))
        assert [] == place.ids(order, start_time=MICROS, end_time=MICROS)
        assert ["long ago"] == place.ids(order, end_time=MICROS, name="chat gpt-4o-mini")

    def test_a_condition_may_be_met_after_the_end_time(self, place: Any) -> None:
        """The times are about the trace's start; the span that meets a condition comes later."""
        place.insert(saying("t", "root"), saying("t", "late", started_at=MICROS + DAY, user_id="u"))
        assert ["t"] == place.ids(end_time=MICROS + 1, user_id="u")
        assert ["t"] == place.ids(start_time=MICROS, end_time=MICROS + 1, user_id="u")
        assert [] == place.ids(start_time=MICROS + 1, user_id="u")

    @pytest.mark.parametrize(
        ("held", "asked", "found"),
        [
            (b'"acme"', "acme", True),
            (b'"acme"', "ACME", False),
            (b'"acme"', '"acme"', False),
            (b'""', "", True),
            (b'"1"', "1", True),
            (b"1", "1", True),
            (b"1.0", "1.0", True),
            (b"1.0", "1", True),
            (b"1", "1.0", True),
            (b"1e3", "1000", True),
            (b"0.5", "0.50", True),
            (b"-7", "-7", True),
            (b"1", "2", False),
            (b"1", "1,2", False),
            (b"18446744073709551615", "18446744073709551615", True),
            (b"true", "true", True),
            (b"true", "1", False),
            (b"false", "true", False),
            (b"null", "null", True),
            (b"null", "", False),
            (b"[1, 2]", "[1, 2]", True),
            (b"[1, 2]", "[1,2]", True),
            (b"[1, 2]", "1,2", False),
            (b'{"x": "a/b"}', '{"x":"a/b"}', True),
            (b'{"x":1}', '{"x":2}', False),
            ('["é"]'.encode(), '["é"]', True),
            (b"1", "", False),
            (b"1", "]", False),
            (b"1", "one", False),
            (b'"caf\xc3\xa9 \\"q\\" \\\\ \\n"', 'café "q" \\ \n', True),
        ],
    )
    def test_attributes_are_compared_as_text_or_as_json(
        self, place: Any, held: bytes, asked: str, *, found: bool
    ) -> None:
        place.insert(
            span_record(trace_id="t", attributes=b'{"a":0,"some.key":%s}' % held),
            span_record(trace_id="without", attributes=b'{"other":%s}' % held),
            span_record(trace_id="nested", attributes=b'{"some":{"key":%s}}' % held),
        )
        assert (["t"] if found else []) == place.ids(attributes=(("some.key", asked),))

    def test_several_attributes_must_all_be_there(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="1", attributes=b'{"a":"x"}'),
            span_record(trace_id="t", span_id="2", attributes=b'{"b":2}'),
            span_record(trace_id="u", attributes=b'{"a":"x","b":3}'),
        )
        assert ["t"] == place.ids(attributes=(("a", "x"), ("b", "2")))

    def test_a_number_beyond_64_bits_hides_no_other_attribute(self, place: Any) -> None:
        place.insert(span_record(trace_id="t", attributes=b'{"huge":%s,"b":"x"}' % (b"9" * 300)))
        assert ["t"] == place.ids(attributes=(("b", "x"),))

    def test_words_may_stand_in_different_fields_of_one_span_only(self, place: Any) -> None:
        place.insert(
            saying("one span", name="alpha", status_message="beta"),
            saying("two spans", "1", name="alpha"),
            saying("two spans", "2", name="beta"),
        )
        assert ["one span"] == place.ids(q="alpha beta")
        assert ["one span"] == place.ids(q="BETA Alpha", status="success")
        assert {"one span", "two spans"} == set(place.ids(q="beta"))


def _sized(trace_id: str, count: int, cost: float, **fields: Any) -> list[Any]:
    return [
        span_record(
            trace_id=trace_id,
            span_id=str(at),
            attributes=b'{"llm.cost_usd":%a}' % (cost / count),
            **fields,
        )
        for at in range(count)
    ]


class TestOrders:
    @pytest.mark.parametrize(
        ("order", "expected"),
        [
            (Order.NEWEST, "dcba"),
            (Order.OLDEST, "abcd"),
            (Order.SLOWEST, "cadb"),
            (Order.FASTEST, "bdac"),
            (Order.DEAREST, "bcad"),
            (Order.CHEAPEST, "dacb"),
            (Order.MOST_SPANS, "dbac"),
            (Order.FEWEST_SPANS, "cabd"),
        ],
    )
    def test_each_order_is_exact_and_pages_follow_it(
        self, place: Any, order: Order, expected: str
    ) -> None:
        place.insert(
            *_sized("a", 2, 0.25, started_at=MICROS, duration_ms=30.0),
            *_sized("b", 3, 3.0, started_at=MICROS + 1, duration_ms=10.0),
            *_sized("c", 1, 0.5, started_at=MICROS + HOUR, duration_ms=40.0),
            *_sized("d", 4, 0.0, started_at=MICROS + DAY, duration_ms=20.0),
        )
        assert list(expected) == place.ids(order)
        assert [list(expected[:3]), list(expected[3:])] == _pages(place, order, limit=3)
        assert list(expected[1:3]) == place.ids(order, offset=1, limit=2)

    @pytest.mark.parametrize("order", list(Order))
    def test_ties_go_by_trace_id_through_every_page(self, place: Any, order: Order) -> None:
        ids = [f"t{at}" for at in range(7)]
        place.insert(*(span_record(trace_id=trace_id) for trace_id in ids))
        expected = sorted(ids, reverse=order.descending)
        for limit in (1, 2, 7):
            pages = _pages(place, order, limit=limit)
            assert expected == list(itertools.chain(*pages)), limit
            assert all(pages)

    def test_costs_of_the_same_sum_are_ties_however_they_were_summed(self, place: Any) -> None:
        place.insert(*_sized("a", 3, 0.3), *_sized("b", 1, 0.3), *_sized("c", 7, 0.3))
        assert ["a", "b", "c"] == place.ids(Order.CHEAPEST)
        assert [["c", "b"], ["a"]] == _pages(place, Order.DEAREST, limit=2)

    def test_an_absurd_cost_can_still_be_paged(self, place: Any) -> None:
        place.insert(*_sized("a", 20, 2e10), *_sized("b", 20, 1.9e10), *_sized("c", 1, 1.0))
        assert [["b"], ["a"], ["c"]] == _pages(place, Order.DEAREST, limit=1)


def _pages(place: Any, order: Order, **wanted: Any) -> list[list[str]]:
    pages = []
    cursor = None
    while True:
        page = place.traces(order, cursor=cursor, **wanted)
        pages.append([row.trace_id for row in page.items])
        cursor = page.next_cursor
        if cursor is None:
            return pages


class TestPages:
    def test_newest_first_leads_through_hours_days_and_months(self, place: Any) -> None:
        gaps = [0, 1, SECOND, HOUR, 5 * HOUR, 6 * HOUR, DAY, 7 * DAY, 8 * DAY, 90 * DAY, 900 * DAY]
        starts = [MICROS - gap for gap in gaps for _ in range(3)]
        ids = [f"{at:02}" for at in range(len(starts))]
        place.insert(
            *(
                span_record(trace_id=each, started_at=start)
                for each, start in zip(ids, starts, strict=True)
            )
        )
        expected = [each for _, each in sorted(zip(starts, ids, strict=True), reverse=True)]
        for limit in (4, 10, 33):
            assert expected == list(itertools.chain(*_pages(place, Order.NEWEST, limit=limit))), (
                limit
            )
        assert expected[5:12] == place.ids(offset=5, limit=7)

    def test_pages_hold_the_filter(self, place: Any) -> None:
        place.insert(
            *(
                saying(f"{at:02}", user_id="u" if at % 3 == 0 else "v", started_at=MICROS - at)
                for at in range(12)
            )
        )
        assert [["00", "03"], ["06", "09"]] == _pages(place, Order.NEWEST, limit=2, user_id="u")
        within = {"start_time": MICROS - 9, "end_time": MICROS - 2}
        assert [["03"], ["06"], ["09"]] == _pages(
            place, Order.NEWEST, limit=1, user_id="u", **within
        )

    def test_what_arrives_meanwhile_neither_repeats_nor_hides(self, place: Any) -> None:
        place.insert(*(saying(f"{at}", started_at=MICROS - at) for at in range(4)))
        first = place.traces(limit=2)
        place.insert(saying("new", started_at=MICROS + 1))
        rest = place.traces(limit=9, cursor=first.next_cursor)
        assert ["2", "3"] == [row.trace_id for row in rest.items]

    def test_the_future_is_listed_too(self, place: Any) -> None:
        place.insert(saying("now"), saying("later", started_at=MICROS + 30 * DAY))
        assert ["later", "now"] == place.ids()

    def test_an_offset_beyond_the_end_is_an_empty_page(self, place: Any) -> None:
        place.insert(saying("t"))
        for order in (Order.NEWEST, Order.OLDEST):
            page = place.traces(order, offset=100_000)
            assert ([], None) == (page.items, page.next_cursor)

    def test_a_full_last_page_has_no_cursor(self, place: Any) -> None:
        place.insert(saying("a"), saying("b"))
        assert None is place.traces(limit=2).next_cursor
        assert None is not place.traces(limit=1).next_cursor

    def test_a_cursor_goes_with_its_question_only(self, place: Any) -> None:
        for each in (place, other := place.elsewhere()):
            each.insert(saying("a"), saying("b"))
        cursor = place.traces(limit=1).next_cursor
        assert ["a"] == place.ids(limit=1, cursor=cursor)
        assert ["a"] == place.ids(limit=1000, cursor=cursor)
        questions: list[Any] = [
            lambda: place.traces(Order.OLDEST, cursor=cursor),
            lambda: place.traces(cursor=cursor, name="chat gpt-4o-mini"),
            lambda: place.search("chat", cursor=cursor),
            lambda: place.spans("a", cursor=cursor),
            lambda: other.traces(cursor=cursor),
        ]
        for ask in questions:
            with pytest.raises(MalformedError):
                ask()

    @pytest.mark.parametrize("cursor", ["", "x", "AAAA", "' OR 1=1", "é", "=" * 9, "A" * 5000])
    def test_what_is_no_cursor_is_refused(self, place: Any, cursor: str) -> None:
        place.insert(saying("a"), saying("b"))
        with pytest.raises(MalformedError):
            place.traces(cursor=cursor)


def test_a_long_page_of_long_ids_is_whole(place: Any) -> None:
    # More bytes of ids than a field of a request to a server may have.
    ids = [f"{number:03d}" + "'\\" * 500 for number in range(150)]
    place.insert(*(span_record(trace_id=trace_id) for trace_id in ids))
    assert ids[::-1] == place.ids(limit=200)
    assert sorted(ids) == sorted(place.hits("gpt-4o-mini", limit=200))
