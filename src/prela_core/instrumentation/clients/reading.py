"""How requests to and answers from a model are read: the port, and what its readers share.

A reader takes plain JSON values and gives attributes as OpenTelemetry's conventions for
generative AI name them, <https://opentelemetry.io/docs/specs/semconv/gen-ai/>, autumn 2026.
What a value should be but isn't is passed over: a service's answer breaks nobody's program.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from prela_core.wire.encode import json_value

__all__ = [
    "Assembly",
    "Attributes",
    "Reading",
    "arguments_of",
    "finish_reason",
    "index",
    "mapping",
    "media_part",
    "objects",
    "plain",
    "present",
    "text",
    "text_part",
    "under",
]

Attributes = dict[str, Any]

_FINISH_REASONS: Mapping[str, str] = {
    "end_turn": "stop",
    "function_call": "tool_call",
    "max_tokens": "length",
    "refusal": "content_filter",
    "stop_sequence": "stop",
    "tool_calls": "tool_call",
    "tool_use": "tool_call",
}
"""A service's word -> that of the conventions' messages, where they differ."""


class Assembly(Protocol):
    """Puts the pieces of a stream together."""

    def add(self, piece: Mapping[str, Any], /) -> bool:
        """Take the next piece; say whether it carries output, as the first of them is timed."""

    def answer(self) -> Mapping[str, Any]:
        """Give what has come so far, in the form of an answer that was not streamed."""


class Reading(Protocol):
    """One kind of call: what its request and its answer say, as attributes."""

    operation: str
    """The word of `gen_ai.operation.name`."""

    def request(self, body: Mapping[str, Any], /) -> Attributes:
        """Read a request's body."""

    def response(self, answer: Mapping[str, Any], /) -> Attributes:
        """Read an answer, whole or assembled."""

    def assembly(self) -> Assembly:
        """Give what puts a streamed answer together."""


def plain(value: Any) -> Any:
    """Give a client's own object as JSON values, without what it does not hold."""
    to_dict = getattr(value, "to_dict", None)
    if callable(to_dict):
        # Its values are checked against no type on the way in, so must not be on the way out.
        value = to_dict(mode="json", warnings=False)
    return json_value(value)


def present(values: Mapping[str, Any]) -> Attributes:
    """Leave out what is None or an empty list."""
    return {key: value for key, value in values.items() if value is not None and value != []}


def under(value: Any, *keys: str) -> Any:
    """Give what lies under `keys`, one within the other; None where one is missing."""
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def objects(value: Any) -> Iterable[Mapping[str, Any]]:
    """Give the objects of a list, passing over all else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def mapping(value: Any) -> Mapping[str, Any]:
    """Give an object; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str:
    """Give a text; an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def index(value: Any) -> int:
    """Give a place in a list; the first in place of anything else."""
    return value if isinstance(value, int) and value >= 0 else 0


def text_part(said: Any) -> Attributes:
    """Make the part of a message that is text."""
    return {"type": "text", "content": said}


def media_part(modality: str, url: Any, mime_type: str | None = None) -> Attributes:
    """Make the part of a message that is an image or a sound: where it is, never its bytes.

    Of bytes in the request itself only their kind is kept, and how many characters they took.
    """
    if isinstance(url, str) and not url.startswith("data:"):
        return present({"type": "uri", "modality": modality, "mime_type": mime_type, "uri": url})
    head, _, data = str(url or "").partition(",")
    kind = mime_type or head.removeprefix("data:").partition(";")[0] or None
    return present({"type": "blob", "modality": modality, "mime_type": kind, "length": len(data)})


def arguments_of(given: Any) -> Any:
    """Read a tool's arguments from JSON; a text that is none, or not all of one, stays itself."""
    if not isinstance(given, str):
        return given
    try:
        return json_value(json.loads(given))
    except (ValueError, RecursionError):
        return given


def finish_reason(word: Any) -> Any:
    """Give the conventions' word for why a model stopped."""
    return _FINISH_REASONS.get(word, word) if isinstance(word, str) else None
