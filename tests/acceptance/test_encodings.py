"""Bodies may be compressed on every endpoint that takes one."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from tests.conftest import Api, assert_problem, span, trace


def _raw_deflate(body: bytes) -> bytes:
    deflater = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflater.compress(body) + deflater.flush()


def _in_two_members(body: bytes) -> bytes:
    half = len(body) // 2
    return gzip.compress(body[:half]) + gzip.compress(body[half:])


ENCODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "identity": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "gzip in capitals": ("GZIP", gzip.compress),
    "gzip of two members": ("gzip", _in_two_members),
    "deflate": ("deflate", zlib.compress),
    "deflate without its wrapper": ("deflate", _raw_deflate),
    "zstd": ("zstd", zstandard.compress),
}
ENDPOINTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "/v1/traces": trace,
    "/v1/spans": dict,
    "/v1/batch": lambda one: {"spans": [one]},
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("path", ENDPOINTS)
def test_every_encoding_is_read_on_every_endpoint(api: Api, path: str, encoding: str) -> None:
    name, encode = ENCODINGS[encoding]
    sent = span(attributes={"text": "déjà vu " * 50})

    api.accept(path, encode(json.dumps(ENDPOINTS[path](sent)).encode()), Content_Encoding=name)

    assert sent["attributes"] == api.span(sent)["attributes"]


@pytest.mark.parametrize(("name", "encode"), ENCODINGS.values(), ids=ENCODINGS)
def test_a_body_in_chunks_is_read(api: Api, name: str, encode: Callable[[bytes], bytes]) -> None:
    sent = span()
    body = encode(json.dumps(sent).encode())

    response = api.request(
        "POST",
        "/v1/spans",
        content=(body[at : at + 7] for at in range(0, len(body), 7)),
        headers={"Content-Encoding": name, "Content-Type": "application/json"},
    )

    assert response.status_code == 200, response.text
    assert sent["span_id"] == api.span(sent)["span_id"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_very_repetitive_batch_is_not_taken_for_a_bomb(api: Api, encoding: str) -> None:
    name, encode = ENCODINGS[encoding]
    first = span(attributes={"prompt": "the same words, over and over; " * 200})
    spans = [first | {"span_id": f"{number:016x}"} for number in range(1, 501)]
    body = json.dumps(spans).encode()
    packed = encode(body)
    assert len(body) > 90 * len(packed)

    answer = api.accept("/v1/batch", packed, Content_Encoding=name)

    assert answer["ingested"] == 500
    assert api.trace(first["trace_id"], spans=500)["span_count"] == 500


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("encoding", ["br", "compress", "gzip, gzip", "aws-chunked"])
def test_an_encoding_that_is_not_read_is_415(api: Api, path: str, encoding: str) -> None:
    body = json.dumps(ENDPOINTS[path](span())).encode()

    problem = assert_problem(api.post(path, body, Content_Encoding=encoding), 415)

    assert "gzip, deflate, zstd" in problem["detail"]


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda packed: b"{" + packed, id="not compressed at all"),
        pytest.param(lambda packed: packed[: len(packed) // 2], id="cut off"),
        pytest.param(lambda packed: packed + b"more", id="goes on after its end"),
        pytest.param(lambda packed: packed[:20] + bytes(8) + packed[28:], id="zeros inside"),
    ],
)
def test_a_corrupt_encoding_is_400(
    api: Api, path: str, encoding: str, spoil: Callable[[bytes], bytes]
) -> None:
    name, encode = ENCODINGS[encoding]
    packed = encode(json.dumps(ENDPOINTS[path](span(name="x" * 400))).encode())

    assert_problem(api.post(path, spoil(packed), Content_Encoding=name), 400)
