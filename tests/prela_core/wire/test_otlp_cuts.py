"""Requests of OTLP, cut: what is read of the parts is what would be of the whole."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.otlp import ENCODE, as_json, otlp_request, otlp_span

from prela_core.errors import MalformedError
from prela_core.model import SpanRecord
from prela_core.wire import Decoded, Limits, decode_otlp_json, decode_otlp_protobuf, otlp_cuts
from prela_core.wire.documents import Piece, cut_requests
from prela_core.wire.otlp_cuts import cut_json, cut_protobuf, is_framed, is_protobuf, read_frames

DECODE: dict[str, Callable[..., Decoded]] = {
    "json": decode_otlp_json,
    "protobuf": decode_otlp_protobuf,
}
CUT = {"json": cut_json, "protobuf": cut_protobuf}


def request_of(shape: list[tuple[str, list[int]]]) -> ExportTraceServiceRequest:
    """Make a request with a resource for each name and a scope for each number of spans."""
    whole = ExportTraceServiceRequest()
    for service, scopes in shape:
        for number, count in enumerate(scopes):
            spans = [otlp_span({"n": at}, name=f"{service} {number} {at}") for at in range(count)]
            resource = {"service.name": service} if service else {}
            whole.MergeFrom(otlp_request(*spans, resource=resource, scope=f"s{number}"))
    return whole


def read(encoding: str, bodies: list[bytes]) -> list[SpanRecord]:
    decoded = [DECODE[encoding](body, received_at=7, limits=Limits()) for body in bodies]
    assert not [each for one in decoded for each in one.rejected]
    return [span for one in decoded for span in one.spans]


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
@settings(max_examples=30)
@given(
    shape=st.lists(
        st.tuples(st.sampled_from(["", "shop", "bank"]), st.lists(st.integers(0, 5), max_size=3)),
        max_size=3,
    ),
    most=st.integers(1, 6),
    size=st.sampled_from([1, 400, 4_000_000]),
)
def test_the_parts_hold_every_span_of_the_whole_with_its_resource_and_scope(
    encoding: str, shape: list[tuple[str, list[int]]], most: int, size: int
) -> None:
    body = ENCODE[encoding](request_of(shape))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(otlp_cuts, "_SPANS", most)
        patch.setattr(otlp_cuts, "_BYTES", size)
        cut = list(CUT[encoding](body))

    assert read(encoding, [body]) == read(encoding, [part for part, _ in cut])
    assert all(0 < count <= most for _, count in cut)
    if size == 1:
        assert all(count == 1 for _, count in cut)


def test_fields_in_snake_case_are_read_too() -> None:
    snake = re.sub(
        rb'"[a-z]+[A-Z][A-Za-z]+"(?=:)',
        lambda key: re.sub(rb"[A-Z]", lambda one: b"_" + one[0].lower(), key[0]),
        as_json(request_of([("shop", [2])])),
    )
    assert b'"resource_spans"' in snake
    [(part, count)] = cut_json(snake)
    assert 2 == count
    assert ["shop", "shop"] == [each.service_name for each in read("json", [part])]


@pytest.mark.parametrize("shape", [[], [("", [1])], [("shop", [2, 1]), ("", [1]), ("bank", [9])]])
def test_protobuf_is_told_from_text(shape: list[tuple[str, list[int]]]) -> None:
    body = request_of(shape).SerializeToString()
    assert bool(shape) == is_protobuf(body[:16], lambda: body)


@given(st.text(alphabet='\n {}[]":,azé', max_size=400))
def test_text_is_no_protobuf_also_after_an_empty_line(text: str) -> None:
    body = f'\n{text}{{"trace_id": "t"}}\n'.encode()
    assert not is_protobuf(body[:16], lambda: body)


def framed(*bodies: bytes) -> bytes:
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


def test_messages_with_their_lengths_are_read_one_by_one() -> None:
    bodies = [request_of([("shop", [3])]).SerializeToString() for _ in range(3)]
    text = framed(*bodies)
    assert is_framed(text[:16])
    assert not is_framed(bodies[0][:16])
    assert bodies == list(read_frames(io.BytesIO(text).read))
    with pytest.raises(MalformedError, match="the last request is cut off"):
        list(read_frames(io.BytesIO(text[:-1]).read))


def test_a_request_that_can_not_be_read_is_refused_alone() -> None:
    good = request_of([("shop", [2])]).SerializeToString()
    found: list[Any] = list(cut_requests([b"\x0a\x7fcut", good]))
    assert ["request 1", "request 2"] == [each.place for each in found]
    assert not isinstance(found[0], Piece)
    assert ["request 2, span 0", "request 2, span 1"] == found[1].places
