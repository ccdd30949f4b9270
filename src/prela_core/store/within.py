"""Input and output that are the text of an attribute: kept as their place among the attributes.

Nearly all are, and with the attributes they are most of what a span takes on disk, so they are not
kept twice. The engine cuts them out of the attributes where they are read: the columns
`input_text` and `output_text` have the text wherever it is kept.
(docs/decisions/0028-texts-within.md)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec

__all__ = ["COLUMN_OF", "WITHIN", "columns_of", "kept", "place_within"]

WITHIN = ("input", "output")
"""The fields that may be kept so. Each has a column for its place, and one for its length."""

COLUMN_OF: Mapping[str, str] = MappingProxyType({name: f"{name}_text" for name in WITHIN})
"""By field the column that has its text; the others are called as their field is."""

_MAX_AT = (1 << 32) - 1
_spelled = msgspec.json.encode


def columns_of(fields: Iterable[str]) -> tuple[str, ...]:
    """Give the columns that `fields` of a span are read from."""
    return tuple(COLUMN_OF.get(name, name) for name in fields)


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
