"""Input and output that are the text of an attribute: kept as their place among the attributes.

Nearly all are, and with the attributes they are most of what a span takes on disk, so they are not
kept twice. The engine cuts them out of the attributes where they are read: the columns
`input_text` and `output_text` have the text wherever it is kept.
(docs/decisions/0028-texts-within.md)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

__all__ = ["TEXT_BYTES", "WITHIN", "column_of", "columns_of", "kept", "place_within"]

WITHIN = ("input", "output")
"""The fields that may be kept so. Each has a column for its place, and one for its length."""

TEXT_BYTES = (
    "length(attributes) + length(events)"
    " + length(input) + input_length + length(output) + output_length"
)
"""How many bytes nearly all of a span's text takes, as it is read; no text is cut out for it."""

_MAX_AT = (1 << 32) - 1
_spelled = msgspec.json.encode


def column_of(field: str) -> str:
    """Give the column that a field of a span is read from; nearly all are called as it is."""
    return f"{field}_text" if field in WITHIN else field


def columns_of(fields: Iterable[str]) -> tuple[str, ...]:
    """Give the columns that `fields` of a span are read from."""
    return tuple(map(column_of, fields))


def place_within(text: str, attributes: bytes) -> tuple[int, int]:
    """Find `text` as a string of the JSON `attributes`: its first byte, from 1, and its length.

    Both count the quotes. The length is 0 where there is no such string, or `text` is spelled
    otherwise in it. Which string it is, of those that are spelled so, is all one.
    """
    there = _spelled(text)
    at = attributes.find(there)
    return (at + 1, len(there)) if 0 <= at < _MAX_AT - len(there) else (0, 0)


def kept(
    texts: Sequence[str], attributes: Sequence[bytes]
) -> tuple[list[str], list[int], list[int]]:
    """Give what is kept of `texts` apart, and the places and lengths of the others."""
    apart = list(texts)
    places = [0] * len(apart)
    lengths = [0] * len(apart)
    for number, text in enumerate(apart):
        if text:
            at, length = place_within(text, attributes[number])
            if length:
                apart[number], places[number], lengths[number] = "", at, length
    return apart, places, lengths
