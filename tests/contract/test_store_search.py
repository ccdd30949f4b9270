"""What every store must hold: words are found wherever they stand, and shown."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import to_micros
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
HOUR = 3_600_000_000
DAY = 24 * HOUR


def with_attributes(trace_id: str, span_id: str = "s", **fields: Any) -> Any:
    said = fields.pop("said")
    return span_record(
        trace_id=trace_id, span_id=span_id, attributes=msgspec.json.encode(said), **fields
    )


def test_each_searched_field_is_found_and_named(place: Any) -> None:
    word = "zebra"
    place.insert(
        with_attributes("input", said={"input.value": f"a {word}"}),
        with_attributes("output", said={"output.value": f"a {word}"}),
        span_record(trace_id="name", name=f"a {word}"),
        span_record(trace_id="status_message", status_message=f"a {word}"),
        with_attributes("attributes", said={"k": [{"deep": f"a {word}"}]}),
        with_attributes("attributes, key", said={word: 1}),
        span_record(trace_id="events", events=b'[{"name":"a zebra"}]'),
        span_record(trace_id="nowhere", service_name=word, links=b'[{"trace_id":"zebra"}]'),
    )
    hits = {hit.trace_id: hit for hit in place.search(word).items}
    assert {
        "input": "input",
        "output": "output",
        "name": "name",
        "status_message": "status_message",
        "attributes": "attributes",
        "attributes, key": "attributes",
        "events": "events",
    } == {trace_id: hit.field for trace_id, hit in hits.items()}
    for hit in hits.values():
        (start, end), *_ = hit.highlights
        assert word == hit.excerpt[start:end]


def test_a_hit_shows_its_span(place: Any, plain: Any) -> None:
    place.insert(
        span_record(
            trace_id="t",
            span_id="s",
            name="Find the Zebra",
            span_type="tool",
            status="error",
            service_name="zoo",
            started_at=MICROS + 7,
        )
    )
    assert [
        {
            "trace_id": "t",
            "span_id": "s",
            "name": "Find the Zebra",
            "span_type": "tool",
            "service_name": "zoo",
            "started_at": "2026-01-15T12:00:00.000007Z",
            "status": "error",
            "field": "name",
            "excerpt": "Find the Zebra",
            "highlights": [[9, 14]],
        }
    ] == plain(place.search("zebra"))["items"]


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("The refund was paid", "REFUND"),
        ("The refund was paid", "efun"),
        ("ÄRGER im Büro", "ärger bÜRO"),
        ("Возврат оплачен", "возврат"),
        ("ΟΔΟΣ ΑΘΗΝΑΣ", "οδοσ"),
        ("退款已完成", "款已"),
        ("결제가 환불되었습니다", "환불"),
        ("शुल्क वापस", "वापस"),
        ("😀🦊😀", "🦊"),
        ("50% off_now", "50%"),
        ("50% off_now", "off_now"),
        ("a\\b", "a\\b"),
        ("path C:\\new\\table", "C:\\new"),
        ("one two  three", '"two  three"'),
        ("tab\there", '"tab\there"'),
        ('say "hi" now', "hi"),
        ("http://host/path", "http://host/"),
        ("it's", "it's"),
    ],
)
def test_words_are_found_in_any_script_and_case(place: Any, text: str, q: str) -> None:
    place.insert(
        span_record(trace_id="name", name=text),
        with_attributes("json", said={"k": text}),
        with_attributes("input", said={"input.value": text}),
    )
    assert ["name", "json", "input"] == place.hits(q)
    assert ["name", "json", "input"] == place.ids(q=q)
    assert all(hit.highlights for hit in place.search(q).items)


@pytest.mark.parametrize(
    ("text", "q"),
    [
        ("refund", "refunds"),
        ("one two", '"two one"'),
        ("one  two", '"one two"'),
        ("50 off", "50%"),
        ("offXnow", "off_now"),
        ("plain", "{x:String}"),
        ("anything", ".*"),
        ("naive", "naïve"),
    ],
)
def test_what_is_not_there_is_not_found(place: Any, text: str, q: str) -> None:
    place.insert(span_record(trace_id="t", name=text, attributes=msgspec.json.encode({"k": text})))
    assert ([], []) == (place.hits(q), place.ids(q=q))


def test_json_is_searched_in_its_own_spelling(place: Any) -> None:
    """A line end stands escaped in JSON and is found all the same; so are numbers and keys."""
    place.insert(with_attributes("t", said={"k": "line\nend", "n": 12.5}))
    assert (["t"], ["t"], []) == (
        place.hits('"line\nend"'),
        place.hits("12.5"),
        place.hits("line\\nend"),
    )


def test_all_words_must_stand_in_one_span(place: Any) -> None:
    place.insert(
        with_attributes("one", said={"k": "alpha"}, name="beta"),
        span_record(trace_id="two", span_id="1", name="alpha"),
        span_record(trace_id="two", span_id="2", name="beta"),
    )
    assert ["one"] == place.hits("alpha beta")
    assert ["two", "one"] == place.hits("alpha")


def test_of_a_trace_the_newest_matching_span_is_shown(place: Any) -> None:
    place.insert(
        span_record(trace_id="t", span_id="old", name="zebra", started_at=MICROS),
        span_record(trace_id="t", span_id="new b", name="zebra", started_at=MICROS + 5),
        span_record(trace_id="t", span_id="new a", name="zebra", started_at=MICROS + 5),
        span_record(trace_id="t", span_id="newer", name="horse", started_at=MICROS + 9),
    )
    assert ["new a"] == [hit.span_id for hit in place.search("zebra").items]


def test_only_seen_versions_are_found(place: Any) -> None:
    place.insert(span_record(trace_id="t", name="zebra"))
    place.insert(span_record(trace_id="t", name="horse"))
    assert ([], ["t"]) == (place.hits("zebra"), place.hits("horse"))


class TestNarrowing:
    """Everything but the words is about the trace, as in a list of traces."""

    def test_other_spans_may_meet_the_other_conditions(self, place: Any) -> None:
        place.insert(
            with_attributes("t", "agent", said={"user.id": "u"}, span_type="agent"),
            with_attributes("t", "llm", said={"llm.model": "m"}, name="zebra"),
            with_attributes("other user", "agent", said={"user.id": "v"}, span_type="agent"),
            with_attributes("other user", "llm", said={"llm.model": "m"}, name="zebra"),
        )
        assert ["t"] == place.hits("zebra", user_id="u")
        assert ["t"] == place.hits("zebra", user_id="u", model="m", span_type="agent")
        assert ["t"] == place.hits("zebra", attributes=(("user.id", "u"), ("llm.model", "m")))
        assert ["llm"] == [hit.span_id for hit in place.search("zebra", user_id="u").items]
        assert [] == place.hits("zebra", user_id="u", name="no such")

    def test_status_is_that_of_the_trace(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="failed", span_id="a", name="zebra"),
            span_record(trace_id="failed", span_id="b", status="error"),
            span_record(trace_id="running", span_id="a", name="zebra"),
            span_record(trace_id="running", span_id="b", status="pending"),
            span_record(trace_id="good", name="zebra"),
        )
        assert (["failed"], ["running"], ["good"]) == (
            place.hits("zebra", status="error"),
            place.hits("zebra", status="pending"),
            place.hits("zebra", status="success"),
        )

    def test_times_bound_the_start_of_the_trace_not_of_the_hit(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="root"),
            span_record(trace_id="t", span_id="late", name="zebra", started_at=MICROS + 2 * DAY),
        )
        assert ["t"] == place.hits("zebra", start_time=MICROS, end_time=MICROS + 1)
        assert [] == place.hits("zebra", start_time=MICROS + 1)
        assert [] == place.hits("zebra", end_time=MICROS)

    def test_only_seen_versions_meet_them(self, place: Any) -> None:
        place.insert(with_attributes("t", said={"user.id": "old"}, name="zebra"))
        place.insert(with_attributes("t", said={"user.id": "new"}, name="zebra"))
        assert ([], ["t"]) == (
            place.hits("zebra", user_id="old"),
            place.hits("zebra", user_id="new"),
        )


def test_pages_lead_through_all_hits(place: Any) -> None:
    starts = [MICROS - gap for gap in (0, 0, 0, HOUR, 7 * HOUR, DAY, 40 * DAY, 40 * DAY)]
    place.insert(
        *(
            span_record(trace_id=f"{at}", name="zebra", started_at=start)
            for at, start in enumerate(starts)
        ),
        span_record(trace_id="no hit", name="horse"),
    )
    expected = ["2", "1", "0", "3", "4", "5", "7", "6"]
    for limit in (1, 3, 8):
        seen, cursor = [], None
        while True:
            page = place.search("zebra", limit=limit, cursor=cursor)
            seen += [hit.trace_id for hit in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert expected == seen, limit
    assert expected[2:5] == place.hits("zebra", offset=2, limit=3)
    with pytest.raises(MalformedError):
        place.search("horse", cursor=place.search("zebra", limit=1).next_cursor)


def test_a_page_does_not_return_to_a_trace_by_an_older_hit(place: Any) -> None:
    place.insert(
        *(
            span_record(trace_id=each, span_id=f"{at}", name="zebra", started_at=MICROS - at)
            for each, at in (("a", 0), ("b", 1), ("a", 2), ("c", 3), ("b", 4))
        )
    )
    first = place.search("zebra", limit=2)
    rest = place.search("zebra", limit=2, cursor=first.next_cursor)
    assert (["a", "b"], ["c"], None) == (
        [hit.trace_id for hit in first.items],
        [hit.trace_id for hit in rest.items],
        rest.next_cursor,
    )


@pytest.mark.parametrize(
    "q", [None, "", "  ", '""', '" "', "x" * 1001, " ".join(map(str, range(17)))]
)
def test_no_words_and_too_many_are_refused(place: Any, q: str | None) -> None:
    with pytest.raises(InvalidError):
        place.search(q)


def test_a_search_has_no_bounds_on_durations(place: Any) -> None:
    for name in ("min_duration_ms", "max_duration_ms"):
        with pytest.raises(InvalidError, match="duration"):
            place.search("zebra", **{name: 1.0})
