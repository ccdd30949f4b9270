"""Every leniency of the wire contract, one by one, through `decode_span`."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import InputError, InvalidError
from prela_core.model import Flag, SpanRecord, SpanType, to_micros
from prela_core.testing import NOON
from prela_core.wire import Limits, decode_span

RECEIVED = to_micros(NOON)
SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
LIMITS = Limits(attributes=2000, value=500, name_chars=20, depth=10)


def record(**sent: Any) -> SpanRecord:
    body = {"span_id": "s", "trace_id": "t"} | sent
    decoded = decode_span(msgspec.json.encode(body), received_at=RECEIVED, limits=LIMITS)
    (span,) = decoded.spans
    return span


def flags(**sent: Any) -> list[str]:
    return Flag(record(**sent).flags).names()


def test_ids_are_enough() -> None:
    assert (
        SpanRecord(
            trace_id="t",
            span_id="s",
            parent_span_id="",
            name="",
            span_type="",
            span_type_sent="",
            service_name="",
            started_at=RECEIVED,
            ended_at=None,
            duration_ms=0.0,
            status="pending",
            status_sent="",
            status_message="",
            attributes=b"{}",
            events=b"[]",
            links=b"[]",
        )
        == record()
    )


@pytest.mark.parametrize("field", ["span_id", "trace_id"])
@pytest.mark.parametrize(
    "value", [None, "", " ", "\t", 5, True, [], {}, "a\0b", "a\nb", "x" * 129, "\u200b", "\u2028"]
)
def test_an_id_that_can_not_be_one_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(InvalidError, match=rf"^{field} "):
        record(**{field: value})


@pytest.mark.parametrize(
    "value",
    ["0af7651916cd43dd8448eb211c80319c", "test-trace-123", "x" * 128, "päivää", "a b", "🦊"],
)
def test_ids_are_opaque(value: str) -> None:
    span = record(span_id=value, trace_id=value, parent_span_id=value)
    assert (value, value, value) == (span.span_id, span.trace_id, span.parent_span_id)


@pytest.mark.parametrize("value", [None, "", "0000000000000000"])
def test_a_root_has_no_parent_in_any_spelling(value: Any) -> None:
    assert "" == record(parent_span_id=value).parent_span_id


def test_a_parent_that_can_not_be_one_is_refused() -> None:
    for value in (5, "a\nb", "x" * 129, [], {}, False):
        with pytest.raises(InvalidError, match=r"^parent_span_id "):
            record(parent_span_id=value)


@pytest.mark.parametrize(
    ("sent", "kept", "marks"),
    [
        ("llm", "llm", []),
        ("LLM", "llm", []),
        ("Guardrail", "guardrail", []),
        ("", "", []),
        (None, "", []),
        ("workflow", "custom", ["unknown_type"]),
        (5, "custom", ["unknown_type"]),
    ],
)
def test_types(sent: Any, kept: str, marks: list[str]) -> None:
    span = record(span_type=sent)
    assert (kept, marks) == (span.span_type, Flag(span.flags).names())
    assert ("" if sent is None else str(sent)) == span.span_type_sent


@pytest.mark.parametrize(
    ("sent", "ended", "kept"),
    [
        ("success", True, "success"),
        ("COMPLETED", True, "success"),
        ("ok", False, "success"),
        ("Failed", False, "error"),
        ("error", True, "error"),
        ("pending", False, "pending"),
        ("running", True, "success"),
        (None, False, "pending"),
        (None, True, "success"),
        ("UNSET", True, "success"),
        ("sideways", True, "success"),
        ("sideways", False, "pending"),
        (1, True, "success"),
    ],
)
def test_statuses(sent: Any, ended: bool, kept: str) -> None:  # noqa: FBT001 - a table
    span = record(status=sent, started_at=RECEIVED, ended_at=RECEIVED + 1 if ended else None)
    assert (kept, "" if sent is None else str(sent)) == (span.status, span.status_sent)


class TestTimes:
    def times(self, **sent: Any) -> tuple[int, int | None, float]:
        span = record(**sent)
        ended = None if span.ended_at is None else span.ended_at - RECEIVED
        return span.started_at - RECEIVED, ended, span.duration_ms

    def test_a_duration_comes_from_start_and_end_whatever_is_said(self) -> None:
        assert (0, 1500, 1.5) == self.times(
            started_at=RECEIVED, ended_at=RECEIVED + 1500, duration_ms=99
        )

    def test_an_end_before_the_start_is_taken_and_flagged(self) -> None:
        sent = {"started_at": RECEIVED, "ended_at": RECEIVED - 2000}
        assert (0, -2000, -2.0) == self.times(**sent)
        assert ["ends_before_start"] == flags(**sent)

    def test_a_final_status_and_a_duration_tell_the_end(self) -> None:
        assert (0, 2500, 2.5) == self.times(started_at=RECEIVED, duration_ms=2.5, status="ok")
        assert (0, None, 0.0) == self.times(started_at=RECEIVED, duration_ms=2.5)
        assert (0, None, 0.0) == self.times(started_at=RECEIVED, duration_ms=0, status="ok")

    def test_an_end_and_a_duration_tell_the_start(self) -> None:
        assert (-2500, 0, 2.5) == self.times(ended_at=RECEIVED, duration_ms=2.5)
        assert (0, 0, 0.0) == self.times(ended_at=RECEIVED)

    def test_the_start_can_not_be_told_to_lie_before_1970(self) -> None:
        span = record(ended_at="1970-01-02", duration_ms=3e11)
        assert 0 == span.started_at

    @pytest.mark.parametrize("value", [-1, 1e300, "5", None, [], {}, True])
    def test_an_absurd_duration_is_passed_over(self, value: Any) -> None:
        assert (0, None, 0.0) == self.times(started_at=RECEIVED, duration_ms=value, status="ok")

    @pytest.mark.parametrize("value", ["", None])
    def test_no_time_at_all_is_the_moment_of_receipt(self, value: Any) -> None:
        assert (0, None, 0.0) == self.times(started_at=value, ended_at=value)

    @pytest.mark.parametrize("field", ["started_at", "ended_at"])
    @pytest.mark.parametrize("value", ["soon", "1969-01-01", "2100-01-01", -5, True, [], 1e300])
    def test_a_time_that_is_none_is_refused_by_name(self, field: str, value: Any) -> None:
        with pytest.raises(InvalidError, match=rf"^{field} "):
            record(**{field: value})

    @pytest.mark.parametrize(
        ("away", "flagged"),
        [(0, False), (HOUR, False), (HOUR + 1, True), (-DAY, False), (-DAY - 1, True)],
    )
    def test_a_clock_that_is_far_off_is_flagged(self, away: int, flagged: bool) -> None:  # noqa: FBT001 - a table
        assert (["clock_skew"] if flagged else []) == flags(started_at=RECEIVED + away)


def test_a_span_that_is_its_own_parent_is_flagged() -> None:
    assert ["self_parent"] == flags(parent_span_id="s")


class TestService:
    def test_the_spans_own_name_comes_first(self) -> None:
        said = {"service.name": "attribute"}
        assert "own" == record(service_name="own", attributes=said).service_name
        assert "attribute" == record(service_name="", attributes=said).service_name
        assert "" == record(attributes={"nested": said}).service_name

    def test_it_is_cut_like_a_name(self) -> None:
        assert "x" * 20 == record(service_name="x" * 30).service_name


class TestJson:
    @pytest.mark.parametrize("field", ["attributes", "events", "links", "replay_snapshot"])
    def test_null_is_the_same_as_nothing(self, field: str) -> None:
        assert record() == record(**{field: None})

    @pytest.mark.parametrize("value", [[], "text", 5, True])
    def test_attributes_must_be_an_object(self, value: Any) -> None:
        with pytest.raises(InvalidError, match=r"^attributes must be an object"):
            record(attributes=value)

    @pytest.mark.parametrize("field", ["events", "links"])
    @pytest.mark.parametrize("value", [{}, "text", 5, True])
    def test_events_and_links_must_be_lists(self, field: str, value: Any) -> None:
        with pytest.raises(InvalidError, match=rf"^{field} must be a list"):
            record(**{field: value})

    def test_they_are_kept_byte_by_byte(self) -> None:
        body = b'{"span_id":"s","trace_id":"t","attributes":{ "a":1.50,"a":2 },"events":[ {} ]}'
        (span,) = decode_span(body, received_at=RECEIVED, limits=LIMITS).spans
        assert (b'{ "a":1.50,"a":2 }', b"[ {} ]") == (span.attributes, span.events)

    @pytest.mark.parametrize("attributes", ["{}", "{ }", '{"a":{}}', '{"a":"}"} ', "null"])
    @pytest.mark.parametrize("snapshot", ['{"b":2}', "1", "[]", '"x"', "true"])
    def test_a_replay_snapshot_becomes_an_attribute(self, attributes: str, snapshot: str) -> None:
        body = (
            f'{{"span_id":"s","trace_id":"t","attributes":{attributes},'
            f'"replay_snapshot":{snapshot}}}'
        )
        (span,) = decode_span(body.encode(), received_at=RECEIVED, limits=LIMITS).spans
        expected = (msgspec.json.decode(attributes) or {}) | {
            "prela.replay_snapshot": msgspec.json.decode(snapshot)
        }
        assert expected == msgspec.json.decode(span.attributes)

    def test_depth_is_bounded(self) -> None:
        def nested(depth: int) -> Any:
            value: Any = 1
            for _ in range(depth - 1):
                value = [value]
            return value

        assert [] == flags(attributes={"a": nested(10)}, events=nested(11))
        for field, value in (
            ("attributes", {"a": nested(11)}),
            ("events", nested(12)),
            ("replay_snapshot", nested(12)),
        ):
            with pytest.raises(InvalidError, match=rf"^{field} nests deeper than 10"):
                record(**{field: value})

    def test_brackets_in_texts_are_no_depth(self) -> None:
        assert [] == flags(attributes={"a": "[" * 100, "b": '"[[' * 20 + "\\" * 3})

    @pytest.mark.parametrize(
        "sent",
        [
            {"name": "x" * 21},
            {"status_message": "x" * 501},
            {"attributes": {"a": "x" * 501}},
            {"attributes": {f"k{at}": "x" * 400 for at in range(6)}},
            {"events": [{"name": "x" * 300}] * 9},
            {"links": [{"trace_id": "x" * 300}] * 9},
            {"replay_snapshot": "x" * 501},
        ],
        ids=lambda sent: next(iter(sent)),
    )
    def test_what_is_over_a_limit_is_cut_and_flagged(self, sent: dict[str, Any]) -> None:
        span = record(**sent)
        assert Flag.TRUNCATED == span.flags
        assert max(len(span.attributes), len(span.events), len(span.links)) < 2100


@given(st.text(max_size=40), st.text(max_size=40), st.integers(1, 30), st.integers(1, 30))
def test_texts_keep_their_beginning(name: str, message: str, chars: int, value: int) -> None:
    body = msgspec.json.encode(
        {"span_id": "s", "trace_id": "t", "name": name, "status_message": message}
    )
    limits = Limits(name_chars=chars, value=value)
    (span,) = decode_span(body, received_at=RECEIVED, limits=limits).spans
    assert (name[:chars], message[:value]) == (span.name, span.status_message)
    assert (len(name) > chars or len(message) > value) is bool(span.flags & Flag.TRUNCATED)


@pytest.mark.parametrize("value", [5, 1.5, True, [1], {"a": 1}, 10**30])
def test_a_text_that_is_none_is_kept_as_its_json(value: Any) -> None:
    text = str(value) if value == 10**30 else msgspec.json.encode(value).decode()
    body = f'{{"span_id":"s","trace_id":"t","name":{text},"status_message":{text}}}'
    (span,) = decode_span(body.encode(), received_at=RECEIVED, limits=Limits()).spans
    assert (text, text) == (span.name, span.status_message)


odd = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = [
    "parent_span_id", "name", "span_type", "service_name", "started_at", "ended_at",
    "duration_ms", "status", "status_message", "attributes", "events", "links", "replay_snapshot",
]  # fmt: skip


@given(st.dictionaries(st.sampled_from(FIELDS), odd))
def test_whatever_is_sent_gives_a_sound_record_or_a_reason(sent: dict[str, Any]) -> None:
    try:
        span = record(**sent)
    except InputError:
        return
    assert span.span_type in {"", *SpanType}
    assert span.status in {"pending", "success", "error"}
    assert dict is type(msgspec.json.decode(span.attributes))
    assert (list, list) == (
        type(msgspec.json.decode(span.events)),
        type(msgspec.json.decode(span.links)),
    )
    assert 0 <= span.started_at
    if span.ended_at is not None:
        assert span.status != "pending"
    for text in (span.name, span.status_message, span.service_name):
        text.encode()


def test_a_duration_that_leads_beyond_the_years_we_keep_tells_no_end() -> None:
    sent = {"started_at": "2099-12-31T23:59:59Z", "status": "ok"}

    assert record(**sent, duration_ms=315_359_999_999).ended_at is None
    assert record(**sent, duration_ms=999).ended_at is not None
