from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw
from tests.html_reading import read_html

from prela_core.html import trace_html, trace_page
from prela_core.store import StoredSpan
from prela_core.testing import NOON, stored_span, trace_detail

NASTY = "</style></pre><img src=x onerror=alert(1)>\"'&\x1b\u202e\ud800"
ELEMENTS = {
    "b", "code", "dd", "details", "div", "dl", "dt", "h4", "i", "li", "p", "pre", "s", "span",
    "style", "summary", "u", "ul",
}  # fmt: skip


def chain(length: int, **fields: Any) -> list[StoredSpan]:
    return [
        stored_span(
            span_id=f"{at:06}",
            parent_span_id=f"{at - 1:06}" if at else None,
            started_at=NOON + timedelta(milliseconds=at),
            name=f"step {at:06}",
            **fields,
        )
        for at in range(length)
    ]


def brood(children: int, **fields: Any) -> list[StoredSpan]:
    return [
        stored_span(
            span_id=f"{at:06}",
            parent_span_id="000000" if at else None,
            started_at=NOON + timedelta(milliseconds=at),
            name=f"step {at:06}",
            **fields,
        )
        for at in range(children + 1)
    ]


def steps(text: str) -> list[str]:
    return re.findall(r'class="name">step (\d{6})', text)


def test_each_span_has_its_row_below_its_parent_with_its_bar() -> None:
    page = trace_html(
        trace_detail(
            stored_span(span_id="a", name="answer", span_type="agent", duration_ms=1000.0),
            stored_span(
                span_id="b",
                parent_span_id="a",
                name="chat",
                span_type="llm",
                model="gpt-4o",
                started_at=NOON + timedelta(milliseconds=250),
                duration_ms=500.0,
                ttft_ms=100.0,
                input_tokens=1000,
                output_tokens=200,
                cost_usd=0.0123,
            ),
        )
    )
    document = read_html(page)
    assert "1 child of answer" in [
        value for _, name, value in document.attributes if name == "aria-label"
    ]
    assert ["left:0.00%;width:100.00%", "left:25.00%;width:50.00%"] == [
        value for tag, name, value in document.attributes if (tag, name) == ("i", "style")
    ]
    assert ("u", "style", "width:20.0%") in document.attributes
    for shown in ("agent", "gpt-4o", "1.0 s", "500 ms", "1.2k", "$0.0123", "1,000 in · 200 out"):
        assert shown in document.text


def test_the_critical_path_is_drawn() -> None:
    page = trace_html(trace_detail(*brood(1, duration_ms=10.0)))
    drawn = re.findall(r'<s style="([^"]*)">', page)
    assert ["left:0.00%;width:9.09%", "left:9.09%;width:90.91%"] == drawn


def test_why_a_span_failed_is_seen_without_opening_it_and_in_full_below() -> None:
    said = "KeyError: 'x'\nTraceback:\n    line 2"
    page = trace_html(trace_detail(stored_span(status="error", status_message=said)))
    assert "<span class=\"message bad\">KeyError: 'x'</span>" in page
    assert f'<pre tabindex="0">{said}</pre>' in page


def test_a_conversation_is_told_message_by_message() -> None:
    conversation = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "line 1\nline 2"},
        {
            "role": "assistant",
            "reasoning": "Look first.",
            "content": "",
            "tool_calls": [{"id": "c", "name": "look_up", "arguments": {"order": "1042"}}],
            "finish_reason": "tool_calls",
        },
        {"role": "tool", "tool_call_id": "c", "name": "look_up", "content": "lost"},
        {"role": "critic", "content": {"odd": 1}, "media": [{"type": "image", "uri": "a.png"}]},
    ]
    page = trace_html(trace_detail(stored_span(input=json.dumps(conversation), output="[{]")))
    document = read_html(page)
    assert 5 == document.classes["turn"]
    for shown in ("Be brief.", "line 1\nline 2", "Look first.", "calls look_up", '"1042"', "lost"):
        assert shown in document.text
    for shown in ("stopped: tool_calls", "critic", '"odd": 1', "image a.png", "[{]"):
        assert shown in document.text


def test_what_was_sent_is_folded_below() -> None:
    span = stored_span(
        attributes=Raw(b'{"plain":"text","number":1.5,"long":{"a":"' + b"x" * 200 + b'"}}'),
        events=Raw(b'[{"name":"retry","timestamp":"t1","attributes":{"n":2}},{"name":"retry"}]'),
        links=Raw(b'[{"span_id":"s9","trace_id":"t9"}]'),
        scores=Raw(b'[{"name":"good","value":1.0,"label":""}]'),
    )
    text = read_html(trace_html(trace_detail(span))).text
    for shown in ("Attributes (3)", "Events (2)", "Links (1)", "Scores (1)", '"n": 2', "t9", "1.5"):
        assert shown in text
    assert '"a": "xxx' in text


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"x"', b"[1]", b"{", b'[{"name":{}}]', b"[" * 5000])
def test_whatever_is_stored_as_json_is_borne(raw: bytes) -> None:
    read_html(
        trace_html(
            trace_detail(
                stored_span(
                    attributes=Raw(raw),
                    events=Raw(raw),
                    links=Raw(raw),
                    scores=Raw(raw),
                    input=raw.decode(),
                    output='[{"role":null,"content":[1,{"a":[]}],"tool_calls":[1,{}],"media":3}]',
                )
            )
        )
    )


def _everything(text: str) -> Any:
    within = Raw(json.dumps({text: text, "deep": [{text: text * 60}]}).encode("utf-8", "replace"))
    listed = Raw(json.dumps([{"name": text, "span_id": text, "value": text}]).encode())
    told = json.dumps([{"role": text, "name": text, "content": text, "finish_reason": text,
                        "tool_calls": [{"name": text, "arguments": {text: text}}],
                        "media": [{"type": text, "uri": text}]}])  # fmt: skip
    names = ("name", "service_name", "span_type", "status", "status_message", "model", "provider",
             "span_type_sent", "session_id", "user_id", "agent_name", "tool_name", "environment",
             "cost_source", "trace_id")  # fmt: skip
    fields: dict[str, Any] = dict.fromkeys(names, text)
    odd = stored_span(
        **fields,
        span_id=f"a{text}",
        parent_span_id=f"b{text}",
        attributes=within,
        events=listed,
        links=listed,
        scores=listed,
        input=told,
        output=text,
        cost_usd=1.0,
        flags=[text],
    )
    failed = stored_span(
        **(fields | {"status": "error"}), span_id=f"c{text}", parent_span_id=f"a{text}", input=text
    )
    return trace_detail(odd, failed, models=[text] * 9)


@settings(max_examples=40)
@given(text=st.text(max_size=12) | st.just(NASTY))
def test_texts_of_strangers_stay_texts(text: str) -> None:
    page = trace_html(_everything(text))
    document = read_html(page)
    assert document.tags.keys() <= ELEMENTS
    assert {"class", "style", "title", "aria-label", "tabindex", "open"} >= {
        name for _, name, _ in document.attributes
    }
    assert not {"\x1b", "\u202e", "\ud800"} & set(page)
    page.encode()


def test_a_nasty_text_is_there_to_be_read() -> None:
    document = read_html(trace_page(_everything(NASTY)))
    assert "</style></pre><img src=x onerror=alert(1)>\"'&\ufffd\ufffd\ufffd" in document.text


def test_a_page_asks_nothing_of_anyone() -> None:
    page = trace_page(trace_detail(stored_span()))
    document = read_html(page)
    assert not {"script", "link", "img", "iframe", "a"} & document.tags.keys()
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert page.startswith("<!doctype html>")


@pytest.mark.parametrize("spans", [chain(3000), brood(3000)], ids=["deep", "flat"])
def test_a_page_has_every_span_once_in_its_order_however_they_are_nested(
    spans: list[StoredSpan],
) -> None:
    page = trace_page(trace_detail(*spans))
    assert [span.span_id for span in spans] == steps(page)
    assert read_html(page).deepest < 150


def test_a_large_trace_is_folded_and_what_is_left_out_is_counted() -> None:
    spans = brood(3000)
    failed = {"000500", "002999"}
    spans = [
        stored_span(**(vars(span) | {"status": "error"})) if span.span_id in failed else span
        for span in spans
    ]
    page = trace_html(trace_detail(*spans), most_spans=200)
    assert 200 == len(steps(page))
    assert failed < set(steps(page))
    assert "2,801 more spans are left out of this picture" in page
    assert "spans 101 to 199" in page


def test_left_out_failures_are_counted() -> None:
    page = trace_html(trace_detail(*brood(100, status="error")), most_spans=10)
    assert "of which 91 failed" in page


def test_texts_are_cut_where_they_are_too_many() -> None:
    spans = chain(3, input="x" * 900, output="y" * 900)
    page = trace_html(trace_detail(*spans), most_text=2000)
    assert 2000 == sum(page.count(letter * 100) * 100 for letter in "xy")
    assert "700 more characters are left out of this picture." in page
    assert page.count("900 more characters are left out of this picture.") == 3


def test_a_trace_without_its_spans_or_their_parents_is_told_so() -> None:
    assert "No span of this trace has arrived yet." in trace_html(
        trace_detail(stored_span(), spans=[], span_count=0)
    )
    text = read_html(trace_html(trace_detail(stored_span(parent_span_id="lost")))).text
    assert "parent not received: lost" in text


def test_circles_and_runs_that_go_on_are_shown() -> None:
    spans = [
        stored_span(span_id="a", parent_span_id="b", status="pending", name="first"),
        stored_span(span_id="b", parent_span_id="a", duration_ms=0.0, name="second"),
    ]
    text = read_html(trace_html(trace_detail(*spans))).text
    assert "its parents form a circle, which was cut here" in text
    assert "running" in text
