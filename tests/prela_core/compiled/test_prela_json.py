"""What is compiled reads Prela JSON as its twin in Python does, whatever is sent."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.bench import traces

from prela_core.compiled import compiled
from prela_core.errors import InputError
from prela_core.model import SpanRecord, to_micros
from prela_core.testing import NOON
from prela_core.wire import Limits, decode_batch, decode_span, decode_trace, prela_json

fast: Any = compiled("prela_json")
if fast is None:
    reason = "not compiled (python hatch_build.py does it), or PRELA_COMPILED=0 is set"
    if os.environ.get("CI") and os.environ.get("PRELA_COMPILED") != "0":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)

RECEIVED = to_micros(NOON)
SMALL = Limits(spans=3, depth=4, attributes=60, value=40, blob=20, name_chars=8)
LEAST = Limits(spans=1, depth=1, attributes=0, value=0, blob=0, name_chars=0)
NONE = Limits(spans=0, depth=0)
VAST = Limits(
    spans=10**30, depth=10**30, attributes=10**30, value=10**30, blob=10**30, name_chars=10**30
)
LIMITS = [Limits(), SMALL, LEAST, NONE, VAST]
REAL = list(traces.spans(7, 20, newest=RECEIVED))


def answer(decode: Any, body: bytes, limits: Limits) -> str:
    """Tell all of the result, with the type of each value, or of the refusal."""
    try:
        return repr(decode(body, received_at=RECEIVED, limits=limits))
    except InputError as refusal:
        return repr((type(refusal), str(refusal), getattr(refusal, "errors", None)))


def both_agree(body: bytes, limits: Sequence[Limits] = LIMITS) -> None:
    for decode in (decode_span, decode_batch, decode_trace):
        for each in limits:
            with patch.object(prela_json, "_compiled", None):
                expected = answer(decode, body, each)
            assert expected == answer(decode, body, each)


numbers = st.sampled_from(
    [
        *("0", "-0", "7", "-1", "1.5", "1e5", "1E+5", "1e99", "1e-99", "1e308", "1e309", "1e400"),
        *("9" * 18, "9" * 30, "9" * 63, "9" * 64, "9" * 400, "0." + "3" * 70, "-" + "1" * 62),
        *("1768478400", "1768478400123", "1768478400123456", "1768478400123456789", "1e12"),
    ]
)
words = st.sampled_from(["null", "true", "false"])
broken = st.sampled_from(
    [
        *("NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x1"),
        *("nul", "nulL", "truefalse", "", "[", "]", "{", "[1,]", '{"a"}', '{"a":1,}', "{a:1}"),
        *('"\\q"', '"\\u12"', '"a\nb"', '"\\"', '"unended', '"\0"', '"\\ud83d"'),
    ]
)
"""What is no JSON, or not the standard's."""
plain = st.text(st.characters(codec="utf-8"), max_size=12)
strings = (
    plain.map(json.dumps)
    | plain.map(lambda text: json.dumps(text, ensure_ascii=False))
    | st.text(st.characters(codec=None, exclude_categories=()), max_size=6).map(json.dumps)
    | st.sampled_from(
        [
            *('""', '" "', '"\\t"', '"\\u0000"', '"a\\u0000b"', '"\\u007f"', '"\x7f"', '"\\/"'),
            *('"\\ud83d\\ude00"', '"\\ude00\\ud83d"', '"a\\nb"', '"\\"quoted\\""', '"\\\\"'),
            '"\u2028"',
            *('"' + "x" * 127 + '"', '"' + "x" * 128 + '"', '"' + "x" * 129 + '"'),
            *('"' + "é" * 64 + '"', '"' + "é" * 65 + '"', '"' + "é" * 129 + '"'),
            *('"' + "x" * 1024 + '"', '"' + "é" * 1024 + '"', '"' + "é" * 1025 + '"'),
            '"+00:00Z"',
        ]
    )
)
spaces = st.sampled_from(["", "", "", "", " ", "\n", "\t\r\n "])


def joined(parts: list[str], brackets: str, space: str) -> str:
    return brackets[0] + space + f"{space},{space}".join(parts) + space + brackets[1]


def compounds(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(strings, spaces, inner).map(lambda three: ":".join(three[::2]))
    return st.builds(joined, st.lists(inner, max_size=3), st.just("[]"), spaces) | st.builds(
        joined, st.lists(members, max_size=3), st.just("{}"), spaces
    )


scalars = numbers | words | strings
values = st.recursive(scalars, compounds, max_leaves=6)

ids = st.sampled_from(
    [
        *('"a"', '"b"', '"0000000000000000"', '"00000000000000000000000000000000"', '""', "null"),
        '"6f1c2f9e-7a3b-4b43-9c0e-2f6f1c2f9e7a"',
        *('"two words"', '"é"', '"\\n"', '"a\\"b"'),
    ]
)
good_moments = st.sampled_from(
    [
        '"2026-01-15T12:00:00Z"',
        '"2026-01-15T12:00:00.000001+00:00"',
        '"2026-01-15T11:59:59.123+00:00Z"',
        '"2026-01-14T11:59:59Z"',
        '"2026-01-15T13:00:00.000001Z"',
        "null",
        '""',
    ]
)
moments = st.one_of(
    good_moments,
    good_moments,
    good_moments,
    st.builds(
        '"{}-{}-{}{}{}:{}:{}{}{}"'.format,
        st.sampled_from(["2026", "2024", "2000", "1970", "1969", "2099", "2100", "0000", "202x"]),
        st.sampled_from(["01", "02", "04", "12", "13", "00", "1"]),
        st.sampled_from(["01", "28", "29", "30", "31", "32", "00"]),
        st.sampled_from(["T", "T", "T", "t", " ", ""]),
        st.sampled_from(["00", "12", "23", "24", "-1"]),
        st.sampled_from(["00", "59", "60"]),
        st.sampled_from(["00", "59", "60", "61", "5"]),
        st.sampled_from(["", ".", ".1", ".12", ".123456", ".123456789", ".1234567891", ",5"]),
        st.sampled_from(
            ["Z", "+00:00", "+00:00Z", "-00:00", "+01:00", "-23:59", "", "z", "ZZ", "\\u0000", " Z"]
        ),
    ),
    st.sampled_from(
        [
            '"2026-01-15"',
            '"20260115T120000Z"',
            '"2026-W03-4T12:00:00Z"',
            "1768478400123",
        ]
    ),
    scalars,
)
types = st.sampled_from(['"agent"', '"llm"', '"LLM"', '"custom"', '"Mine"', '"\\n"', '""', "null"])
statuses = st.sampled_from(
    ['"success"', '"OK"', '"error"', '"pending"', '"unset"', '"odd"', '"ERR"', '""', "null"]
)
objects = st.one_of(
    st.sampled_from(
        [
            *("{}", "{ }", "null", "[]", '{"service.name":"s"}', '{"service.name":5}'),
            *('{"a":{"service.name":1}}', '{"a":"' + "x" * 300 + '"}', '{"a":[[[[[1]]]]]}'),
            '{"a":[' + "1.5," * 900 + "1.5]}",
            '{"a":"' + "Ab3/" * 900 + '"}',
            '{"a":' * 128 + "1" + "}" * 128,
            '{"a":' * 129 + "1" + "}" * 129,
        ]
    ),
    st.builds(joined, st.lists(values.map('"a":{}'.format), max_size=3), st.just("{}"), spaces),
)
lists = st.one_of(
    st.sampled_from(
        [
            *("[]", "[ ]", "null", "{}", '"[]"', "[[[[1]]]]", "[[[[[1]]]]]"),
            '[{"timestamp":"2026-01-15T12:00:00+00:00Z"}]',
            '[{"timestamp" : "2026-01-15T12:00:00.5+00:00Z", "name":"+00:00Z"}]',
            '[{"name":"' + "x" * 3000 + '"}]',
            '["' + "Ab3/" * 900 + '"]',
        ]
    ),
    st.builds(joined, st.lists(values, max_size=3), st.just("[]"), spaces),
)

usual = {
    "trace_id": ids,
    "span_id": ids,
    "parent_span_id": ids,
    "name": strings | plain.map(json.dumps),
    "span_type": types,
    "service_name": st.sampled_from(['"svc"', '""', "null", '"a\\tb"']),
    "started_at": moments,
    "ended_at": moments,
    "duration_ms": st.sampled_from(["null", "5", "1.5", "-1", '"5"', "0", "1e20"]),
    "status": statuses,
    "status_message": strings | st.just("null"),
    "attributes": objects,
    "events": lists,
    "links": lists,
    "replay_snapshot": objects,
    "extra": values,
    "nam": scalars,
}
members = {
    name: st.tuples(st.just(json.dumps(name)), spaces, value, spaces).map(
        lambda parts: f"{parts[0]}{parts[1]}:{parts[3]}{parts[2]}"
    )
    for name, value in usual.items()
}
odd_members = st.builds(
    "{}:{}".format,
    st.sampled_from([*map(json.dumps, usual), '"span\\u005fid"', "name", '"na\\nme"', '""', "5"]),
    values | broken,
)
whole = st.builds(
    lambda name, start, rest, space: joined(
        ['"trace_id":"a"', f'"span_id":{name}', f'"started_at":{start}', *rest], "{}", space
    ),
    st.sampled_from(['"a"', '"b"']),
    st.sampled_from(['"2026-01-15T12:00:00Z"', "null"]),
    st.lists(
        st.one_of([members[name] for name in usual if name not in ("trace_id", "span_id")]),
        max_size=5,
        unique_by=lambda member: member[:8],
    ),
    spaces,
)
wild = st.builds(
    joined,
    st.lists(st.one_of(*members.values()) | odd_members, max_size=6),
    st.just("{}"),
    spaces,
)
spans = whole | whole | whole | whole | wild | values
batches = st.builds(joined, st.lists(spans, max_size=4), st.just("[]"), spaces)
beside = st.lists(
    st.builds(
        "{}:{}".format,
        st.sampled_from(
            [
                *('"trace_id"', '"service_name"', '"started_at"', '"metadata"', '"attributes"'),
                *('"other"', '"spans"', '"resourceSpans"', '"sp\\u0061ns"'),
            ]
        ),
        ids | objects | values | broken,
    ),
    max_size=1,
)
wrapped = st.builds(
    lambda before, spans, after, space: joined(
        [*before, f'"spans"{space}:{space}{spans}', *after], "{}", space
    ),
    beside | st.just(['"trace_id":"t"', '"service_name":"own"']),
    batches | batches | values,
    beside,
    spaces,
)
bodies = st.builds(
    "{}{}{}".format,
    st.sampled_from([*[""] * 10, " ", "\n", "\ufeff", "\x0b", "x"]),
    batches | wrapped | spans,
    st.sampled_from([*[""] * 20, " ", "\n\t", "\0", "x", "]", "}", ",", "\x0c"]),
)


@given(bodies)
def test_every_body_is_read_as_in_python(body: str) -> None:
    both_agree(body.encode("utf-8", "surrogatepass"))


EDGES = [
    "",
    " ",
    "[",
    "{",
    "[]x",
    "[]]",
    '{"spans":[]}x',
    '{"spans":[{},{},{},{}]}',
    '{"spans":[],"spans":[{}]}',
    '{"spans":[{"trace_id":"a","span_id":"\\t"}]}',
    '{"a":[' + "{}," * 20 + '{}],"trace_id":"a","spans":[{"span_id":"a"}]}',
    '{"trace_id":"a","spans":[{"span_id":"a"}],"a":[' + "{}," * 20 + "{}]}",
    '{"trace_id":"a","spans":[{"span_id":"a"}],"metadata":{"a":[[[[1]]]]}}',
    '{"trace_id":"","spans":[{"span_id":"a"}]}',
    '{"trace_id":"a","service_name":5,"spans":[{"span_id":"a","service_name":"é"}]}',
]
"""Bodies at the border of what is compiled."""

FIELDS = [
    '"parent_span_id":"0000000000000000"',
    '"parent_span_id":"s"',
    '"parent_span_id":""',
    '"span_id":"again"',
    '"span_id":null',
    '"name":{},"name":"last"',
    '"attributes":{"service.name":"é"},"service_name":""',
    '"attributes":{},"events":[],"links":[]',
    '"attributes":{ },"events":[ ],"links":[ ]',
    '"events":[{"timestamp":"2026-01-15T12:00:00+00:00Z"}]',
    '"started_at":"2026-01-15T12:00:00Z","duration_ms":5,"status":"ok"',
    '"ended_at":"2026-01-15T12:00:00Z","duration_ms":5',
    '"ended_at":"2026-01-15T12:00:00Z"',
    '"started_at":"2026-01-15T13:00:00Z"',
    '"started_at":"2026-01-15T13:00:00.000001Z"',
    '"started_at":"2026-01-14T12:00:00Z"',
    '"started_at":"2026-01-14T11:59:59.999999Z"',
    '"started_at":"2026-01-15T12:00:00Z","ended_at":"2026-01-15T11:59:59.999999Z"',
    '"started_at":"2026-01-15T12:00:00+00:00ZZ"',
    '"started_at":"2026-01-15T12:00:00."',
    '"started_at":"2026-01-15T12:00:00"',
    '"replay_snapshot":{"a":1}',
]
"""What is said of a span at the border of what is compiled."""


@pytest.mark.parametrize(
    "body", [*EDGES, *(f'{{"trace_id":"t","span_id":"s",{each}}}' for each in FIELDS)]
)
def test_at_the_border_all_is_read_as_in_python(body: str) -> None:
    both_agree(body.encode())
    both_agree(b"[%s]" % body.encode())


@given(
    st.lists(whole | whole | whole | values, max_size=4),
    st.sampled_from(
        [
            "[%s]",
            '{"spans":[%s]}',
            ' { "trace_id" : "t", "service_name":"own", "spans" : [ %s ], "metadata":{"a":1} } ',
        ]
    ),
)
def test_every_mixture_of_spans_is_read_as_in_python(spans: list[str], form: str) -> None:
    both_agree((form % ",".join(spans)).encode(), [Limits(), SMALL])


@given(whole)
def test_every_span_is_read_as_in_python(span: str) -> None:
    both_agree(span.encode("utf-8", "surrogatepass"), [Limits(), SMALL])


@given(moments, moments)
@example('"2026-02-29T00:00:00Z"', '"2024-02-29T00:00:00Z"')
@example('"1969-12-31T23:59:59.999999Z"', '"1970-01-01T00:00:00Z"')
@example('"2099-12-31T23:59:59.999999Z"', '"2100-01-01T00:00:00Z"')
@example('"2026-12-31T23:59:60Z"', '"2026-12-31T24:00:00Z"')
def test_every_moment_is_read_as_in_python(start: str, end: str) -> None:
    span = '{"trace_id":"t","span_id":"s","started_at":%s,"ended_at":%s}'
    both_agree((span % (start, end)).encode(), [Limits()])


@given(st.datetimes(), st.integers(0, 9), st.sampled_from(["Z", "+00:00", "+00:00Z"]))
def test_every_day_is_reckoned_as_in_python(moment: Any, digits: int, zone: str) -> None:
    fraction = f"{moment:%f}789"[:digits]
    text = f"{moment.isoformat()[:19]}{'.' if digits else ''}{fraction}{zone}"
    span = {"trace_id": "t", "span_id": "s", "started_at": text}
    both_agree(json.dumps(span).encode(), [Limits()])


ODD = [
    *REAL[:3],
    REAL[3] | {"parent_span_id": REAL[3]["span_id"], "status_message": 'a\nb "c" \\ é 🦊'},
    REAL[4] | {"replay_snapshot": {"a": [1, 2.5, None]}, "events": [{"timestamp": "+00:00Z"}]},
    REAL[5] | {"started_at": 1_768_478_400_123, "ended_at": None, "duration_ms": 12.5},
    REAL[6] | {"service_name": None, "attributes": {"service.name": "own", "deep": [[[{}]]]}},
]
MUTABLE = [
    json.dumps(REAL[0], ensure_ascii=False).encode(),
    json.dumps(ODD, ensure_ascii=False).encode(),
    json.dumps({"spans": ODD}, separators=(",", ":")).encode(),
    json.dumps({"trace_id": "t", "service_name": "s", "metadata": {}, "spans": ODD}).encode(),
]
changes = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "put", "drop", "move"]),
        st.floats(0, 1, exclude_max=True),
        st.integers(0, 7) | st.sampled_from(list(b'{}[],:"\\u0e-.nN \x00\xff\xc3T')),
    ),
    min_size=1,
    max_size=3,
)


@given(st.sampled_from(MUTABLE), changes)
def test_every_damaged_body_is_read_as_in_python(
    body: bytes, damage: list[tuple[str, float, int]]
) -> None:
    for kind, share, number in damage:
        at = int(share * len(body))
        match kind:
            case "flip":
                body = (
                    body[:at]
                    + bytes(b ^ 1 << number % 8 for b in body[at : at + 1])
                    + body[at + 1 :]
                )
            case "cut":
                body = body[:at]
            case "put":
                body = body[:at] + bytes([number]) + body[at:]
            case "drop":
                body = body[:at] + body[at + 1 + number :]
            case _:
                body = body[at:] + body[:at]
    both_agree(body, [Limits(), SMALL])


def test_a_body_cut_anywhere_is_refused_as_in_python() -> None:
    span = REAL[0] | {"attributes": {"a": [1.5, None, "x\\é"]}}
    body = json.dumps({"spans": [span]}, ensure_ascii=False).encode()
    for end in range(len(body)):
        both_agree(body[:end], [Limits()])


class TestWhatIsUsual:
    """Else nothing would be compiled, and all of the above still hold."""

    def records(self, *spans: dict[str, Any]) -> list[Any]:
        body = json.dumps(spans, ensure_ascii=False).encode()
        return list(fast.batch(body, RECEIVED, Limits()))

    def test_it_is_taken(self) -> None:
        body = json.dumps({"resource": {}, "spans": REAL, "sent_by": "x"}).encode()
        found = fast.batch(body, RECEIVED, Limits())
        assert [SpanRecord] * len(REAL) == [type(each) for each in found]

    @pytest.mark.parametrize(
        "fields",
        [
            {"status_message": 'boom\n  "here"'},
            {"name": "épée 🦊"},
            {"span_id": "6f1c2f9e-7a3b-4b43-9c0e-2f6f1c2f9e7a"},
            {"started_at": "2026-01-15T12:00:00+00:00Z", "ended_at": None},
            {"started_at": None, "ended_at": None, "duration_ms": 5},
            {"duration_ms": 5.25, "replay_snapshot": None},
            {"span_type": "AGENT", "status": "Completed"},
            {"span_type": "no such", "status": "no such"},
            {"events": [{"timestamp": "2026-01-15T12:00:00+00:00Z"}], "links": [{}]},
            {"attributes": {"a": "long text, and more of it. " * 20_000}},
            {"what_nobody_knows": [{"a": [1, 2]}]},
        ],
        ids="-".join,
    )
    def test_so_it_is_with(self, fields: dict[str, Any]) -> None:
        (record,) = self.records(REAL[0] | fields)
        assert isinstance(record, SpanRecord)

    @pytest.mark.parametrize(
        "odd",
        [
            5,
            {},
            [REAL[0]],
            REAL[0] | {"name": 5},
            REAL[0] | {"trace_id": None},
            REAL[0] | {"span_id": " "},
        ],
        ids=["number", "nothing", "list", "name", "trace", "blank"],
    )
    def test_what_is_odd_is_left_and_spoils_no_other(self, odd: Any) -> None:
        first, left, last = self.records(REAL[0], odd, REAL[1])
        assert (SpanRecord, SpanRecord) == (type(first), type(last))
        assert odd == json.loads(bytes(left))

    def test_a_span_that_says_something_twice_is_left(self) -> None:
        span = b'{"trace_id":"t","span_id":"s","span_id":"r"}'
        assert [span] == list(map(bytes, fast.batch(b"[%s]" % span, RECEIVED, Limits())))

    def test_one_span_is_taken(self) -> None:
        assert fast.one(json.dumps(REAL[0]).encode(), RECEIVED, Limits()).name == REAL[0]["name"]

    def test_the_spans_of_a_trace_are_taken(self) -> None:
        body = json.dumps({"trace_id": "t", "spans": REAL, "metadata": {}}).encode()
        head, place = fast.apart(body)
        assert {"trace_id": "t", "spans": [], "metadata": {}} == json.loads(head)
        found = fast.of_trace(body, place, "t", "", RECEIVED, Limits())
        assert [SpanRecord] * len(REAL) == [type(each) for each in found]

    @pytest.mark.parametrize("place", [-1, 0, 5, 10**6])
    def test_a_place_without_a_list_holds_nothing(self, place: int) -> None:
        assert fast.of_trace(b'{"trace_id":[]}'[:6], place, "t", "", RECEIVED, Limits()) is None

    def test_texts_that_repeat_are_held_once(self) -> None:
        first, second = self.records(REAL[1], REAL[2])
        for name in ("trace_id", "service_name", "status", "parent_span_id"):
            assert getattr(first, name) is getattr(second, name)
