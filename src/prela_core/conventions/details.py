"""Values inside one attribute that holds an object, or the JSON of one as text.

OpenInference puts a call's arguments into one attribute, Langfuse's SDK its token counts and its
costs. The functions here read a member of such an attribute as if it were an attribute itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.conventions.raw_json import UNREADABLE
from prela_core.model import SpanRecord

__all__ = ["within"]

Reader = Callable[[str, dict[str, Raw], SpanRecord], Any]

_object = msgspec.json.Decoder(dict[str, Raw]).decode
_string = msgspec.json.Decoder(str).decode
_QUOTE = b'"'


def within(read: Reader, *names: str) -> Reader:
    """Make a reader of the first of `names` that holds something `read` can use.

    A name such as `prompt_tokens_details.cached_tokens` leads through one more object.
    """
    paths = [tuple(name.split(".")) for name in names]

    def inside(key: str, attributes: dict[str, Raw], record: SpanRecord) -> Any:
        members = _members(attributes[key])
        for *outer, name in paths:
            held = members
            for each in outer:
                held = _members(held[each]) if each in held else {}
            if name in held:
                value = read(name, held, record)
                if value is not None:
                    return value
        return None

    return inside


def _members(raw: Raw) -> dict[str, Raw]:
    """Give what an object holds, undecoded; nothing when it is none."""
    try:
        return _object(_string(raw) if bytes(raw)[:1] == _QUOTE else raw)
    except UNREADABLE:
        return {}
