from __future__ import annotations

import contextlib
import gzip
import hashlib
import itertools
import tracemalloc
import zlib
from collections.abc import Callable, Iterable

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from prela_core.errors import MalformedError, TooLargeError, UnsupportedMediaError
from prela_core.wire import Inflater

LIMIT = 1 << 20


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data, 1),
    "deflate": zlib.compress,
    "deflate, raw": _raw_deflate,
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd, sizeless": lambda data: zstandard.ZstdCompressor(write_content_size=False).compress(
        data
    ),
    "zstd, streamed": lambda data: (
        (packer := zstandard.ZstdCompressor(write_checksum=True).compressobj()).compress(data)
        + packer.flush()
    ),
}
encodings = pytest.mark.parametrize("name", list(PACK))
packed = pytest.mark.parametrize("name", [name for name in PACK if name != "identity"])


def noise(size: int) -> bytes:
    """Give bytes that can't be compressed, the same ones each time."""
    return hashlib.shake_128(b"noise").digest(size)


def inflated(name: str, pieces: Iterable[bytes], limit: int = LIMIT) -> bytes:
    inflater = Inflater(name.partition(",")[0], limit)
    for piece in pieces:
        inflater.feed(piece)
    return inflater.finish()


def _cut(data: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(places)]


bodies = st.binary(max_size=600) | st.binary(min_size=1, max_size=4).map(lambda data: data * 5000)


@encodings
@given(body=bodies, cuts=st.lists(st.integers(0, 400), max_size=6))
def test_it_does_not_matter_in_which_pieces_a_body_comes(
    name: str, body: bytes, cuts: list[int]
) -> None:
    assert body == inflated(name, _cut(PACK[name](body), cuts))


@encodings
def test_byte_by_byte(name: str) -> None:
    body = b'{"spans":[' + b"0," * 999 + b"0]}"
    assert body == inflated(name, (bytes([byte]) for byte in PACK[name](body)))


@encodings
def test_the_limit_is_met_exactly(name: str) -> None:
    body = noise(5000)
    assert body == inflated(name, [PACK[name](body)], limit=5000)
    with pytest.raises(TooLargeError, match="4,999 bytes"):
        inflated(name, [PACK[name](body)], limit=4999)


@packed
def test_a_bomb_stops_at_the_limit(name: str) -> None:
    """Whatever it would become, what is held stays near the limit."""
    bomb = PACK[name](bytes(200 << 20))
    inflater = Inflater(name.partition(",")[0], LIMIT)
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        inflater.feed(bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 * LIMIT


@packed
def test_a_repetitive_body_within_the_limit_is_taken(name: str) -> None:
    """There is no bound on the ratio: real batches shrink 90:1."""
    body = bytes(LIMIT)
    assert body == inflated(name, [PACK[name](body)])


@packed
@pytest.mark.parametrize("left", [1, 5, 0.5])
def test_a_body_without_its_end_is_refused(name: str, left: float) -> None:
    data = PACK[name](noise(400))
    cut = data[: -left if isinstance(left, int) else int(len(data) * left)]
    with pytest.raises(MalformedError):
        inflated(name, [cut])


@packed
@pytest.mark.parametrize("tail", [b"x", b"trailing garbage", bytes(20)])
def test_bytes_after_the_end_are_refused(name: str, tail: bytes) -> None:
    data = PACK[name](b"{}")
    for pieces in ([data + tail], [data, tail]):
        with pytest.raises(MalformedError):
            inflated(name, pieces)


@packed
@given(sent=st.binary(min_size=1, max_size=100))
def test_noise_is_refused_or_read_but_nothing_else_is_raised(name: str, sent: bytes) -> None:
    try:
        inflated(name, [sent])
    except (MalformedError, TooLargeError):
        return


@packed
def test_a_flipped_bit_is_noticed_or_harmless(name: str) -> None:
    body = noise(300)
    data = bytearray(PACK[name](body))
    for at in range(len(data)):
        data[at] ^= 0x10
        with contextlib.suppress(MalformedError, TooLargeError):
            inflated(name, [bytes(data)])
        data[at] ^= 0x10
    assert body == inflated(name, [bytes(data)])


@pytest.mark.parametrize("name", ["gzip", "zstd"])
@given(parts=st.lists(st.binary(max_size=50), min_size=1, max_size=5), cut=st.integers(0, 200))
def test_members_and_frames_are_joined(name: str, parts: list[bytes], cut: int) -> None:
    """RFC 1952 section 2.2 and RFC 8878 section 3: the contents simply follow each other."""
    data = b"".join(PACK[name](part) for part in parts)
    assert b"".join(parts) == inflated(name, _cut(data, [cut]))


def test_a_zstd_window_that_is_too_large_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(19, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    data = packer.compress(b"x" * 100) + packer.flush()
    with pytest.raises(MalformedError):
        inflated("zstd", [data])


def test_what_encoders_make_at_high_levels_is_read() -> None:
    body = noise(LIMIT)
    for level in (1, 19):
        packer = zstandard.ZstdCompressor(level=level).compressobj()
        assert body == inflated("zstd", [packer.compress(body) + packer.flush()])


@pytest.mark.parametrize("encoding", [None, "", "identity", " GZIP ", "Zstd", "DEFLATE"])
def test_names_of_encodings_are_read_in_any_case(encoding: str | None) -> None:
    word = (encoding or "identity").strip().lower()
    inflater = Inflater(encoding, LIMIT)
    inflater.feed(PACK[word](b"{}"))
    assert b"{}" == inflater.finish()


@pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "compress", "*", "x" * 1000])
def test_unknown_encodings_are_refused(encoding: str) -> None:
    with pytest.raises(UnsupportedMediaError) as refusal:
        Inflater(encoding, LIMIT)
    assert len(str(refusal.value)) < 150


@encodings
def test_an_empty_body_is_empty(name: str) -> None:
    assert b"" == inflated(name, [])
    assert b"" == inflated(name, [b"", b""])
    assert b"" == inflated(name, [PACK[name](b"")])


@pytest.mark.parametrize("name", ["gzip", "zstd"])
def test_frames_that_hold_nothing_do_not_go_on_for_ever(name: str) -> None:
    with pytest.raises(TooLargeError):
        inflated(name, [PACK[name](b"") * 100] * (LIMIT // 100))
