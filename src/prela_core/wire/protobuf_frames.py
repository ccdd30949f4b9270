"""Protobuf, taken apart without being decoded: where the messages within a message are.

A message may hold millions of empty ones, of two bytes each, and a decoder makes an object of
every one. Here they are counted before that. https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prela_core.errors import MalformedError

__all__ = ["Shape", "count_messages", "field", "messages"]

Shape = Mapping[int, "Shape"]
"""Which fields of a message hold messages, and the shape of those."""

_VARINT, _BYTES = 0, 2
_SIZES = {1: 8, 5: 4}
_LONGEST_VARINT = 10
_MORE = 0x80


def messages(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give number, start and end of each field with a length in `data[start:end]`.

    Raises `MalformedError` for what is no message. Groups, which nobody has written for ten
    years, are none.
    """
    at = start
    while at < end:
        tag = data[at]
        if tag < _MORE:  # a call for each of these would be most of the work
            at += 1
        else:
            tag, at = _varint(data, at, end)
        kind = tag & 7
        if kind == _BYTES:
            if at < end and data[at] < _MORE:
                size = data[at]
                at += 1
            else:
                size, at = _varint(data, at, end)
            if size > end - at:
                raise _cut_off()
            yield tag >> 3, at, at + size
            at += size
        elif kind == _VARINT:
            _, at = _varint(data, at, end)
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:
            raise MalformedError("the body is not a protobuf message of this kind")
    if at > end:
        raise _cut_off()


def count_messages(data: bytes, shape: Shape, most: int) -> int:
    """Count the messages within a message of `shape`; stops when there are more than `most`."""
    count = 0
    waiting = [(0, len(data), shape)]
    while waiting:
        start, end, inner = waiting.pop()
        for number, first, last in messages(data, start, end):
            if number in inner:
                count += 1
                if count > most:
                    return count
                waiting.append((first, last, inner[number]))
    return count


def field(number: int, body: bytes) -> bytes:
    """Write a field with a length; its number is below 16."""
    head = bytearray([number << 3 | _BYTES])
    size = len(body)
    while size >= _MORE:
        head.append(size & 0x7F | _MORE)
        size >>= 7
    head.append(size)
    return bytes(head) + body


def _varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    if at < end and data[at] < _MORE:  # nearly all are of one byte
        return data[at], at + 1
    value = shift = 0
    for place in range(at, min(end, at + _LONGEST_VARINT)):
        byte = data[place]
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value, place + 1
        shift += 7
    raise _cut_off()


def _cut_off() -> MalformedError:
    return MalformedError("the body is not a protobuf message, or is cut off")
