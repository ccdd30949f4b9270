"""Content encodings, undone piece by piece so that a bomb stops at the limit."""

from __future__ import annotations

import zlib
from typing import Protocol

from prela_core.errors import MalformedError, TooLargeError, UnsupportedMediaError

__all__ = ["Inflater"]

_GZIP = 16 + zlib.MAX_WBITS
_RAW_DEFLATE = -zlib.MAX_WBITS
_WRAPPER = 2
# A block of a zstd frame can be 4 bytes long and stand for 128 KiB (RFC 8878 section 3.1.1.2),
# and the library gives all that a piece stands for: 256 bytes are 8 MiB at the most.
_ZSTD_PIECE = 256
_OVERHEAD = 4096
"""Bytes by which an encoding may be longer than what it holds, beside an eighth of that."""
# A frame may ask for a window of gigabytes; 8 MiB is what RFC 8878 section 3.1.1.1.2
# says decoders should support, and what encoders use up to level 19.
_ZSTD_WINDOW = 1 << 23


class _Decoder(Protocol):
    def feed(self, data: bytes, room: int) -> bytes:
        """Decode `data`, giving at most `room + 1` bytes: one too many tells of the excess."""

    def complete(self) -> bool: ...


class _Identity:
    def feed(self, data: bytes, room: int) -> bytes:
        return data[: room + 1]

    def complete(self) -> bool:
        return True


class _Zlib:
    def __init__(self, wbits: int, *, members: bool) -> None:
        self._wbits = wbits
        self._members = members
        self._inflater = zlib.decompressobj(wbits)
        self._fresh = True
        self._start = b""

    def feed(self, data: bytes, room: int) -> bytes:
        if self._fresh:
            # What the wrapper is shows in its two bytes, which may come in two pieces.
            self._start += data
            if len(self._start) < _WRAPPER:
                return b""
            data = self._start
        pieces: list[bytes] = []
        size = 0
        while data and size <= room:
            if self._inflater.eof:
                if not self._members:
                    raise MalformedError("the compressed body goes on after its end")
                self._inflater = zlib.decompressobj(self._wbits)
            try:
                piece = self._inflater.decompress(data, room + 1 - size)
            except zlib.error as error:
                retry = self._retry_as_raw(data)
                if retry is None:
                    raise MalformedError("the compressed body can't be inflated") from error
                self._inflater = retry
                continue
            self._fresh = False
            pieces.append(piece)
            size += len(piece)
            data = self._inflater.unused_data if self._inflater.eof else b""
            if self._inflater.unconsumed_tail:
                data = self._inflater.unconsumed_tail
        return b"".join(pieces)

    def _retry_as_raw(self, data: bytes) -> zlib._Decompress | None:
        # RFC 9110 section 8.4.1.2: "deflate" means the zlib format, but some senders
        # omit the wrapper, so the first failure is read as raw deflate.
        if self._wbits != zlib.MAX_WBITS or not self._fresh or not data:
            return None
        self._wbits = _RAW_DEFLATE
        return zlib.decompressobj(_RAW_DEFLATE)

    def complete(self) -> bool:
        return self._inflater.eof


class _Zstd:
    def __init__(self) -> None:
        try:
            import zstandard  # noqa: PLC0415 - of the server extra, wanted only here
        except ModuleNotFoundError as error:
            raise UnsupportedMediaError(
                "content encoding zstd needs the zstandard package"
            ) from error
        self._error = zstandard.ZstdError
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._inflater = self._context.decompressobj()
        self._ended = False

    def feed(self, data: bytes, room: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        view = memoryview(data)
        at = 0
        while at < len(view) and size <= room:
            if self._inflater.eof:
                self._inflater = self._context.decompressobj()
            head = view[at : at + _ZSTD_PIECE]
            at += len(head)
            try:
                piece = self._inflater.decompress(bytes(head))
            except self._error as error:
                raise MalformedError("the compressed body can't be inflated") from error
            if self._inflater.eof and (unused := len(self._inflater.unused_data)):
                at -= unused
            pieces.append(piece)
            size += len(piece)
        self._ended = self._inflater.eof
        return b"".join(pieces)

    def complete(self) -> bool:
        return self._ended


class Inflater:
    """Collects the pieces of a body, decoded; never holds more than `limit` bytes of it.

    Sans-IO: `feed` each received piece, then `finish`. `encoding` is the value of the
    Content-Encoding header: gzip, deflate, zstd, identity or nothing.
    """

    def __init__(self, encoding: str | None, limit: int) -> None:
        self._limit = limit
        self._received = 0
        self._size = 0
        self._pieces: list[bytes] = []
        self._decoder = _decoder(encoding)

    def feed(self, data: bytes) -> None:
        """Take the next piece of the body.

        Raises `TooLargeError` once the decoded body is over the limit, and `MalformedError`
        when the encoding is broken.
        """
        if not data:
            return
        # What comes in is bounded too: frames that hold nothing could go on for ever.
        self._received += len(data)
        endless = self._received > self._limit + self._limit // 8 + _OVERHEAD
        piece = b"" if endless else self._decoder.feed(data, self._limit - self._size)
        self._size += len(piece)
        if endless or self._size > self._limit:
            self._pieces.clear()
            raise TooLargeError(
                f"the body is over {self._limit:,} bytes when decompressed; send it in parts"
            )
        self._pieces.append(piece)

    def finish(self) -> bytes:
        """Give the whole decoded body; raises `MalformedError` when its end is missing."""
        if self._pieces and not self._decoder.complete():
            raise MalformedError("the compressed body ends too early")
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def _decoder(encoding: str | None) -> _Decoder:
    match (encoding or "identity").strip().lower():
        case "identity" | "":
            return _Identity()
        case "gzip" | "x-gzip":
            return _Zlib(_GZIP, members=True)
        case "deflate":
            return _Zlib(zlib.MAX_WBITS, members=False)
        case "zstd":
            return _Zstd()
        case other:
            raise UnsupportedMediaError(
                f"content encoding {other[:40]!r} is not read; use gzip, deflate, zstd or none"
            )
