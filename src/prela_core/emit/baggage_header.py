"""The header `baggage`: text to attributes of a block and back.

As W3C Baggage has it (https://www.w3.org/TR/baggage/). `session.id`, `user.id` and
`environment` go under their own names, any other attribute `x` as `prela.x`, and what is no text
as its JSON. Members of other parties are not read, and go on as they came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from prela_core.emit.block_context import ENVIRONMENT, SESSION, TAGS, USER
from prela_core.emit.place import Said
from prela_core.wire.encode import json_value

__all__ = ["MAX_BYTES", "MAX_MEMBERS", "read_baggage", "write_baggage"]

MAX_MEMBERS = 64
MAX_BYTES = 8192
"""What everyone must be able to carry, by the specification; we carry no more."""

_PREFIX = "prela."
_PLAIN = frozenset({SESSION, USER, ENVIRONMENT})
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_KEPT = "!#$&'()*+/:<=>?@[]^_`{|}~-."
"""Characters of a value beside letters and digits that need no percent sign."""


def read_baggage(header: str) -> Said | None:
    """Give what the header says; None where that is nothing.

    A member that breaks the rules is passed over; so is what lies beyond the limits.
    """
    attributes: dict[str, Any] = {}
    foreign: list[str] = []
    for member in _within_limits(part.strip(" \t") for part in header.split(",")):
        key, equals, rest = (part.strip(" \t") for part in member.partition("="))
        value = rest.partition(";")[0].rstrip(" \t")
        if not equals or not _TOKEN.fullmatch(key) or not _VALUE.fullmatch(value):
            continue
        if not _is_printable_ascii(rest):
            continue
        if key in _PLAIN:
            attributes[key] = unquote(value, errors="replace")
        elif key == TAGS:
            tags = _tags(unquote(value, errors="replace"))
            if tags:
                attributes[TAGS] = tags
        elif key.startswith(_PREFIX) and key != _PREFIX:
            name = unquote(key.removeprefix(_PREFIX), errors="replace")
            attributes[name] = unquote(value, errors="replace")
        else:
            foreign.append(member)
    return Said(attributes, tuple(foreign)) if attributes or foreign else None


def write_baggage(said: Said) -> str:
    """Give the header; "" for nothing. Of what finds no room, foreign members go first."""
    ours = (
        _member(key, value) for key, value in said.attributes.items() if key and value is not None
    )
    return ",".join(_within_limits([*ours, *said.foreign]))


def _member(key: str, value: Any) -> str:
    name = key if key in _PLAIN or key == TAGS else _PREFIX + key
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    # A percent sign is a character of tokens, so any key can be written.
    return f"{quote(name, safe='')}={quote(text, safe=_KEPT)}"


def _within_limits(members: Iterable[str]) -> list[str]:
    taken: list[str] = []
    room = MAX_BYTES + 1
    for member in members:
        room -= len(member) + 1
        if room < 0 or len(taken) == MAX_MEMBERS:
            break
        if member:
            taken.append(member)
    return taken


def _tags(text: str) -> list[str]:
    try:
        tags = msgspec.json.decode(text, type=list[str])
    except (msgspec.DecodeError, UnicodeError):
        return []
    return [str(json_value(tag)) for tag in tags]


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.replace("\t", " ").isprintable()
