"""Embeddings and binary data give way to a note; everything else stays, byte for byte."""

from __future__ import annotations

import base64
import json
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.model import Flag
from prela_core.wire import Limits, decode_batch
from prela_core.wire.blobs import without_blobs

LIMIT = 100

_RANDOM = Random(7)  # noqa: S311 - noise, no secret

VECTOR = [round(_RANDOM.uniform(-1, 1), 6) for _ in range(64)]
VECTOR_TEXT = json.dumps(VECTOR, separators=(",", ":"))
BINARY = base64.b64encode(_RANDOM.randbytes(300)).decode()
LINES = base64.encodebytes(_RANDOM.randbytes(300)).decode()
NOTE_OF_VECTOR = f"<64 numbers, {len(VECTOR_TEXT)} bytes>"
NOTE_OF_BINARY = f"<base64, {len(BINARY)} bytes>"
URI = f"data:image/png;base64,{BINARY}"
IMAGE = "data:image/png;base64," + BINARY * 10
NOTE_OF_URI = f"<image/png, {len(URI)} bytes>"


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (VECTOR, NOTE_OF_VECTOR),
        (VECTOR_TEXT, NOTE_OF_VECTOR),
        ([VECTOR, VECTOR, [1, 2]], [NOTE_OF_VECTOR, NOTE_OF_VECTOR, [1, 2]]),
        ({"vector": VECTOR, "text": "x"}, {"vector": NOTE_OF_VECTOR, "text": "x"}),
        (json.dumps({"a": VECTOR}, separators=(",", ":")), f'{{"a":"{NOTE_OF_VECTOR}"}}'),
        (f"the vector {VECTOR_TEXT}.", f"the vector {NOTE_OF_VECTOR}."),
        (BINARY, NOTE_OF_BINARY),
        (LINES, f"<base64, {len(LINES.rstrip())} bytes>\n"),
        (URI, NOTE_OF_URI),
        (f"see {URI} and {URI}", f"see {NOTE_OF_URI} and {NOTE_OF_URI}"),
        ("data:;base64," + BINARY, f"<data, {len(BINARY) + 13} bytes>"),
        ("data:text/x;charset=utf-8;base64," + BINARY, f"<text/x, {len(BINARY) + 33} bytes>"),
        ("data:image/png;base64," + "A" * 200, "<image/png, 222 bytes>"),
        (
            json.dumps([{"role": "user", "content": [{"url": URI}, "Ω"]}]),
            json.dumps([{"role": "user", "content": [{"url": NOTE_OF_URI}, "Ω"]}]),
        ),
        (json.dumps(json.dumps({"v": BINARY})), json.dumps(json.dumps({"v": NOTE_OF_BINARY}))),
        ('{"broken": "' + URI, '{"broken": "' + NOTE_OF_URI),
    ],
)
def test_a_blob_is_replaced_wherever_it_stands(sent: Any, kept: Any) -> None:
    replaced, cut = without_blobs(compact({"k": sent, "other": [1, "x"]}), LIMIT)

    assert ({"k": kept, "other": [1, "x"]}, True) == (json.loads(replaced), cut)


@pytest.mark.parametrize(
    "sent",
    [
        "x" * 5000,
        "0123456789abcdef" * 100,
        "words and more words, " * 100,
        "ÄÖÜ" * 1000,
        "日本語" * 500,
        "https://example.com/a/b/c?d=" + "e/" * 300,
        "\n".join(f"Item{number}" for number in range(200)),
        [1, 2, 3] * 10,
        [[1, 2], [3, 4]] * 100,
        ["1"] * 100,
        [None] * 100,
        {f"k{number}": number for number in range(100)},
        "1, 2, 3, " * 100,
        "\\n" * 300,
        '"' * 300,
        BINARY[:99],
    ],
)
def test_what_is_no_blob_stays_as_it_was_sent(sent: Any) -> None:
    raw = compact({"k": sent, "other": [1, "x"]})

    assert (raw, False) == without_blobs(raw, LIMIT)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
BLOBS = st.one_of(
    st.integers(40, 120).map(lambda size: VECTOR[:1] * size),
    st.binary(min_size=80, max_size=400).map(lambda raw: base64.b64encode(raw).decode()),
    st.just(URI),
    st.just(LINES),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS | BLOBS | st.tuples(TEXTS, BLOBS, TEXTS).map(lambda parts: "".join(map(str, parts))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS, inner, max_size=4)
        | inner.map(json.dumps)
        | inner.map(lambda value: json.dumps(value, ensure_ascii=False))
    ),
    max_leaves=8,
)  # fmt: skip


def same(kept: Any, sent: Any) -> bool:
    """Say whether `kept` is `sent` but for notes in the place of long parts."""
    if kept == sent and type(kept) is type(sent):
        return True
    if type(kept) is str:
        whole = sent if type(sent) is str else compact(sent).decode()
        return len(whole) > LIMIT and " bytes>" in kept
    if type(kept) is not type(sent) or len(kept) != len(sent):
        return False
    if type(kept) is dict:
        return list(kept) == list(sent) and all(same(kept[key], sent[key]) for key in kept)
    return type(kept) is list and all(map(same, kept, sent))


@given(value=VALUES, ascii_only=st.booleans())
def test_any_json_stays_json_and_is_cut_only_where_it_is_long(
    value: Any, *, ascii_only: bool
) -> None:
    raw = json.dumps({"k": value}, ensure_ascii=ascii_only, separators=(",", ":")).encode()
    kept, cut = without_blobs(raw, LIMIT)

    assert same(json.loads(kept), {"k": value})
    assert cut is (kept != raw)
    assert len(kept) <= len(raw)
    msgspec.json.decode(kept)
    # Nothing is left for a second look.
    assert (kept, False) == without_blobs(kept, LIMIT)


@given(value=VALUES)
def test_nested_json_stays_json(value: Any) -> None:
    inner = json.dumps({"k": value})
    kept = json.loads(without_blobs(compact([inner]), LIMIT)[0])

    assert same(json.loads(kept[0]), {"k": value})


def span(**fields: Any) -> dict[str, Any]:
    return {"span_id": "s", "trace_id": "t", "started_at": "2026-11-01T00:00:00Z", **fields}


def test_spans_are_flagged_when_a_blob_was_cut() -> None:
    vector = [number / 1000 for number in range(1536)]
    sent = [
        span(
            span_id="a",
            attributes={"embedding.embeddings.0.embedding.vector": vector, "llm.model": "m"},
        ),
        span(span_id="b", events=[{"name": "e", "attributes": {"image": IMAGE}}]),
        span(span_id="c", replay_snapshot={"image": IMAGE}),
        span(span_id="d", attributes={"text": "so it is, " * 1000}),
    ]
    decoded = decode_batch(compact(sent), received_at=0, limits=Limits())
    flags = {record.span_id: bool(record.flags & Flag.TRUNCATED) for record in decoded.spans}
    attributes = json.loads(decoded.spans[0].attributes)

    assert {"a": True, "b": True, "c": True, "d": False} == flags
    assert {
        "embedding.embeddings.0.embedding.vector": f"<1536 numbers, {len(compact(vector))} bytes>",
        "llm.model": "m",
    } == attributes
    assert all(len(record.attributes) < 500 for record in decoded.spans[:3])
