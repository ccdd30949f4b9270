"""What is compiled of OTLP gives what its twins give, whatever is sent."""

from __future__ import annotations

import gc
import itertools
import struct
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from opentelemetry.proto.trace.v1.trace_pb2 import Status as OtlpStatus
from tests.otlp import any_value, field, nested_lists, otlp_request, otlp_span, pairs
from tests.parts import missing

from prela_core.compiled import compiled
from prela_core.errors import InputError, TooLargeError
from prela_core.wire import Decoded, Limits, ScopeFilter, decode_otlp_protobuf, otlp_quick

_MODULE = compiled("otlp")

START = 1_764_000_000_000_000_000
RECEIVED = START // 1000 + 1_000_000
LIMITS = Limits()
TIGHT = Limits(value=60, blob=40, attributes=120, name_chars=16, depth=4, body=4000)
NO_FILTER = ScopeFilter()
GOOD = otlp_span({"a": "b"}, trace_id="0a" * 16, span_id="0b" * 8).SerializeToString()
START_FIELD = b"\x39" + struct.pack("<Q", START)


@pytest.fixture(autouse=True, scope="module")
def _compiled() -> None:
    if _MODULE is None:
        missing("`prela_core.compiled` is not compiled here: it takes a C compiler to install it")
    assert otlp_quick._compiled is _MODULE


def decode(body: bytes, limits: Limits = LIMITS, dropped: ScopeFilter = NO_FILTER) -> Decoded:
    return decode_otlp_protobuf(body, received_at=RECEIVED, limits=limits, dropped=dropped)


def outcome(body: bytes, **options: Any) -> Any:
    try:
        decoded = decode(body, **options)
    except InputError as error:
        return type(error), str(error)
    return decoded, [type(value) for each in decoded.spans for value in attrs.astuple(each)]


def by_twin(body: bytes, **options: Any) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(otlp_quick, "_compiled", None)
        return outcome(body, **options)


def assert_same(body: bytes, **options: Any) -> None:
    assert by_twin(body, **options) == outcome(body, **options)


def left(body: bytes, limits: Limits = LIMITS) -> int:
    """Say how many spans of a request are left to the twin."""
    assert _MODULE is not None
    groups = _MODULE.split(body, limits.spans)
    assert groups is not None
    count = 0
    for resource, scope, spans in groups:
        origin = otlp_quick._kept(resource, scope, 65536, limits)[1]
        count += _MODULE.records(spans, origin, RECEIVED, limits, 1 << 40, 1 << 40).left
    return count


def request(*spans: bytes, resource: bytes = b"", scope: bytes = b"") -> bytes:
    return field(1, resource, field(2, scope, *(field(2, each) for each in spans)))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "",
        '"resource.a',
        'say "otel.scope.name" twice',
        "resource.",
        "resource.host",
        "otel.scope.x",
        '\\"\b\f\n\r\t\x00\x1f\x7f\u2028é漢🎉',
        "2026-01-01T00:00:00+00:00Z",
        "x" * 70,
        "A1b" * 30,
        "é" * 20,
    ]
)
KEYS = TEXTS | st.sampled_from(
    [
        "a",
        "b",
        "service.name",
        "otel.kind",
        "otel.flags",
        "otel.trace_state",
        "gen_ai.request.model",
        *(f"llm.input_messages.{at}.content" for at in range(3)),
    ]
)
NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, -1, 127, 128, 2**31, -(2**31)])
VALUES = st.recursive(
    TEXTS | NUMBERS | st.none() | st.booleans() | st.floats() | st.binary(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=10,
)
ATTRIBUTES = st.lists(
    st.builds(lambda key, value: KeyValue(key=key, value=any_value(value)), KEYS, VALUES)
    | st.just(KeyValue())
    | st.just(KeyValue(key="b")),
    max_size=6,
)
MOMENTS = (
    st.integers(START - 10**16, START + 10**16)
    | st.just(0)
    | st.integers(0, 2**64 - 1)
    | st.sampled_from(
        [999, 1000, 4_102_444_800_000_000_000, 4_102_444_799_999_999_999, 2**63, 2**64 - 1]
    )
)
SHARED_IDS = st.sampled_from([b"\x01" * 8, b"\xab\xcd\xef\x09" * 2])
SPAN_IDS = SHARED_IDS | st.binary(min_size=8, max_size=8) | st.sampled_from([bytes(8), b"", b"x"])
TRACE_IDS = st.sampled_from([b"\x02" * 16, b"\xf3" * 16]) | st.sampled_from([bytes(16), b"x" * 15])
COUNTS = st.just(0) | st.integers(0, 2**32 - 1)
FLAGS = st.sampled_from([0, 1, 0x100, 0x101, 0x301, 2**32 - 1])
EVENTS = st.builds(
    Span.Event,
    name=TEXTS,
    time_unix_nano=MOMENTS,
    attributes=ATTRIBUTES,
    dropped_attributes_count=COUNTS,
)
LINKS = st.builds(
    Span.Link,
    trace_id=TRACE_IDS,
    span_id=SPAN_IDS,
    trace_state=TEXTS,
    attributes=ATTRIBUTES,
    dropped_attributes_count=COUNTS,
    flags=FLAGS,
)
USUAL_SPANS = st.builds(
    Span,
    trace_id=st.just(b"\x02" * 16),
    span_id=SHARED_IDS,
    parent_span_id=st.just(b"") | SHARED_IDS,
    name=TEXTS,
    kind=st.integers(0, 5),
    start_time_unix_nano=st.just(START),
    end_time_unix_nano=st.just(0) | st.integers(START - 2000, START + 10**9),
    attributes=ATTRIBUTES,
    status=st.none() | st.builds(OtlpStatus, code=st.integers(0, 2), message=TEXTS),
)
SPANS = USUAL_SPANS | st.builds(
    Span,
    trace_id=TRACE_IDS,
    span_id=SPAN_IDS,
    parent_span_id=SPAN_IDS,
    name=TEXTS,
    kind=st.integers(-1, 7),
    start_time_unix_nano=MOMENTS,
    end_time_unix_nano=MOMENTS,
    trace_state=st.just("") | TEXTS,
    flags=FLAGS,
    attributes=ATTRIBUTES,
    dropped_attributes_count=COUNTS,
    events=st.lists(EVENTS, max_size=2),
    dropped_events_count=COUNTS,
    links=st.lists(LINKS, max_size=2),
    dropped_links_count=COUNTS,
    status=st.none() | st.builds(OtlpStatus, code=st.integers(-1, 4), message=TEXTS),
)


@st.composite
def requests(draw: st.DrawFn, spans: st.SearchStrategy[Span] = SPANS) -> bytes:
    made = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        within = made.resource_spans.add()
        within.resource.attributes.extend(draw(ATTRIBUTES))
        for _ in range(draw(st.integers(0, 2))):
            group = within.scope_spans.add()
            group.scope.name = draw(st.sampled_from(["", "noise", "agent"]))
            group.scope.version = draw(st.sampled_from(["", "1"]))
            group.scope.attributes.extend(draw(ATTRIBUTES))
            group.spans.extend(draw(st.lists(spans, max_size=4)))
            group.schema_url = "https://opentelemetry.io/schemas/1.26.0"
    return made.SerializeToString()


@given(requests(), st.sampled_from([LIMITS, TIGHT]), st.booleans())
def test_a_request_gives_the_same(body: bytes, limits: Limits, noise: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    assert_same(body, limits=limits, dropped=ScopeFilter(["noise"] if noise else []))


@given(requests(USUAL_SPANS))
def test_a_request_of_usual_spans_gives_the_same(body: bytes) -> None:
    assert_same(body)


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    body = bytearray(draw(requests(USUAL_SPANS | SPANS)))
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(body)))
        match draw(st.sampled_from(["flip", "set", "cut", "insert", "remove", "repeat"])):
            case "flip" if at < len(body):
                body[at] ^= 1 << draw(st.integers(0, 7))
            case "set" if at < len(body):
                body[at] = draw(st.sampled_from([0, 1, 0x0A, 0x12, 0x7F, 0x80, 0xFF]))
            case "cut":
                del body[at:]
            case "insert":
                body[at:at] = draw(st.binary(max_size=4))
            case "remove":
                del body[at : at + draw(st.integers(1, 4))]
            case "repeat":
                body[at:at] = body[at : at + draw(st.integers(1, 30))]
    return bytes(body)


@given(spoilt(), st.sampled_from([LIMITS, TIGHT]))
def test_a_spoilt_request_gives_the_same(body: bytes, limits: Limits) -> None:
    assert_same(body, limits=limits)


@given(SPANS | USUAL_SPANS, st.data())
def test_a_spoilt_span_gives_the_same(span: Span, data: st.DataObject) -> None:
    # Within its length, so that what holds it is whole and only the span is wrong.
    raw = bytearray(span.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        if raw:
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    assert_same(request(GOOD, bytes(raw), GOOD, scope=field(1, field(1, b"agent"))))


@st.composite
def put_together(draw: st.DrawFn) -> bytes:
    """Write fields of a span in any order and number, which no library would."""
    parts = st.sampled_from(
        [
            field(1, b"\x02" * 16),
            field(1, b"\x03" * 16),
            field(2, b"\x04" * 8),
            field(3, b"state"),
            field(3),
            field(4, b"\x05" * 8),
            field(5, b"name"),
            field(5, b"\xff"),
            b"\x30\x03",
            b"\x30\x83\x00",
            b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
            START_FIELD,
            b"\x41" + bytes(8),
            field(9),
            field(9, field(1, b"k"), field(2, field(1, b"v"))),
            field(9, field(2, b"\x18\x01"), field(1, b"turned")),
            field(9, field(1, b"k"), field(1, b"k2"), field(2, b"\x18\x01")),
            field(9, field(1, b"two"), field(2, b"\x18\x01"), field(2, b"\x10\x01")),
            field(9, field(1, b"both"), field(2, b"\x18\x01\x10\x01")),
            field(9, field(1, b"b2"), field(2, b"\x10\x02")),
            field(9, field(1, b"b0"), field(2, b"\x10\x00")),
            field(9, field(1, b"long"), field(2, b"\x18\x80\x00")),
            field(9, field(1, b"ref"), field(2, b"\x40\x01")),
            field(9, field(1, b"fixed"), field(2, b"\x19" + bytes(8))),
            field(9, field(1, b"list"), field(2, field(5, field(1, b"\x18\x01"), b"\x10\x01"))),
            field(9, field(1, b"map"), field(2, field(6, field(1, field(1, b"k")) * 2))),
            field(9, field(1, b"map"), field(2, field(6, field(2)))),
            field(9, field(1, b"ref"), b"\x18\x01"),
            b"\x4b\x4c",
            b"\x50\x05",
            b"\x50\xff\xff\xff\xff\x1f",
            b"\x60\x05",
            b"\x70\x05",
            field(11, b"\x20\x01", field(3, field(1, b"k")), field(2, b"late"), b"\x09" + bytes(8)),
            field(11, field(2, b"one"), field(2, b"two")),
            field(11, field(9)),
            field(13, field(4, field(1, b"k")), field(1, b"\x01"), b"\x35" + bytes(4), b"\x28\x02"),
            field(13, field(3, b"\xc0\x80")),
            field(15),
            field(15, b"\x18\x02", field(2, b"why")),
            field(15, b"\x18\x01\x18\x02"),
            field(15, b"\x08\x01"),
            b"\x85\x01" + struct.pack("<I", 0x301),
            b"\x85\x02" + bytes(4),
            b"\x80\x01\x01",
            b"\x92\x01\x01x",
            b"\x00",
        ]
    )
    chosen = [field(1, b"\x01" * 16), field(2, b"\x01" * 8), *draw(st.lists(parts, max_size=6))]
    return b"".join(draw(st.permutations(chosen)))


@given(st.lists(put_together(), min_size=1, max_size=3))
def test_fields_in_any_order_and_number_give_the_same(spans: list[bytes]) -> None:
    assert_same(request(GOOD, *spans))
    assert_same(request(*spans, scope=field(1, field(1, b"agent"))))


ALL_BYTES = [bytes([one]) for one in range(256)]
EDGES = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xED]
EDGES += [0xEF, 0xF0, 0xF4, 0xF5, 0xFF]


@pytest.mark.parametrize("padding", [b"", b"seven!!", b"eight ok"])
def test_text_is_told_from_other_bytes_as_protobuf_does(padding: bytes) -> None:
    texts = [*ALL_BYTES, *(bytes(each) for each in itertools.product(EDGES, repeat=2))]
    texts += [bytes(each) for each in itertools.product(EDGES, repeat=3)]
    texts += [
        bytes([first, second, third, 0x80])
        for first in (0xEF, 0xF0, 0xF1, 0xF4, 0xF5)
        for second, third in itertools.product(EDGES, repeat=2)
    ]
    spans = [
        field(1, b"\x01" * 16)
        + field(2, struct.pack(">Q", at + 1))
        + field(9, field(1, b"k"), field(2, field(1, padding + text)))
        for at, text in enumerate(texts)
    ]
    body = request(*spans)

    assert_same(body)
    # Those that are text are not left to the twin.
    wrong = sum(1 for text in texts if not _is_text(text))
    assert wrong == left(body)


def _is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("".join(map(chr, range(0x100))))
@example('"' * 5000 + "\x01" * 5000)
def test_a_text_is_escaped_as_ever(text: str) -> None:
    span = otlp_span({text: text, "n": [text, {"k": text}]}, name="n")
    body = otlp_request(span).SerializeToString()
    assert_same(body)
    assert_same(body, limits=Limits(blob=1 << 20))


@given(st.lists(NUMBERS | st.floats(), max_size=20))
@example([2**63 - 1, -(2**63), 0, -1, float("nan"), float("inf"), -0.0, 1e22, 5e-324, 0.1])
def test_numbers_are_written_as_ever(numbers: list[float]) -> None:
    body = otlp_request(otlp_span({"n": numbers})).SerializeToString()
    assert_same(body)
    assert 0 == left(body)


def test_the_days_on_which_months_and_years_turn_are_written_as_ever() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    turns = [
        (datetime(year, month, 1, tzinfo=UTC) - epoch) // timedelta(microseconds=1) * 1000
        for year in range(1970, 2555)
        for month in (1, 3, 8)
    ]
    moments = [moment + shift for moment in turns for shift in (-1, 1000)]
    spans = [
        otlp_span(events=[Span.Event(time_unix_nano=each) for each in some if 0 < each < 1 << 64])
        for some in (moments[at : at + 500] for at in range(0, len(moments), 500))
    ]
    body = otlp_request(*spans).SerializeToString()

    assert_same(body, limits=Limits(blob=1 << 20))
    assert 0 == left(body)


USUAL: dict[str, Callable[[], Span]] = {
    "texts": lambda: otlp_span({"a": 'x"\n', "b": "é", "c": ""}),
    "values": lambda: otlp_span({"a": 1, "b": 1.5, "c": True, "d": [1, "x"], "e": {"k": [None]}}),
    "a failed call": lambda: otlp_span(
        kind=3, status=OtlpStatus(code=2, message="why"), parent_span_id="01" * 8, flags=0x301
    ),
    "without times": lambda: otlp_span(start_time_unix_nano=0, end_time_unix_nano=0),
    "an exception": lambda: otlp_span(
        events=[
            Span.Event(
                name="exception",
                time_unix_nano=START,
                attributes=pairs({"exception.stacktrace": "a\nb", "exception.type": "E"}),
            )
        ]
    ),
    "an event in the words of resources": lambda: otlp_span(
        events=[Span.Event(name="resource.exhausted", attributes=pairs({"otel.scope.name": "x"}))]
    ),
    "a link": lambda: otlp_span(links=[Span.Link(trace_id=b"\x01" * 16, span_id=b"\x02" * 8)]),
    "many attributes": lambda: otlp_span({f"llm.messages.{at}.text": "x" for at in range(400)}),
    "a long prompt": lambda: otlp_span({"prompt": "Hello there, world. " * 5000}),
}


@pytest.mark.parametrize("what", USUAL)
def test_what_is_usual_is_compiled(what: str) -> None:
    span = USUAL[what]()
    sent = otlp_request(span, span, resource={"service.name": "s", "host": "h"}, scope="lib")
    body = sent.SerializeToString()

    assert_same(body)
    assert 0 == left(body)


UNUSUAL: dict[str, bytes] = {
    "a key twice": GOOD + field(9, field(1, b"a")),
    "a field nobody knows": GOOD + b"\x98\x06\x01",
    "a name twice": GOOD + field(5, b"a"),
    "what its scope says": GOOD + field(9, field(1, b"otel.scope.name")),
    "what its resource says, in a text": GOOD
    + field(9, field(1, b"k"), field(2, field(1, b'{"resource.a":1}'))),
    "its kind in its own words": GOOD + b"\x30\x03" + field(9, field(1, b"otel.kind")),
    "bytes": GOOD + field(9, field(1, b"k"), field(2, field(7, b"x"))),
    "very deep values": GOOD + field(9, field(1, b"k"), field(2, nested_lists(20))),
    "a large span": GOOD + field(9, field(1, b"k"), field(2, field(1, b"x" * 1_000_000))),
}


@pytest.mark.parametrize("what", UNUSUAL)
def test_what_is_unusual_is_left_to_the_twin(what: str) -> None:
    body = request(GOOD, UNUSUAL[what], GOOD, scope=field(1, field(1, b"agent")))

    assert_same(body)
    assert 1 == left(body)


def test_more_attributes_than_are_looked_through_are_left_to_the_twin() -> None:
    span = otlp_span({str(at): at for at in range(5000)})
    body = otlp_request(span, otlp_span({"a": 1}), span).SerializeToString()

    assert_same(body)
    assert 2 == left(body)


# Of each byte six are made, so that a request of some hundred bytes is thousands as JSON.
GROWS = GOOD + field(9, field(1, b"k"), field(2, field(1, b"\x01" * 500)))
BUSY = GOOD + field(11) * 30
ODD = GOOD + field(5) * 2

BOUNDED: dict[str, tuple[bytes, Limits]] = {
    "size": (request(*[GROWS] * 3), Limits(body=1000)),
    "size, in the last group": (request(GROWS) + request(GROWS), Limits(body=1000)),
    "size, beside what the twin reads": (request(GROWS, ODD, GROWS), Limits(body=1000)),
    "events": (request(*[BUSY] * 2), Limits(body=1000)),
    "links, in the last group": (
        request(GOOD + field(13) * 30) + request(GOOD + field(13) * 30),
        Limits(body=1000),
    ),
    "events, beside what the twin reads": (request(BUSY, ODD, BUSY), Limits(body=1000)),
    "events of what the twin reads": (request(BUSY, ODD + field(11) * 9), Limits(body=1000)),
    "size before events": (request(GROWS, GROWS, ODD, BUSY, BUSY), Limits(body=1000)),
    "events before size": (request(BUSY, BUSY, ODD, GROWS, GROWS), Limits(body=1000)),
    "spans": (request(*[GOOD] * 6), Limits(spans=5)),
    "resources and scopes": (field(1) * 11, Limits(spans=5)),
    "a refused resource": (
        request(GOOD, resource=field(1, field(1, field(1, b"a"), field(2, nested_lists(9))))),
        Limits(depth=5),
    ),
    "a resource that is none": (request(GOOD, resource=field(1, b"\xff")), LIMITS),
    "a resource of bytes that are no text": (
        request(GOOD, resource=field(1, field(1, field(1, b"\xff")))),
        LIMITS,
    ),
    "a scope after a refused resource": (
        request(
            GOOD,
            resource=field(1, field(1, field(1, b"a"), field(2, nested_lists(9)))),
            scope=field(1, b"\xff"),
        ),
        Limits(depth=5),
    ),
    "a depth that no span keeps to": (request(GOOD, field(1, b"\x01" * 16)), Limits(depth=0)),
    "a depth that no event keeps to": (request(GOOD + field(11)), Limits(depth=2)),
    "names": (request(GOOD), Limits(name_chars=2)),
}


@pytest.mark.parametrize("what", BOUNDED)
def test_bounds_and_errors_are_the_same(what: str) -> None:
    body, limits = BOUNDED[what]
    assert_same(body, limits=limits)


@pytest.mark.parametrize("what", [each for each in BOUNDED if "size" in each or "event" in each])
def test_the_bounds_above_are_met(what: str) -> None:
    body, limits = BOUNDED[what]
    if what == "a depth that no event keeps to":
        assert [0] == [each.index for each in decode(body, limits).rejected]
        return
    first = "bytes as JSON" if what.startswith("size") else "events and links"
    with pytest.raises(TooLargeError, match=first):
        decode(body, limits)
    assert decode(body, Limits(body=10_000)).spans


def test_a_resource_that_is_kept_is_told_from_others() -> None:
    first = otlp_request(otlp_span({"n": 1}), resource={"a": "x" * 300, "service.name": "one"})
    second = otlp_request(otlp_span({"n": 1}), resource={"a": "x" * 300, "service.name": "two"})
    for limits in (LIMITS, Limits(value=20), Limits(body=100), LIMITS):
        for sent in (first, second, first):
            assert_same(sent.SerializeToString(), limits=limits)
    assert ["one", "two"] == [
        decode(each.SerializeToString()).spans[0].service_name for each in (first, second)
    ]


@pytest.mark.parametrize("size", [10, 10_000])
def test_a_resource_is_read_once_for_all_of_its_scopes(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = otlp_quick.read_resource
    times = []
    monkeypatch.setattr(otlp_quick, "read_resource", lambda raw: times.append(1) or read(raw))
    resource = field(1, field(1, field(1, b"%d" % size), field(2, field(1, b"x" * size))))
    scopes = (field(2, field(1, field(1, b"s%d" % at)), field(2, GOOD)) for at in range(100))
    body = field(1, resource, *scopes)

    assert 100 == len(decode(body).spans)
    assert 1 == len(times)


def test_the_children_of_dropped_spans_are_adopted() -> None:
    spans = {"noise": [("01", ""), ("02", "01")], "agent": [("03", "02"), ("04", "03")]}
    sent = ExportTraceServiceRequest()
    for scope, ids in spans.items():
        made = [
            otlp_span(trace_id="0a" * 16, span_id=own * 8, parent_span_id=parent * 8)
            for own, parent in ids
        ]
        sent.MergeFrom(otlp_request(*made, scope=scope))
    body = sent.SerializeToString()
    noise = ScopeFilter(["noise"])

    assert_same(body, dropped=noise)
    assert ["", "03" * 8] == [each.parent_span_id for each in decode(body, dropped=noise).spans]


def test_threads_do_not_write_over_one_another() -> None:
    # What is long goes through Python before the events are taken from where they were written,
    # and another thread may come in between.
    spans = [
        otlp_span({"long": f"{at} word " * 500}, events=[Span.Event(name=str(at) * 99)])
        for at in range(8)
    ]
    bodies = [otlp_request(*[span] * 20).SerializeToString() for span in spans]
    expected = [outcome(body) for body in bodies]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(len(bodies)) as pool:
            for _ in range(10):
                assert expected == list(pool.map(outcome, bodies))
    finally:
        sys.setswitchinterval(before)


def test_no_desk_is_taken_twice_though_garbage_is_collected_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Each object that is made may start the collector, and that may let another thread in: here
    # one that stops in the middle of its span, with the events still to be read from its desk.
    mine, others = (
        otlp_request(
            otlp_span({"long": f"{name} word " * 500}, events=[Span.Event(name=name * 99)])
        ).SerializeToString()
        for name in ("mine", "other")
    )
    expected = [outcome(body) for body in (mine, others)]
    trim = _MODULE.trim_object
    collected = 0

    def beside(threshold: int) -> list[object]:
        """Read both, the other one from where the collector first runs with this threshold."""
        nonlocal collected
        is_within, may_go_on = threading.Event(), threading.Event()
        found: list[object] = []
        other = threading.Thread(target=lambda: found.append(outcome(others)))

        def slowly(raw: bytes, limits: Limits) -> tuple[bytes, bool]:
            if threading.current_thread() is other:
                is_within.set()
                assert may_go_on.wait(30)
            return trim(raw, limits)

        def let_in(phase: str, _: dict[str, int]) -> None:
            within = sys._getframe(1).f_code.co_name
            if phase == "start" and within == "decode_quickly" and other.ident is None:
                other.start()
                assert is_within.wait(30)

        monkeypatch.setattr(_MODULE, "trim_object", slowly)
        gc.collect()
        gc.callbacks.append(let_in)
        gc.set_threshold(threshold)
        try:
            found.append(outcome(mine))
        finally:
            gc.callbacks.remove(let_in)
            may_go_on.set()
        if other.ident is None:
            return expected
        collected += 1
        other.join()
        return found

    before = gc.get_threshold()
    try:
        for threshold in range(1, 120):
            assert expected == beside(threshold)
    finally:
        gc.set_threshold(*before)
    assert collected, "nothing was collected in the middle"


def test_spans_are_a_sequence_of_their_bytes() -> None:
    assert _MODULE is not None
    ((resource, scope, spans),) = _MODULE.split(request(GOOD, b"", b"x"), 3)

    assert (b"", b"", [GOOD, b"", b"x"]) == (resource, scope, list(spans))
    assert None is _MODULE.split(request(GOOD, b"", b"x"), 2)
    assert None is _MODULE.split(bytearray(request(GOOD)), 2)
    for beyond in (3, -1):
        with pytest.raises(IndexError):
            spans[beyond]
