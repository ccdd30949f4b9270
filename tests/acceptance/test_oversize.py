"""What is too large is refused while it comes in, at little cost; measured on the process."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.conftest import Server, assert_problem, span
from tests.otlp import MEDIA_TYPES, field, otlp_request, otlp_span

pytestmark = pytest.mark.slow

MB = 1024 * 1024
GB = 1024 * MB

_RISE = 64 * MB
PATHS = ["/v1/traces", "/v1/spans", "/v1/batch"]


@pytest.fixture(scope="module")
def large(module_serve: Callable[..., Server]) -> Server:
    """A server that has done, once each, what every server does: its memory is as it stays."""
    server = module_serve()
    api = server.api
    body = json.dumps([span(attributes={"x": "y" * 1000}) for _ in range(8000)]).encode()
    for _ in range(2):
        api.accept("/v1/batch", gzip.compress(body, 1), Content_Encoding="gzip")
        api.accept("/v1/batch", body)
        api.read("/api/v1/traces", limit=1000)
        api.read("/api/v1/search", q="yyy")
    return server


@pytest.fixture
def bounded(large: Server) -> Iterator[Server]:
    """Hold that the peak of memory rises by little, whatever the test does to the server."""
    before = large.memory()
    yield large
    rise = large.memory() - before
    assert rise <= _RISE, f"memory rose by {rise / MB:.0f} MB"
    sent = span()
    large.api.accept("/v1/spans", sent)
    assert large.api.span(sent)["span_id"] == sent["span_id"]


def _zeros(size: int) -> Iterator[bytes]:
    piece = bytes(MB)
    for _ in range(size // MB):
        yield piece


@pytest.fixture(scope="module")
def gzip_bomb() -> bytes:
    # Members may follow one another, so that a hundredth of the work makes the whole of the bomb.
    packer = zlib.compressobj(9, wbits=16 + zlib.MAX_WBITS)
    member = b"".join(map(packer.compress, _zeros(GB // 10))) + packer.flush()
    return member * 100


@pytest.fixture(scope="module")
def zstd_bomb() -> bytes:
    # RFC 8878: a frame with a window of 128 KiB, and blocks that say one byte that many times.
    piece = 1 << 17
    blocks = 10 * GB // piece
    more, last = (((piece << 3) | (1 << 1) | end).to_bytes(3, "little") + b"\0" for end in (0, 1))
    return b"\x28\xb5\x2f\xfd\x00\x38" + more * (blocks - 1) + last


@pytest.mark.parametrize("path", PATHS)
def test_ten_gigabytes_of_zeros_in_gzip_are_413(
    bounded: Server, gzip_bomb: bytes, path: str
) -> None:
    assert_problem(bounded.api.post(path, gzip_bomb, Content_Encoding="gzip"), 413)


@pytest.mark.parametrize("path", PATHS)
def test_ten_gigabytes_of_zeros_in_zstd_are_413(
    bounded: Server, zstd_bomb: bytes, path: str
) -> None:
    assert_problem(bounded.api.post(path, zstd_bomb, Content_Encoding="zstd"), 413)


def test_a_zstd_frame_that_asks_for_a_huge_window_is_400(bounded: Server) -> None:
    # RFC 8878 section 3.1.1: magic number, no content size, window descriptor 0xff.
    frame = b"\x28\xb5\x2f\xfd\x00\xff" + b"\x01\x00\x00"

    assert_problem(bounded.api.post("/v1/spans", frame, Content_Encoding="zstd"), 400)


def _chunked(path: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    yield (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    ).encode()
    for piece in pieces:
        yield b"%x\r\n%s\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def _a_gigabyte_of_json() -> Iterator[bytes]:
    yield b"["
    one = json.dumps(span(attributes={"x": "y" * 1000})).encode() + b","
    for _ in range(GB // (len(one) * 64)):
        yield one * 64
    yield b"{}]"


@pytest.mark.parametrize("path", PATHS)
def test_a_gigabyte_of_json_in_chunks_is_413_long_before_its_end(
    bounded: Server, path: str
) -> None:
    answer, sent = bounded.wire().talk(_chunked(path, _a_gigabyte_of_json()))

    # The connection is closed while more comes in, which may take the answer with it (RFC 9112
    # section 9.6); that nobody went on reading is what counts.
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert sent < 100 * MB


@pytest.mark.parametrize("path", PATHS)
def test_a_body_that_announces_a_gigabyte_is_413_before_it_comes(
    bounded: Server, path: str
) -> None:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {GB}\r\n\r\n"
    )

    answer, _ = bounded.wire().talk([head.encode()])

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'{"spans":[[', b'[{"attributes":{"a":'])
def test_a_million_levels_are_refused(bounded: Server, path: str, opening: bytes) -> None:
    response = bounded.api.post(path, opening * 1_000_000)

    assert response.status_code in (400, 422)
    assert_problem(response, response.status_code)


def test_twenty_bombs_at_once(bounded: Server, gzip_bomb: bytes) -> None:
    def post(_: int) -> int:
        api = bounded.api
        return api.post("/v1/batch", gzip_bomb, Content_Encoding="gzip").status_code

    with ThreadPoolExecutor(20) as pool:
        assert [413] * 20 == list(pool.map(post, range(20)))


@pytest.mark.parametrize("piece", [b"a" * 100_000, b"X: a\r\n" * 20_000], ids=["one", "many"])
def test_headers_without_end_are_refused(bounded: Server, piece: bytes) -> None:
    def headers() -> Iterator[bytes]:
        yield b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: "
        for _ in range(3000):
            yield piece

    answer, sent = bounded.wire().talk(headers())

    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert sent < 50 * MB


def _otlp_bombs() -> dict[str, tuple[str, bytes, int]]:
    """Give requests that would be hundreds of megabytes as objects: encoding, body and status."""
    size = 19 * MB
    good = otlp_span().SerializeToString()
    resource = otlp_request(*(otlp_span() for _ in range(10_000)), resource={"blob": "x" * 10 * MB})
    spans = b'{"resourceSpans":[{"scopeSpans":[{"spans":[%s{}]}]}]}'
    return {
        "empty spans": ("protobuf", field(1, field(2, field(2) * (size // 2))), 413),
        "empty scopes": ("protobuf", field(1, field(2) * (size // 2)), 413),
        "empty resources": ("protobuf", field(1) * (size // 2), 413),
        "empty attributes": (
            "protobuf",
            field(1, field(2, field(2, good + field(9) * (size // 2)))),
            200,
        ),
        "empty attributes of a resource": (
            "protobuf",
            field(1, field(1, field(1) * (size // 2)), field(2, field(2, good))),
            413,
        ),
        "a large resource of many spans": ("protobuf", resource.SerializeToString(), 200),
        "empty objects": ("json", spans % (b"{}," * (size // 3)), 413),
        "objects that are nearly empty": ("json", spans % (b"{         }," * (size // 12)), 413),
    }


def test_what_is_small_as_otlp_and_large_as_objects(bounded: Server) -> None:
    for what, (encoding, body, status) in _otlp_bombs().items():
        packed = gzip.compress(body, 1)
        response = bounded.api.post(
            "/v1/traces", packed, Content_Encoding="gzip", Content_Type=MEDIA_TYPES[encoding]
        )
        assert status == response.status_code, (what, response.content[:200])
