from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.memory import peak_memory

from prela_core.errors import InputError, InvalidError, MalformedError, TooLargeError
from prela_core.model import to_micros
from prela_core.testing import NOON
from prela_core.wire import Decoded, Limits, decode_batch, decode_span, decode_trace

RECEIVED = to_micros(NOON)
DECODERS = [decode_span, decode_batch, decode_trace]
decoders = pytest.mark.parametrize("decode", DECODERS)


def read(decode: Any, body: Any, limits: Limits = Limits()) -> Decoded:  # noqa: B008 - frozen
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return decode(sent, received_at=RECEIVED, limits=limits)


def span(span_id: str = "s", trace_id: str | None = "t", **fields: Any) -> dict[str, Any]:
    return {"span_id": span_id, "trace_id": trace_id, **fields}


def ids(decoded: Decoded) -> list[str]:
    return [each.span_id for each in decoded.spans]


SHAPES = {
    decode_span: b'{"span_id":"s","trace_id":"t","name":%s}',
    decode_batch: b'[{"span_id":"s","trace_id":"t","name":%s}]',
    decode_trace: b'{"trace_id":"t","spans":[{"span_id":"s","name":%s}]}',
}
"""A body for each decoder, but for one value."""

BROKEN = [
    b"",
    b"nonsense",
    b"'text'",
    b"[1,]",
    b'{"a":1,}',
    b"{a:1}",
    b"01",
    b"1.",
    b"+1",
    b"NaNN",
    b"-NaNs",
    b'"\\q"',
    b'"\\u12"',
    b'"a\nb"',
    b'"unended',
    b"\0",
    b"[" * 2000 + b"]" * 2000,
    b"[" * 100_000,
    b'{"a":' * 100_000,
]


@decoders
@pytest.mark.parametrize("value", BROKEN, ids=lambda value: repr(value[:20]))
def test_what_is_not_json_is_malformed(decode: Any, value: bytes) -> None:
    with pytest.raises(MalformedError) as refusal:
        read(decode, SHAPES[decode] % value)
    assert len(str(refusal.value)) < 300


@decoders
@pytest.mark.parametrize("body", [b"", b" ", b"\xff\xfe", b"\xef\xbb\xbf", b"{", b'{"spans'])
def test_nothing_and_noise_are_malformed(decode: Any, body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(decode, body)


@decoders
def test_what_follows_the_body_is_malformed(decode: Any) -> None:
    with pytest.raises(MalformedError):
        read(decode, SHAPES[decode] % b"1" + b" trailing")


@decoders
@pytest.mark.parametrize("body", [b"null", b"5", b'"text"', b"true"])
def test_json_of_another_shape_is_invalid(decode: Any, body: bytes) -> None:
    with pytest.raises(InvalidError):
        read(decode, body)


@decoders
def test_deep_nesting_inside_a_span_is_refused_not_a_crash(decode: Any) -> None:
    for depth in (129, 1000, 100_000):
        for field in ("attributes", "name", "extra"):
            inner = b'{"a":' * depth + b"1" + b"}" * depth
            one = b'{"span_id":"s","trace_id":"t","%s":%s}' % (field.encode(), inner)
            body = {
                decode_span: one,
                decode_batch: b"[%s]" % one,
                decode_trace: b'{"trace_id":"t","spans":[%s]}' % one,
            }[decode]
            try:
                decoded = read(decode, body)
            except InputError:
                continue
            assert depth < 2000
            assert field != "attributes"
            assert ["s"] == ids(decoded)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text(st.characters(codec=None, exclude_categories=()))
    | st.sampled_from(["t", "s", "2026-01-15T12:00:00+00:00Z", "9999-12-31T23:59:59-23:59"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "span_id",
                    "trace_id",
                    "parent_span_id",
                    "name",
                    "span_type",
                    "service_name",
                    "started_at",
                    "ended_at",
                    "duration_ms",
                    "status",
                    "status_message",
                    "attributes",
                    "events",
                    "links",
                    "replay_snapshot",
                    "spans",
                    "metadata",
                    "resourceSpans",
                ]
            ),
            inner,
            max_size=8,
        )
    ),
    max_leaves=25,
)


@given(json_values, st.sampled_from(DECODERS))
def test_arbitrary_json_is_taken_or_refused_with_a_reason(value: Any, decode: Any) -> None:
    try:
        decoded = read(decode, value)
    except InputError:
        return
    assert len(decoded.spans) + len(decoded.rejected) == decoded.total


@given(st.binary(max_size=200), st.sampled_from(DECODERS))
def test_arbitrary_bytes_are_refused(body: bytes, decode: Any) -> None:
    try:
        read(decode, body)
    except InputError:
        return
    json.loads(body)  # what is taken is JSON


@given(st.data())
def test_a_body_cut_short_is_never_taken(data: st.DataObject) -> None:
    body = json.dumps([span(name="é 🦊", attributes={"a": [1.5, None, "x\\"]})]).encode()
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(MalformedError):
        read(decode_batch, body[:cut])


ODD_SPANS: list[Any] = [
    5,
    None,
    "text",
    [],
    {},
    {"span_id": "x"},
    {"trace_id": "t"},
    span("x", started_at="soon"),
    span("x", started_at=1e300),
    span("x", attributes=[]),
    span("a\nb"),
    span("x", parent_span_id=5),
    span("x", events={}),
    span("x", attributes={"a": [[[[1]]]]} | {"b": "[" * 3}, links="no"),
]


class TestBatch:
    def test_both_shapes_are_read(self) -> None:
        assert ["a", "b"] == ids(read(decode_batch, [span("a"), span("b")]))
        assert ["a", "b"] == ids(read(decode_batch, {"spans": [span("a"), span("b")]}))
        assert ["a"] == ids(read(decode_batch, b" \n[" + json.dumps(span("a")).encode() + b"] "))

    @pytest.mark.parametrize("body", [[], {"spans": []}])
    def test_nothing_is_fine(self, body: Any) -> None:
        assert ([], [], [], 0) == (
            (read(decode_batch, body)).spans,
            read(decode_batch, body).traces,
            read(decode_batch, body).rejected,
            read(decode_batch, body).total,
        )

    @pytest.mark.parametrize("body", [{}, {"spans": None}, {"spans": {}}, {"span": []}])
    def test_an_object_without_spans_is_invalid(self, body: Any) -> None:
        with pytest.raises(InvalidError):
            read(decode_batch, body)

    @pytest.mark.parametrize("odd", ODD_SPANS, ids=lambda odd: repr(odd)[:40])
    @pytest.mark.parametrize("wrapped", [False, True])
    def test_one_bad_span_never_fails_its_batch(self, odd: Any, wrapped: bool) -> None:  # noqa: FBT001 - a table
        spans = [span("a"), odd, span("b")]
        decoded = read(decode_batch, {"spans": spans} if wrapped else spans)
        assert (["a", "b"], 3) == (ids(decoded), decoded.total)
        (rejected,) = decoded.rejected
        assert 1 == rejected.index
        assert rejected.reason

    @given(st.lists(st.sampled_from([*ODD_SPANS, span("a"), span("b", name="n")]), max_size=6))
    def test_the_fast_and_the_patient_path_agree(self, spans: list[Any]) -> None:
        """A number among the spans makes the whole batch take the patient path."""
        try:
            fast = read(decode_batch, spans)
        except InvalidError:
            taken = [each for each in spans if each not in ODD_SPANS]
            assert [] == taken
            return
        if not spans:
            return
        patient = read(decode_batch, [*spans, 5])
        assert fast.spans == patient.spans
        assert fast.rejected == patient.rejected[:-1]
        assert (len(spans), len(spans) + 1) == (fast.total, patient.total)

    def test_a_number_too_large_to_read_spoils_only_its_span(self) -> None:
        huge = b'{"span_id":"x","trace_id":"t","started_at":%s}' % (b"9" * 5000)
        good = json.dumps(span("a")).encode()
        decoded = read(decode_batch, b"[%s,%s]" % (huge, good))
        assert (["a"], [0]) == (ids(decoded), [each.index for each in decoded.rejected])

    def test_numbers_that_are_none_are_mended_on_both_paths(self) -> None:
        spans: list[Any] = [span("a", attributes={"x": float("nan"), "y": "NaN"})]
        for sent in (spans, [*spans, 5]):
            (taken,) = read(decode_batch, sent).spans
            assert {"x": None, "y": "NaN"} == json.loads(taken.attributes)

    def test_when_none_can_be_taken_it_is_invalid_and_each_is_named(self) -> None:
        with pytest.raises(InvalidError, match="none of the 2 spans") as refusal:
            read(decode_batch, [{"span_id": "x"}, 5])
        assert ["/spans/0", "/spans/1"] == [each["pointer"] for each in refusal.value.errors]

    def test_rejected_spans_are_named_with_their_ids(self) -> None:
        decoded = read(decode_batch, [span("a"), span("x" * 500), span("y", started_at="soon")])
        assert ["x" * 128, "y"] == [each.span_id for each in decoded.rejected]

    def test_too_many_spans_are_too_large(self) -> None:
        limits = Limits(spans=3)
        assert 3 == read(decode_batch, [span(str(at)) for at in range(3)], limits).total
        with pytest.raises(TooLargeError, match="4 spans"):
            read(decode_batch, [span(str(at)) for at in range(4)], limits)

    def test_order_is_kept(self) -> None:
        assert ["b", "a", "c"] == ids(read(decode_batch, [span(each) for each in "bac"]))


class TestDuplicates:
    def batch(self, *spans: dict[str, Any]) -> list[tuple[str, str]]:
        batch = read(decode_batch, list(spans)).batch("p", RECEIVED)
        return [(each.span_id, each.name) for each in batch.spans]

    def test_the_last_of_equally_complete_ones_is_kept(self) -> None:
        assert [("a", "2"), ("b", "3")] == self.batch(
            span("a", name="1"), span("a", name="2"), span("b", name="3")
        )

    def test_an_ended_one_is_kept_before_a_pending_one_in_any_order(self) -> None:
        ended = span("a", name="ended", started_at=RECEIVED, ended_at=RECEIVED + 1)
        failed = span("a", name="failed", status="error")
        pending = span("a", name="pending")
        assert [("a", "ended")] == self.batch(ended, failed, pending)
        assert [("a", "ended")] == self.batch(pending, failed, ended)
        assert [("a", "failed")] == self.batch(failed, pending)

    def test_spans_of_other_traces_are_others(self) -> None:
        assert 2 == len(self.batch(span("a", "t"), span("a", "u")))

    def test_all_are_counted_as_accepted(self) -> None:
        decoded = read(decode_batch, [span("a"), span("a")])
        assert (2, 2) == (len(decoded.spans), decoded.total)


class TestTrace:
    def test_its_id_and_service_stand_in_for_those_of_its_spans(self) -> None:
        decoded = read(
            decode_trace,
            {
                "trace_id": "t",
                "service_name": "svc",
                "spans": [span("a", None), span("b", "u", service_name="own")],
            },
        )
        assert [("a", "t", "svc"), ("b", "u", "own")] == [
            (each.span_id, each.trace_id, each.service_name) for each in decoded.spans
        ]
        assert [] == decoded.traces

    def test_what_it_says_of_itself_is_kept_only_as_metadata(self) -> None:
        decoded = read(
            decode_trace,
            {
                "trace_id": "t",
                "duration_ms": "a lie",
                "status": 5,
                "started_at": "2026-01-15T12:00:00+00:00Z",
                "metadata": {"k": 1},
                "attributes": {"a": 2},
                "spans": [span("a")],
            },
        )
        (trace,) = decoded.traces
        assert ("t", RECEIVED, b'{"k": 1}', b'{"a": 2}') == (
            trace.trace_id,
            trace.started_at,
            trace.metadata,
            trace.attributes,
        )

    @pytest.mark.parametrize("spans", [[], None])
    def test_without_spans_it_is_announced(self, spans: Any) -> None:
        decoded = read(decode_trace, {"trace_id": "t", "spans": spans, "started_at": "soon"})
        assert ([], 0) == (decoded.spans, decoded.total)
        assert [("t", RECEIVED)] == [(each.trace_id, each.started_at) for each in decoded.traces]

    @pytest.mark.parametrize(
        "metadata", ["text", 5, [], None, {"a": "x" * 2000}, {"a": [[[[[[1]]]]]]}]
    )
    def test_metadata_that_can_not_be_kept_is_left_out(self, metadata: Any) -> None:
        limits = Limits(attributes=1000, depth=5)
        body = {"trace_id": "t", "metadata": metadata, "spans": [span("a")]}
        decoded = read(decode_trace, body, limits)
        assert (["a"], []) == (ids(decoded), decoded.traces)

    @pytest.mark.parametrize("trace_id", [None, "", 5, "a\nb", "x" * 129])
    def test_its_own_id_must_be_one(self, trace_id: Any) -> None:
        with pytest.raises(InvalidError, match=r"^trace_id ") as refusal:
            read(decode_trace, {"trace_id": trace_id, "spans": [span("a", "t")]})
        assert "/trace_id" == refusal.value.errors[0]["pointer"]

    def test_one_bad_span_never_fails_it(self) -> None:
        decoded = read(decode_trace, {"trace_id": "t", "spans": [span("a", None), 5, None]})
        assert (["a"], [1, 2]) == (ids(decoded), [each.index for each in decoded.rejected])

    def test_otlp_is_told_apart(self) -> None:
        with pytest.raises(InvalidError, match="OTLP"):
            read(decode_trace, {"resourceSpans": [{"scopeSpans": []}]})


class TestSpan:
    def test_one_is_read(self) -> None:
        decoded = read(decode_span, span("a"))
        assert (["a"], 1, []) == (ids(decoded), decoded.total, decoded.rejected)

    def test_its_fault_is_the_answer(self) -> None:
        with pytest.raises(InvalidError, match=r"^trace_id is missing$"):
            read(decode_span, {"span_id": "a"})

    def test_of_a_repeated_key_the_last_counts(self) -> None:
        decoded = read(decode_span, b'{"span_id":"a","span_id":"b","trace_id":"t"}')
        assert ["b"] == ids(decoded)

    def test_a_byte_order_mark_is_dropped(self) -> None:
        assert ["a"] == ids(read(decode_span, b"\xef\xbb\xbf" + json.dumps(span("a")).encode()))


LONG = 500_000


@pytest.mark.parametrize("item", [b"7", b"{}", b"[]", b'{"a":[{}]}'])
@pytest.mark.parametrize(
    ("decode", "head", "tail"),
    [
        (decode_batch, b"[", b"]"),
        (decode_batch, b'{"spans":[', b"]}"),
        (decode_batch, b'{"spans":[', b'],"spans":[]}'),
        (decode_trace, b'{"trace_id":"t","spans":[', b"]}"),
    ],
    ids=["list", "batch", "twice", "trace"],
)
def test_a_long_list_is_refused_before_it_fills_the_memory(
    decode: Callable[..., Decoded], head: bytes, tail: bytes, item: bytes
) -> None:
    body = head + b",".join([item] * LONG) + tail

    with peak_memory() as peak, pytest.raises(TooLargeError, match="over 1,000 spans"):
        decode(body, received_at=RECEIVED, limits=Limits(spans=1000))
    assert peak() < LONG


@pytest.mark.parametrize("field", ["name", "span_type", "status", "started_at"])
def test_a_field_that_holds_a_long_list_takes_no_more_than_its_text(field: str) -> None:
    body = b'{"span_id":"s","trace_id":"t","%s":[%s]}' % (field.encode(), b",".join([b"[]"] * LONG))

    with peak_memory() as peak, contextlib.suppress(InvalidError):
        decode_span(body, received_at=RECEIVED, limits=Limits())
    assert peak() < 8 * len(body)


@pytest.mark.parametrize("field", ["trace_id", "span_id", "parent_span_id"])
@pytest.mark.parametrize("value", [[1], {"a": 1}, 7])
def test_an_id_of_another_kind_is_refused(field: str, value: Any) -> None:
    sent = {"span_id": "s", "trace_id": "t", field: value}
    with pytest.raises(InvalidError, match=f"{field} must be a string"):
        decode_span(json.dumps(sent).encode(), received_at=RECEIVED, limits=Limits())
