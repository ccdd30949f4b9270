from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import MalformedError
from prela_core.wire import Limits, decode_batch, decode_trace
from prela_core.wire.documents import Piece, Refusal, cut_document, cut_lines
from prela_core.wire.forms import Form

Cut = Iterable[Piece | Refusal]


def span(span_id: object, **more: Any) -> dict[str, Any]:
    return {"trace_id": "t", "span_id": str(span_id)} | more


def dumps(*values: object) -> list[bytes]:
    return [json.dumps(value).encode() + b"\n" for value in values]


def pieces(cut: Cut) -> list[Piece]:
    found = list(cut)
    assert all(isinstance(each, Piece) for each in found), found
    return [each for each in found if isinstance(each, Piece)]


def refusals(cut: Cut) -> list[tuple[str, str]]:
    return [(each.place, each.reason) for each in cut if isinstance(each, Refusal)]


def sent(piece: Piece) -> list[dict[str, Any]]:
    body = json.loads(piece.body)
    spans: list[dict[str, Any]] = body["spans"] if piece.form is Form.TRACE else body
    return spans


def placed(cut: Cut) -> list[tuple[str, str]]:
    """Pair the place of each span with its id, and hold that there is a place for each."""
    return [
        (place, each["span_id"])
        for piece in pieces(cut)
        for place, each in zip(piece.places, sent(piece), strict=True)
    ]


def test_otlp_is_told_from_spans_that_have_a_field_of_its_name() -> None:
    otlp = {"resourceSpans": [{"scopeSpans": [{"spans": [{"spanId": "eee19b7ec3c1b174"}]}]}]}

    for cut in (cut_lines(dumps(otlp)), cut_document(json.dumps(otlp, indent=1).encode())):
        [piece] = pieces(cut)
        assert (Form.OTLP_JSON, 1) == (piece.form, len(piece.places))
    [piece] = pieces(cut_lines(dumps(span("a", resourceSpans=[]))))
    assert ["a"] == [each["span_id"] for each in sent(piece)]
    wrong = {"resourceSpans": [{"scopeSpans": 7}]}
    [(place, reason)] = refusals(cut_lines(dumps(wrong)))
    assert "line 1" == place
    assert reason.startswith("this is OTLP of the wrong shape: ")


def test_lines_of_spans_are_one_list_with_the_number_of_each_line() -> None:
    lines = [b"\n", *dumps(span("a")), b"  \r\n", *dumps(span("b"), span("c"))]

    [piece] = pieces(cut_lines(lines))
    assert piece.form is Form.BATCH
    assert ["line 2", "line 4", "line 5"] == piece.places
    assert ["a", "b", "c"] == [each["span_id"] for each in sent(piece)]


def test_the_last_line_needs_no_end_and_others_may_end_as_on_windows() -> None:
    lines = [b'\xef\xbb\xbf{"trace_id":"t","span_id":"a"}\r\n', b'{"trace_id":"t","span_id":"b"}']

    assert [("line 1", "a"), ("line 2", "b")] == placed(cut_lines(lines))


def test_lines_of_traces_batches_and_lists_stand_beside_spans() -> None:
    trace = {"trace_id": "t", "service_name": "shop", "spans": [span("b"), span("c")]}
    batch = {"spans": [span("d")]}
    cut = list(cut_lines(dumps(span("a"), trace, batch, [span("e"), batch])))

    assert Counter(
        {
            ("line 1", "a"): 1,
            ("line 2, span 0", "b"): 1,
            ("line 2, span 1", "c"): 1,
            ("line 3, span 0", "d"): 1,
            ("line 4, item 0", "e"): 1,
            ("line 4, item 1, span 0", "d"): 1,
        }
    ) == Counter(placed(cut))
    [whole] = [each for each in pieces(cut) if each.form is Form.TRACE]
    assert "shop" == json.loads(whole.body)["service_name"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"span_id": "x"', "this is not valid JSON: Input data was truncated"),
        (b"{'span_id': 'x'}", "this is not valid JSON: expected '\"' (byte 1)"),
        (b'{"span_id": "x"} {}', "this is not valid JSON: trailing characters (byte 18)"),
        (b'{"span_id": "\xff"}', "this is not UTF-8 (byte 13)"),
        (b'"span"', "this is neither an object nor a list"),
        (b"17", "this is neither an object nor a list"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "this nests too deeply"),
        (b'{"a":' + b"[" * 129 + b"]" * 129 + b"}", "the span nests deeper than 129 levels"),
    ],
)
def test_a_bad_line_is_refused_alone(line: bytes, reason: str) -> None:
    cut = list(cut_lines([*dumps(span("a")), line + b"\n", *dumps(span("b"))]))

    assert [("line 2", reason)] == refusals(cut)
    kept = [each for each in cut if isinstance(each, Piece)]
    assert [("line 1", "a"), ("line 3", "b")] == placed(kept)


def test_what_python_writes_and_json_lacks_is_mended() -> None:
    line = b'{"span_id":"a","attributes":{"x":NaN,"y":[-Infinity],"z":"\\ud800 NaN"}}'

    [piece] = pieces(cut_lines([line]))
    assert {"x": None, "y": [None], "z": "\ufffd NaN"} == sent(piece)[0]["attributes"]


def test_numbers_beyond_64_bits_keep_their_digits() -> None:
    digits = "9" * 5000
    [piece] = pieces(cut_lines([f'{{"span_id":"a","attributes":{{"n":{digits}}}}}'.encode()]))

    assert digits.encode() in piece.body


def test_a_list_has_at_most_a_thousand_spans() -> None:
    cut = list(cut_lines(dumps(*(span(number) for number in range(2500)))))

    assert [1000, 1000, 500] == [len(piece.places) for piece in pieces(cut)]
    assert [(f"line {number + 1}", str(number)) for number in range(2500)] == placed(cut)


@pytest.mark.parametrize("form", ["lines", "batch", "trace", "list"])
def test_a_piece_is_no_larger_than_a_server_takes(form: str) -> None:
    large = [span(number, attributes={"text": "x" * 1_500_000}) for number in range(6)]
    cut = list(
        {
            "lines": lambda: cut_lines(dumps(*large)),
            "batch": lambda: cut_document(json.dumps({"spans": large}).encode()),
            "trace": lambda: cut_document(json.dumps({"trace_id": "t", "spans": large}).encode()),
            "list": lambda: cut_document(json.dumps(large).encode()),
        }[form]()
    )

    assert [2, 2, 2] == [len(piece.places) for piece in pieces(cut)]
    assert max(len(piece.body) for piece in pieces(cut)) < Limits().body / 4
    assert [str(number) for number in range(6)] == [span_id for _, span_id in placed(cut)]


def test_a_long_trace_keeps_what_it_says_of_itself_in_every_piece() -> None:
    header = {
        "trace_id": "t",
        "service_name": "shop",
        "started_at": "2026-01-15T12:00:00Z",
        "attributes": {"a": [1, {"b": None}]},
        "metadata": {"user": "ü"},
    }
    trace = header | {"duration_ms": 7, "spans": [span(number) for number in range(2001)]}
    cut = list(cut_document(json.dumps(trace).encode()))

    found = [json.loads(piece.body) for piece in pieces(cut)]
    assert [1000, 1000, 1] == [len(each.pop("spans")) for each in found]
    assert [header] * 3 == found
    assert all(piece.form is Form.TRACE for piece in pieces(cut))
    assert [(f"span {number}", str(number)) for number in range(2001)] == placed(cut)


def test_a_trace_without_spans_is_still_a_trace() -> None:
    [piece] = pieces(cut_lines(dumps({"trace_id": "t", "metadata": {"a": 1}, "spans": []})))

    assert (Form.TRACE, "line 1", []) == (piece.form, piece.place, piece.places)
    assert {"trace_id": "t", "metadata": {"a": 1}, "spans": []} == json.loads(piece.body)


def test_a_trace_loses_only_the_span_that_nests_too_deeply() -> None:
    deep = b'{"span_id":"x","attributes":' + b'{"a":' * 200 + b"1" + b"}" * 201
    text = b'{"trace_id":"t","spans":[{"span_id":"a"},' + deep + b',{"span_id":"b"}]}'
    cut = list(cut_document(text))

    assert [("span 1", "the span nests deeper than 129 levels")] == refusals(cut)
    kept = [each for each in cut if isinstance(each, Piece)]
    assert [("span 0", "a"), ("span 2", "b")] == placed(kept)


@pytest.mark.parametrize("indent", [None, 2])
def test_documents_are_read_on_one_line_and_on_many(indent: int | None) -> None:
    def cut(value: object) -> list[tuple[str, str]]:
        return placed(cut_document(json.dumps(value, indent=indent).encode()))

    assert [("document", "a")] == cut(span("a"))
    assert [("span 0", "a"), ("span 1", "b")] == cut({"spans": [span("a"), span("b")]})
    assert [("span 0", "a")] == cut({"trace_id": "t", "spans": [span("a")]})
    assert [("item 0", "a"), ("item 1", "b")] == cut([span("a"), span("b")])
    assert [("item 0, span 0", "a")] == cut([{"trace_id": "t", "spans": [span("a")]}])
    assert [] == cut([])


def test_a_batch_that_names_no_trace_is_a_list() -> None:
    [piece] = pieces(cut_document(b'{"trace_id": null, "spans": [{"trace_id":"u","span_id":"a"}]}'))

    assert piece.form is Form.BATCH
    assert "u" == sent(piece)[0]["trace_id"]


@pytest.mark.parametrize(
    "odd",
    [
        span("a", attributes={"spans": [1, 2]}),
        span("a", spans=[{"span_id": "b"}]),
        span("a", spans="none"),
    ],
)
def test_a_span_with_a_field_named_spans_is_a_span(odd: dict[str, Any]) -> None:
    [piece] = pieces(cut_lines(dumps(odd)))

    assert [odd] == sent(piece)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "this is not valid JSON: Input data was truncated"),
        (b"{} {}", "trailing characters"),
        (b'"text"', "this is neither an object nor a list"),
        (b"null", "this is neither an object nor a list"),
        (b"[" * 100_000, "this nests too deeply"),
        (b"[\xff]", "this is not UTF-8"),
    ],
)
def test_what_is_no_document_is_malformed(text: bytes, reason: str) -> None:
    with pytest.raises(MalformedError, match=reason):
        list(cut_document(text))


_bad = st.sampled_from([b"{", b"nope", b"\xff\xfe", b'{"a":1}}', b"[1", b"3"])
_blank = st.sampled_from([b"", b" ", b"\t\r"])


@st.composite
def _files(draw: st.DrawFn) -> tuple[list[bytes], dict[str, str], list[str]]:
    """Lines, the place of each span in them by its id, and the places that can't be read."""
    lines: list[bytes] = []
    places: dict[str, str] = {}
    refused: list[str] = []

    def new(place: str) -> dict[str, Any]:
        span_id = str(len(places))
        places[span_id] = place
        return span(span_id, attributes={"x": draw(st.sampled_from([1, float("nan"), "\ud800"]))})

    for number in range(1, draw(st.integers(0, 8)) + 1):
        where = f"line {number}"
        kind = draw(st.sampled_from(["span", "trace", "batch", "list", "blank", "bad"]))
        count = draw(st.sampled_from([0, 1, 2, 1001]) if number == 1 else st.integers(0, 3))
        if kind == "blank":
            lines.append(draw(_blank))
        elif kind == "bad":
            lines.append(draw(_bad))
            refused.append(where)
        elif kind == "span":
            lines.append(json.dumps(new(where)).encode())
        elif kind == "list":
            items = [new(f"{where}, item {at}") for at in range(count)]
            lines.append(json.dumps(items).encode())
        else:
            head = {"trace_id": "t"} if kind == "trace" else {}
            spans = [new(f"{where}, span {at}") for at in range(count)]
            lines.append(json.dumps(head | {"spans": spans}).encode())
    return lines, places, refused


@given(_files())
def test_nothing_is_lost_and_nothing_comes_twice(
    file: tuple[list[bytes], dict[str, str], list[str]],
) -> None:
    lines, places, refused = file
    cut = list(cut_lines(line + b"\n" for line in lines))

    kept = [each for each in cut if isinstance(each, Piece)]
    assert Counter((place, span_id) for span_id, place in places.items()) == Counter(placed(kept))
    assert refused == [place for place, _ in refusals(cut)]
    for piece in kept:
        assert len(piece.places) <= 1000
        decode = decode_trace if piece.form is Form.TRACE else decode_batch
        decoded = decode(piece.body, received_at=0, limits=Limits())
        assert len(piece.places) == len(decoded.spans)
