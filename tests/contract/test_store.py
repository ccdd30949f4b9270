"""What every store must hold: what goes in comes out, once, as its best version."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import attrs
import msgspec
import pytest
from msgspec import Raw

from prela_core.errors import InvalidError, MalformedError
from prela_core.model import Flag, SpanBatch, TraceRecord, from_micros, to_micros
from prela_core.store import Order, PageRequest, TraceFilter, trace_plan
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
HOUR = 3_600_000_000
DAY = 24 * HOUR

ODD_TEXTS = [
    'it\'s "quoted"',
    "back\\slash \\n \\0 \\",
    "tab\tnew\nline\r\n",
    "NUL\0in the middle",
    "all controls " + "".join(map(chr, range(1, 32))) + "\x7f\x85",
    "emoji 🦊👩‍👩‍👧 日本語 ελληνικά \u2028 \ufffd",
    "{x:String}",
    "{{project}} %(x)s $durability",
    "' OR 1=1 --",
    "'; DROP TABLE spans; --",
    "100% _ like?",
    "file('/etc/passwd')",
    "url('http://127.0.0.1/')",
    " lead and trail ",
    "NULL",
    "\\N",
    "-1",
    "<script>alert(1)</script>",
]

SAID_AS = {
    "user_id": "user.id",
    "session_id": "session.id",
    "agent_name": "agent.name",
    "model": "llm.model",
    "environment": "deployment.environment",
}
"""Filters by what attributes say, and the attributes."""

TEXT_FILTERS = ["name", "service_name", *SAID_AS]


def announced(trace_id: str, metadata: bytes, **fields: Any) -> TraceRecord:
    values = {"service_name": "shop", "started_at": MICROS, "attributes": b"{}"} | fields
    return TraceRecord(trace_id=trace_id, metadata=metadata, **values)


def test_every_field_comes_back(place: Any, plain: Any) -> None:
    sent = span_record(
        trace_id="t",
        span_id="s",
        parent_span_id="p",
        name="a name",
        span_type="llm",
        span_type_sent="LLM",
        service_name="svc",
        started_at=MICROS + 1,
        ended_at=MICROS + 1_234_567,
        duration_ms=1234.566,
        status="error",
        status_sent="FAILED",
        status_message="it broke",
        attributes=(
            b'{"llm.vendor":"openai","llm.model":"gpt-4o","llm.input_tokens":11,'
            b'"llm.output_tokens":7,"llm.cache_read_tokens":5,"llm.cache_write_tokens":3,'
            b'"gen_ai.usage.reasoning_tokens":2,"llm.cost_usd":0.25,"session.id":"se",'
            b'"user.id":"us","agent.name":"ag","tool.name":"to","input.value":"in",'
            b'"output.value":"out","deployment.environment":"prod", "odd" : 1.50 }'
        ),
        events=b'[{"name":"e","timestamp":"2026-01-15T12:00:00Z","attributes":{"k":[1]}}]',
        links=b'[{"trace_id":"x","span_id":"y"}]',
        flags=int(Flag.TRUNCATED | Flag.CLOCK_SKEW),
    )
    place.insert(sent)
    (span,) = place.spans("t").items
    assert {
        "span_id": "s",
        "trace_id": "t",
        "parent_span_id": "p",
        "name": "a name",
        "span_type": "llm",
        "service_name": "svc",
        "started_at": "2026-01-15T12:00:00.000001Z",
        "ended_at": "2026-01-15T12:00:01.234567Z",
        "duration_ms": 1234.566,
        "status": "error",
        "status_message": "it broke",
        "span_type_sent": "LLM",
        "status_sent": "FAILED",
        "provider": "openai",
        "model": "gpt-4o",
        "input_tokens": 11,
        "output_tokens": 7,
        "cache_read_tokens": 5,
        "cache_write_tokens": 3,
        "reasoning_tokens": 2,
        "cost_usd": 0.25,
        "cost_source": "sent",
        "price_version": None,
        "session_id": "se",
        "user_id": "us",
        "agent_name": "ag",
        "tool_name": "to",
        "input": "in",
        "output": "out",
        "ttft_ms": None,
        "environment": "prod",
        "flags": ["clock_skew", "truncated"],
        "created_at": "2026-01-15T12:00:00.001000Z",
    } == {name: value for name, value in plain(span).items() if name not in _JSON_FIELDS}
    assert (sent.attributes, sent.events, sent.links) == (
        bytes(span.attributes),
        bytes(span.events),
        bytes(span.links),
    )
    assert [span] == place.trace("t").spans


_JSON_FIELDS = {"attributes", "events", "links", "scores"}


def test_an_outline_is_the_trace_without_most_of_its_text(place: Any) -> None:
    texts = {
        "attributes": b'{"input.value":"in","output.value":"out","gen_ai.request.model":"m"}',
        "events": b'[{"name":"e"}]',
        "links": b'[{"trace_id":"l"}]',
    }
    spans = [span_record(trace_id="t", span_id=each, flags=1, **texts) for each in "ab"]
    place.insert(*spans, span_record(trace_id="t", span_id="b", status="error", **texts))
    place.insert(traces=[announced("t", b'{"k":1}')])
    empty = dict.fromkeys(("events", "links", "scores"), Raw(b"[]")) | {"attributes": Raw(b"{}")}
    empty |= dict.fromkeys(("input", "output"))

    def bare(trace: Any) -> Any:
        spans = [attrs.evolve(span, **empty) for span in trace.spans]
        return msgspec.json.encode(attrs.evolve(trace, spans=spans))

    assert bare(place.trace("t")) == bare(place.store.outline(place.project, "t"))
    assert place.store.outline(place.project, "unknown") is None


def test_what_is_absent_comes_back_as_none(place: Any, plain: Any) -> None:
    place.insert(span_record(trace_id="t", status="pending", status_message=""))
    (span,) = place.spans("t").items
    absent = ("parent_span_id", "ended_at", "status_message", "model", "cost_usd", "input")
    assert dict.fromkeys(absent) == {name: getattr(span, name) for name in absent}
    assert ([], "{}", 0.0) == (span.flags, bytes(span.attributes).decode(), span.duration_ms)


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_odd_texts_are_values_like_any_other(place: Any, text: str) -> None:
    """They come back unchanged, and filters find exactly the trace that has them."""
    attributes = dict.fromkeys(SAID_AS.values(), text) | {text: text}
    place.insert(
        span_record(
            trace_id=text,
            span_id=text,
            name=text,
            service_name=text,
            status_message=text,
            attributes=msgspec.json.encode(attributes),
        ),
        span_record(trace_id="another"),
    )
    found = place.trace(text)
    span = found.spans[0]
    assert (text, text, text, text) == (found.trace_id, span.span_id, span.name, found.service_name)
    assert (text, text, [text]) == (span.status_message, span.user_id, found.models)
    assert [text] == place.ids(**dict.fromkeys(TEXT_FILTERS, text), attributes=((text, text),))
    # One filter each that differs, another for each text: the next test has all of them.
    field = TEXT_FILTERS[ODD_TEXTS.index(text) % len(TEXT_FILTERS)]
    assert [] == place.ids(**{field: text + "x"})
    assert [] == place.ids(attributes=((text, text + "x"),))
    assert [] == place.ids(attributes=((text + "x", text),))
    assert [text] == [span.span_id for span in place.spans(text).items]
    assert None is place.trace(text + "x")


@pytest.mark.parametrize("field", TEXT_FILTERS)
def test_a_filter_finds_the_whole_text_alone(place: Any, field: str) -> None:
    for text in ("it's", "it's not", "It's"):
        said = {SAID_AS[field]: text} if field in SAID_AS else {}
        own = {} if said else {field: text}
        place.insert(span_record(trace_id=text, attributes=msgspec.json.encode(said), **own))
    assert (["it's"], []) == (place.ids(**{field: "it's"}), place.ids(**{field: "it"}))


@pytest.mark.parametrize("text", ODD_TEXTS)
def test_a_type_that_no_span_can_have_finds_nothing(place: Any, text: str) -> None:
    place.insert(span_record())
    assert [] == place.ids(span_type=text)


@pytest.mark.parametrize("text", [each for each in ODD_TEXTS if '"' not in each])
def test_odd_texts_are_found_as_phrases(place: Any, text: str) -> None:
    place.insert(
        span_record(trace_id="in-name", name=f"before {text} after"),
        span_record(trace_id="in-json", attributes=msgspec.json.encode({"k": f"<{text}>"})),
        span_record(trace_id="nowhere"),
    )
    assert ["in-name", "in-json"] == place.hits(f'"{text}"')


def test_projects_never_see_each_other(place: Any) -> None:
    other = place.elsewhere()
    place.insert(span_record(trace_id="t", name="mine"), traces=[announced("t", b'{"a":1}')])
    other.insert(span_record(trace_id="t", name="theirs"), span_record(trace_id="u", name="theirs"))
    other.insert(traces=[announced("empty", b'{"a":2}')])
    assert (["t"], ["u", "t"]) == (place.ids(), other.ids())
    assert ("mine", "theirs") == (place.trace("t").name, other.trace("t").name)
    assert (1, 1) == (place.trace("t").span_count, other.trace("t").span_count)
    assert (b"{}", b"{}") == (bytes(other.trace("t").metadata), bytes(other.ids() and b"{}"))
    assert (None, None, None) == (place.trace("u"), place.spans("u"), place.trace("empty"))
    assert ([], ["u", "t"]) == (place.hits("theirs"), other.hits("theirs"))


def test_a_trace_nobody_sent_is_none(place: Any) -> None:
    assert (None, None) == (place.trace("t"), place.spans("t"))
    assert ([], None) == (place.traces().items, place.traces().next_cursor)


class TestVersions:
    def test_an_ended_span_is_seen_before_a_pending_one_received_later(self, place: Any) -> None:
        place.insert(span_record(trace_id="t", name="ended"))
        place.insert(span_record(trace_id="t", name="pending", status="pending"))
        assert ("ended", "success", 1) == _row(place, "name", "status", "span_count")

    def test_a_final_status_is_seen_before_none(self, place: Any) -> None:
        place.insert(span_record(trace_id="t", name="failed", status="error", ended_at=None))
        place.insert(span_record(trace_id="t", name="pending", status="pending"))
        assert ("failed", "error") == _row(place, "name", "status")

    def test_of_two_ended_the_one_received_later_is_seen(self, place: Any) -> None:
        place.insert(span_record(trace_id="t", name="first", duration_ms=5.0))
        place.insert(span_record(trace_id="t", name="second", duration_ms=1.0))
        assert ("second", 1.0) == _row(place, "name", "duration_ms")

    def test_the_order_of_insertion_does_not_matter(self, place: Any) -> None:
        old = SpanBatch(place.project, MICROS, [span_record(trace_id="t", name="old")])
        new = SpanBatch(place.project, MICROS + 1, [span_record(trace_id="t", name="new")])
        for batches in ([new], [old], [old, new], [new, old, new]):
            place.store.insert(batches)
            assert ("new", 1) == _row(place, "name", "span_count")

    @pytest.mark.parametrize("step", [1, HOUR, DAY, 40 * DAY])
    def test_a_version_that_moved_in_time_leaves_nothing_behind(
        self, place: Any, step: int
    ) -> None:
        early = span_record(trace_id="t", name="early", started_at=MICROS - step)
        late = span_record(trace_id="t", name="late", started_at=MICROS)
        place.insert(early)
        place.insert(late)
        for _ in range(2):
            (row,) = place.traces().items
            assert ("late", NOON, 1, 250.0) == (
                row.name,
                row.started_at,
                row.span_count,
                row.duration_ms,
            )
            assert ([], []) == (place.ids(end_time=MICROS), place.ids(name="early"))
            assert (["t"], []) == (place.hits("late"), place.hits("early"))
            assert ["t"] == place.ids(start_time=MICROS)
            place.merge()

    @pytest.mark.parametrize("step", [1, DAY, 40 * DAY])
    def test_a_version_that_moved_back_is_seen_there(self, place: Any, step: int) -> None:
        place.insert(span_record(trace_id="t", name="late", started_at=MICROS))
        place.insert(span_record(trace_id="t", name="early", started_at=MICROS - step))
        assert [] == place.ids(start_time=MICROS)
        assert ["t"] == place.ids(end_time=MICROS)
        assert ["t"] == place.hits("early", end_time=MICROS)

    def test_one_microsecond_two_receipts_are_told_apart_by_what_they_hold(
        self, place: Any
    ) -> None:
        """Two gateways may receive at the same moment; then the order must not decide."""
        one, two = (
            SpanBatch(place.project, MICROS, [span_record(trace_id="t", attributes=attributes)])
            for attributes in (b'{"v":1}', b'{"v":2}')
        )
        place.store.insert([one, two])
        first = bytes(place.trace("t").spans[0].attributes)
        place.store.insert([two])
        place.store.insert([one])
        assert first == bytes(place.trace("t").spans[0].attributes)


def _row(place: Any, *fields: str) -> tuple[Any, ...]:
    """Give fields of the one trace, having seen that list, trace and span agree on them."""
    (row,) = place.traces().items
    found = place.trace("t")
    shown = tuple(getattr(row, field) for field in fields)
    assert shown == tuple(getattr(found, field) for field in fields)
    assert shown[0] == found.spans[0].name
    return shown


class TestRows:
    def test_the_earliest_root_speaks_for_the_trace(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="child", parent_span_id="b", name="child"),
            span_record(trace_id="t", span_id="a", name="late", started_at=MICROS + 9),
            span_record(
                trace_id="t", span_id="b", name="root", service_name="front", started_at=MICROS + 5
            ),
        )
        assert ("b", "root", "front", NOON) == _both(
            place, "root_span_id", "name", "service_name", "started_at"
        )

    def test_roots_of_one_moment_go_by_id(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="b", name="second"),
            span_record(trace_id="t", span_id="a", name="first"),
        )
        assert ("a", "first") == _both(place, "root_span_id", "name")

    def test_without_a_root_the_earliest_span_speaks(self, place: Any) -> None:
        place.insert(
            span_record(
                trace_id="t", span_id="a", parent_span_id="x", name="late", started_at=MICROS + 1
            ),
            span_record(
                trace_id="t", span_id="b", parent_span_id="y", name="early", service_name="e"
            ),
        )
        assert (None, "early", "e") == _both(place, "root_span_id", "name", "service_name")

    def test_a_circle_of_parents_is_no_root_and_no_endless_loop(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="a", parent_span_id="b"),
            span_record(trace_id="t", span_id="b", parent_span_id="c"),
            span_record(trace_id="t", span_id="c", parent_span_id="a"),
            span_record(trace_id="t", span_id="d", parent_span_id="d"),
        )
        assert (None, 4) == _both(place, "root_span_id", "span_count")
        assert ["a", "b", "c", "d"] == [span.span_id for span in place.trace("t").spans]

    def test_one_running_span_makes_the_trace_pending(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="a"),
            span_record(trace_id="t", span_id="b", status="pending", started_at=MICROS + 9_000_000),
        )
        assert ("pending", None, 9000.0) == _both(place, "status", "completed_at", "duration_ms")

    def test_one_failed_span_makes_the_trace_failed_even_while_it_runs(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="a", status="error"),
            span_record(trace_id="t", span_id="b", status="pending"),
            span_record(trace_id="t", span_id="c", status="error"),
        )
        assert ("error", 2, None) == _both(place, "status", "error_count", "completed_at")

    def test_it_ends_with_its_last_span(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", span_id="a", ended_at=MICROS + 1_000_001),
            span_record(trace_id="t", span_id="b", started_at=MICROS + 7, ended_at=MICROS + 3),
        )
        assert ("success", NOON + timedelta(microseconds=1_000_001), 1000.001) == _both(
            place, "status", "completed_at", "duration_ms"
        )

    def test_an_end_before_the_start_does_not_make_a_duration_negative(self, place: Any) -> None:
        place.insert(span_record(trace_id="t", ended_at=MICROS - 5000, duration_ms=-5.0))
        assert (0.0, from_micros(MICROS - 5000)) == _both(place, "duration_ms", "completed_at")

    @pytest.mark.parametrize("micros", [1, 3, 999, 1001, 4_503_599_627])
    def test_a_duration_is_the_same_number_in_the_list_and_in_the_trace(
        self, place: Any, micros: int
    ) -> None:
        place.insert(span_record(trace_id="t", ended_at=MICROS + micros))
        assert (micros / 1000,) == _both(place, "duration_ms")

    def test_models_are_each_named_once_in_order(self, place: Any) -> None:
        place.insert(
            *(
                span_record(trace_id="t", span_id=str(at), attributes=b'{"llm.model":"%s"}' % model)
                for at, model in enumerate([b"b", b"a", b"b", b"B"])
            ),
            span_record(trace_id="t", span_id="none"),
        )
        assert (["B", "a", "b"],) == _both(place, "models")


def _both(place: Any, *fields: str) -> tuple[Any, ...]:
    (row,) = place.traces().items
    found = place.trace(row.trace_id)
    shown = tuple(getattr(row, field) for field in fields)
    assert shown == tuple(getattr(found, field) for field in fields)
    return shown


def _spent(number: int, span_type: str, **values: float) -> Any:
    names = {
        "tokens_in": "llm.input_tokens",
        "tokens_out": "llm.output_tokens",
        "cost": "llm.cost_usd",
    }
    attributes = {names[name]: value for name, value in values.items()}
    return span_record(
        trace_id="t",
        span_id=f"s{number}",
        span_type=span_type,
        attributes=msgspec.json.encode(attributes),
    )


class TestSpending:
    FIELDS = ("input_tokens", "output_tokens", "cost_usd")

    def test_agents_and_chains_repeat_their_children_and_are_not_counted(self, place: Any) -> None:
        place.insert(
            _spent(1, "agent", tokens_in=100, tokens_out=10, cost=1.0),
            _spent(2, "chain", tokens_in=100, tokens_out=10, cost=1.0),
            _spent(3, "llm", tokens_in=60, tokens_out=6, cost=0.25),
            _spent(4, "llm", tokens_in=40, tokens_out=4, cost=0.5),
            _spent(5, "tool", cost=0.125),
        )
        assert (100, 10, 0.875) == _both(place, *self.FIELDS)

    def test_they_are_counted_when_nothing_else_says_anything(self, place: Any) -> None:
        place.insert(_spent(1, "agent", tokens_in=100, cost=1.0), _spent(2, "tool"))
        assert (100, 0, 1.0) == _both(place, *self.FIELDS)

    def test_a_zero_is_something_said(self, place: Any) -> None:
        place.insert(_spent(1, "agent", tokens_in=100, cost=1.0), _spent(2, "llm", tokens_in=0))
        assert (0, 0, 0.0) == _both(place, *self.FIELDS)

    def test_large_counts_are_summed_exactly(self, place: Any) -> None:
        place.insert(*(_spent(number, "llm", tokens_in=10**12) for number in range(10)))
        assert (10**13,) == _both(place, "input_tokens")

    def test_repeated_delivery_changes_no_sum(self, place: Any) -> None:
        spans = [_spent(1, "llm", tokens_in=60, cost=0.25), _spent(2, "llm", tokens_in=40)]
        batch = place.insert(*spans)
        place.store.insert([batch, batch])
        place.insert(*spans)
        assert (100, 0, 0.25) == _both(place, *self.FIELDS)


class TestAnnouncements:
    def test_a_trace_without_spans_is_pending_and_only_shown_by_its_id(self, place: Any) -> None:
        place.insert(traces=[announced("t", b'{"k":[1]}', service_name="s")])
        found = place.trace("t")
        assert ("t", "s", NOON, "pending", 0, [], b'{"k":[1]}') == (
            found.trace_id,
            found.service_name,
            found.started_at,
            found.status,
            found.span_count,
            found.spans,
            bytes(found.metadata),
        )
        assert ([], None) == (place.spans("t").items, place.spans("t").next_cursor)
        assert [] == place.ids()

    def test_metadata_is_shown_with_the_spans_whatever_comes_first(self, place: Any) -> None:
        place.insert(span_record(trace_id="t"))
        place.insert(
            span_record(trace_id="u"),
            traces=[announced("t", b'{"a": "\\n"}'), announced("u", b'{"b":2}')],
        )
        assert {"t": b'{"a": "\\n"}', "u": b'{"b":2}'} == {
            row.trace_id: bytes(row.metadata) for row in place.traces().items
        }
        assert b'{"a": "\\n"}' == bytes(place.trace("t").metadata)

    def test_saying_nothing_takes_back_nothing(self, place: Any) -> None:
        place.insert(span_record(trace_id="t"), traces=[announced("t", b'{"v":1}')])
        place.insert(traces=[announced("t", b"{}"), announced("u", b"{}")])
        place.insert(span_record(trace_id="u"))

        for _ in range(2):
            assert b'{"v":1}' == bytes(place.trace("t").metadata)
            assert {"t": b'{"v":1}', "u": b"{}"} == {
                row.trace_id: bytes(row.metadata) for row in place.traces().items
            }
            place.merge()

    def test_the_last_announcement_received_counts(self, place: Any) -> None:
        place.insert(traces=[announced("t", b'{"v":1}', started_at=MICROS)])
        second = place.insert(traces=[announced("t", b'{"v":2}', started_at=MICROS - 40 * DAY)])
        early = SpanBatch(place.project, 1, [], [announced("t", b'{"v":0}')])
        place.store.insert([early, second])
        for _ in range(2):
            assert b'{"v":2}' == bytes(place.trace("t").metadata)
            place.merge()

    def test_nothing_it_says_overrides_the_spans(self, place: Any) -> None:
        place.insert(
            span_record(trace_id="t", service_name="real"),
            traces=[announced("t", b"{}", service_name="said", started_at=0)],
        )
        assert ("real", NOON, "success") == _both(place, "service_name", "started_at", "status")


class TestLongTraces:
    @pytest.fixture(autouse=True)
    def _small_readings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trace_plan, "_AT_ONCE", 100)
        monkeypatch.setattr(trace_plan, "_FIRST_GROUP", 50)

    @pytest.mark.parametrize("count", [50, 51, 100, 251])
    def test_a_trace_is_whole_whether_read_at_once_or_in_groups(
        self, place: Any, plain: Any, count: int
    ) -> None:
        sent = [
            span_record(
                trace_id="t",
                span_id=f"{at % 7}-{at:05}",
                parent_span_id="0-00000" if at else "",
                started_at=MICROS + at // 3,
                attributes=b'{"llm.input_tokens":1,"llm.cost_usd":0.25}',
            )
            for at in range(count)
        ]
        place.insert(*sent, traces=[announced("t", b'{"a":1}')])
        place.insert(*sent[::2])  # again, as after an answer that was lost
        whole, read = place.trace("t"), place.store.open_trace(place.project, "t")
        groups = list(read.groups)

        wanted = sorted(sent, key=lambda span: (span.started_at, span.span_id))
        assert [span.span_id for span in wanted] == [span.span_id for span in whole.spans]
        assert whole.spans == [span for group in groups for span in group]
        assert all(groups)
        fields = plain(whole)
        assert fields.pop("spans")
        assert fields == plain(read.summary)
        assert (count, count, 0.25 * count, b'{"a":1}') == (
            whole.span_count,
            whole.input_tokens,
            whole.cost_usd,
            bytes(whole.metadata),
        )

    @pytest.mark.parametrize("first", [2, 60])
    def test_spans_whose_versions_stand_apart_are_in_their_place(
        self, place: Any, plain: Any, monkeypatch: pytest.MonkeyPatch, first: int
    ) -> None:
        monkeypatch.setattr(trace_plan, "_FIRST_GROUP", first)
        rng = random.Random(first)  # noqa: S311 - a test
        for _ in range(3):
            place.insert(
                *(
                    span_record(
                        trace_id="t",
                        span_id=f"{at:02}",
                        name=f"{rng.random()}",
                        started_at=MICROS + rng.choice((0, 0, 1, 2, 3_600_000_000, 40 * DAY)),
                    )
                    for at in rng.sample(range(30), 20)
                )
            )
        whole, read = place.trace("t"), place.store.open_trace(place.project, "t")

        assert whole.spans == [span for group in read.groups for span in group]
        assert whole.spans == _by_pages(place, "t", limit=13)
        assert plain(read.summary) == {
            name: value for name, value in plain(whole).items() if name != "spans"
        }

    def test_a_trace_without_spans_has_no_groups(self, place: Any) -> None:
        place.insert(traces=[announced("t", b'{"a":1}')])
        read = place.store.open_trace(place.project, "t")

        assert [] == list(read.groups)
        assert (0, b'{"a":1}') == (read.summary.span_count, bytes(read.summary.metadata))

    def test_a_trace_that_is_not_there_can_not_be_opened(self, place: Any) -> None:
        place.insert(span_record(trace_id="t"))

        assert place.store.open_trace(place.project, "u") is None
        assert place.elsewhere().store.open_trace("nobody", "t") is None


def _by_pages(place: Any, trace_id: str, *, limit: int) -> list[Any]:
    page = place.spans(trace_id, limit=limit)
    seen = list(page.items)
    while page.next_cursor is not None:
        page = place.spans(trace_id, limit=limit, cursor=page.next_cursor)
        seen += page.items
    return seen


class TestSpanPages:
    def test_they_lead_through_all_spans_by_start_then_id(self, place: Any) -> None:
        spans = [
            span_record(trace_id="t", span_id=f"s{at}", started_at=MICROS + at // 3)
            for at in range(10)
        ]
        place.insert(*reversed(spans))
        seen = [span.span_id for span in _by_pages(place, "t", limit=4)]
        assert [f"s{at}" for at in range(10)] == seen
        assert ["s7", "s8"] == [span.span_id for span in place.spans("t", offset=7, limit=2).items]
        assert [] == place.spans("t", offset=10).items

    def test_a_cursor_of_another_trace_is_refused(self, place: Any) -> None:
        for trace_id in ("t", "u"):
            place.insert(*(span_record(trace_id=trace_id, span_id=each) for each in ("a", "b")))
        cursor = place.spans("t", limit=1).next_cursor
        with pytest.raises(MalformedError):
            place.spans("u", cursor=cursor)


@pytest.mark.parametrize(
    "wrong", [{"name": "lone \ud800"}, {"started_at": 2**70}, {"flags": 2**40}], ids=str
)
def test_what_cannot_be_stored_is_refused_and_spoils_nothing(
    place: Any, wrong: dict[str, Any]
) -> None:
    good = SpanBatch(place.project, MICROS, [span_record(trace_id="good")])
    bad = SpanBatch(place.project, MICROS, [span_record(trace_id="bad", ended_at=None, **wrong)])
    with pytest.raises(InvalidError):
        place.store.insert([good, bad])
    place.store.insert([good])
    assert ["good"] == place.ids()


def test_nothing_to_insert_is_fine(place: Any) -> None:
    place.store.insert([])
    place.store.insert([SpanBatch(place.project, MICROS, [])])
    assert [] == place.ids()


def test_one_insert_may_span_many_months(place: Any) -> None:
    place.insert(
        *(span_record(trace_id=f"{month:03}", started_at=month * 31 * DAY) for month in range(150))
    )
    assert ["149", "148"] == place.ids(limit=2)
    assert ["000", "001"] == place.ids(Order.OLDEST, limit=2)


def test_it_can_be_migrated_again_at_any_time(place: Any) -> None:
    place.insert(span_record(trace_id="t"))
    with ThreadPoolExecutor(4) as pool:
        assert [[]] * 4 == [
            each.result() for each in [pool.submit(place.store.migrate) for _ in range(4)]
        ]
    assert ["t"] == place.ids()


def test_it_answers_while_it_is_written_to(place: Any) -> None:
    """Readers see whole spans and never fewer than before."""
    place.insert(span_record(trace_id="0"))
    with ThreadPoolExecutor(3) as pool:
        writing = pool.submit(
            lambda: [place.insert(span_record(trace_id=str(at))) for at in range(1, 20)]
        )
        counts = [len(place.ids()) for _ in range(5)]
        writing.result()
    assert sorted(counts) == counts
    assert 20 == len(place.ids())


def test_ping_returns(place: Any) -> None:
    assert None is place.store.ping()


def test_answers_are_json_as_they_stand(place: Any, plain: Any) -> None:
    place.insert(
        span_record(trace_id="t", attributes=b'{"n":1.50}'), traces=[announced("t", b'{"x":1}')]
    )
    answer = plain(place.trace("t"))
    assert ({"x": 1}, {"n": 1.5}) == (answer["metadata"], answer["spans"][0]["attributes"])
    assert Raw is type(place.trace("t").metadata)
    where, page = TraceFilter(), PageRequest()
    assert [answer["trace_id"]] == [
        each["trace_id"]
        for each in plain(place.store.traces(place.project, where, Order.NEWEST, page))["items"]
    ]
