"""Searching by words: where they were found, and how the place is shown."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import Api, assert_problem, moment, span

from prela_core.model import new_trace_id


def _find(api: Api, q: str, **asked: Any) -> list[dict[str, Any]]:
    return list(api.walk("/api/v1/search", q=q, **asked))


# Where the words are put, the words asked for, the field that is said to hold them.
PLACES: dict[str, tuple[dict[str, Any], str, str]] = {
    "name": ({"name": "xylophone lesson"}, "xylophone", "name"),
    "input": ({"attributes": {"input.value": "what is a quokka?"}}, "quokka", "input"),
    "output": ({"attributes": {"output.value": "a small marsupial"}}, "marsupial", "output"),
    "status message": (
        {"status": "error", "status_message": "ZebraTimeout: gone"},
        "ZebraTimeout",
        "status_message",
    ),
    "attribute value": ({"attributes": {"note": "pangolin ahead"}}, "pangolin", "attributes"),
    "attribute key": ({"attributes": {"okapi.count": 3}}, "okapi.count", "attributes"),
    "deep attribute": ({"attributes": {"a": {"b": ["axolotl"]}}}, "axolotl", "attributes"),
    "event name": ({"events": [{"name": "narwhal.seen", "attributes": {}}]}, "narwhal", "events"),
    "event attribute": (
        {"events": [{"name": "e", "attributes": {"x": "capybara"}}]},
        "capybara",
        "events",
    ),
    "part of a word": ({"name": "anticonstitutional"}, "constitut", "name"),
    "any letter case": ({"name": "Große Ärgernisse"}, "ärGERNISSE", "name"),
    "chinese": ({"attributes": {"input.value": "请帮我退款,谢谢"}}, "退款", "input"),
    "japanese": ({"attributes": {"output.value": "返金は五日以内です"}}, "五日以内", "output"),
    "korean": ({"name": "환불 요청 처리"}, "요청", "name"),
    "thai": ({"attributes": {"x": "ขอเงินคืนหน่อย"}}, "เงินคืน", "attributes"),
    "arabic": ({"attributes": {"x": "استرداد الأموال"}}, "الأموال", "attributes"),
    "emoji": ({"name": "landed 🛬 safely"}, "🛬", "name"),
    "phrase": ({"name": "the brown cow jumps"}, '"brown cow"', "name"),
    "a quote inside": ({"attributes": {"x": 'said "gnu!" twice'}}, "gnu!", "attributes"),
    "a backslash": ({"attributes": {"x": "C:\\ibex\\new"}}, "C:\\ibex", "attributes"),
    "a percent sign": ({"name": "100% wombat"}, "100%", "name"),
    "a quote of SQL": ({"name": "emu' OR 1=1 --"}, "emu'", "name"),
    "text that names a function": (
        {"attributes": {"x": "file('/etc/passwd') url('http://kiwi')"}},
        "url('http://kiwi')",
        "attributes",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_words_are_found_wherever_they_stand(api: Api, place: str) -> None:
    change, q, field = PLACES[place]
    # An attribute's own words tell this test's trace from those of the others.
    marker = f"m{new_trace_id()}"
    sent = span(service_name=marker, **change)
    api.accept("/v1/spans", sent)

    (hit,) = _find(api, q, service_name=marker)

    assert hit["trace_id"] == sent["trace_id"]
    assert hit["span_id"] == sent["span_id"]
    assert hit["field"] == field
    assert hit["started_at"] == sent["started_at"]
    assert hit["status"] == sent["status"]
    start, end = hit["highlights"][0]
    wanted = q.strip('"')
    shown = hit["excerpt"][start:end].lower()
    assert shown == (wanted.replace("\\", "\\\\") if field == "attributes" else wanted).lower()


def test_the_excerpt_is_the_text_around_the_word(api: Api) -> None:
    text = "before " * 500 + "ornithopter" + " after" * 500
    sent = span(attributes={"output.value": text})
    api.accept("/v1/spans", sent)

    (hit,) = _find(api, "ornithopter")

    assert len(hit["excerpt"]) <= 240
    assert hit["excerpt"] in text
    ((start, end),) = hit["highlights"]
    assert hit["excerpt"][start:end] == "ornithopter"


def test_all_words_must_occur_in_one_span(api: Api) -> None:
    trace_id = new_trace_id()
    first = span(trace_id, name="brontosaurus alone")
    second = span(trace_id, name="stegosaurus alone")
    both = span(name="stegosaurus meets brontosaurus")
    api.accept("/v1/batch", [first, second, both])

    assert [both["trace_id"]] == [hit["trace_id"] for hit in _find(api, "brontosaurus stegosaurus")]


def test_a_word_that_does_not_occur_gives_nothing(api: Api) -> None:
    assert _find(api, f"absent{new_trace_id()}") == []


def test_what_was_replaced_by_a_later_version_is_not_found(api: Api) -> None:
    sent = span(name="ephemeral-teratorn")
    api.accept("/v1/spans", sent)
    api.accept("/v1/spans", sent | {"name": "replaced"})

    assert _find(api, "ephemeral-teratorn") == []


def test_hits_are_newest_first_one_a_trace_and_paged_to_the_end(api: Api) -> None:
    sent = []
    for at in range(23):
        trace_id = f"moa-{at:02d}-{new_trace_id()}"[:40]
        sent += [
            span(trace_id, name="moa", started_at=moment(-at)),
            span(trace_id, name="moa", started_at=moment(-at - 100)),
        ]
    api.accept("/v1/batch", sent)

    for limit in (4, 1000):
        found = [hit["trace_id"] for hit in _find(api, "moa", limit=limit, span_type="llm")]
        assert [one["trace_id"] for one in sent[::2]] == found


def test_a_search_can_be_narrowed(api: Api) -> None:
    good = span(name="dodo seen", service_name="zoo")
    bad = span(name="dodo gone", service_name="wild", status="error")
    api.accept("/v1/batch", [good, bad])

    assert [good["span_id"]] == [hit["span_id"] for hit in _find(api, "dodo", service_name="zoo")]
    assert [bad["span_id"]] == [hit["span_id"] for hit in _find(api, "dodo", status="failed")]
    assert _find(api, "dodo", start_time=moment(10)) == []


def test_the_list_of_traces_can_be_narrowed_by_the_same_words(api: Api) -> None:
    sent = span(attributes={"input.value": "鴨嘴獸 was here"})
    api.accept("/v1/spans", sent)

    rows = api.read("/api/v1/traces", q="鴨嘴獸")["items"]

    assert [sent["trace_id"]] == [row["trace_id"] for row in rows]


@pytest.mark.parametrize(
    "asked",
    [{}, {"q": ""}, {"q": "  "}, {"q": '"'}, {"q": "x" * 2000}, {"q": "a", "min_duration_ms": 1}],
)
def test_a_search_that_can_not_be_made_is_422(api: Api, asked: dict[str, Any]) -> None:
    assert_problem(api.get("/api/v1/search", **asked), 422)
