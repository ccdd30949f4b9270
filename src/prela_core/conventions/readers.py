"""How one attribute's JSON becomes a column's value: the functions that `Rule.read` names.

Each takes the key, all attributes and the span. It answers None when the attribute holds
nothing the column could use (the next spelling is tried then), `BAD` when it holds a number
that must not be believed (the column stays empty), and it never raises, whatever the JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from msgspec import Raw

from prela_core.conventions.details import within
from prela_core.conventions.indexed import indexed, indexed_messages
from prela_core.conventions.message_events import input_events, output_events
from prela_core.conventions.messages import conversation_text
from prela_core.conventions.raw_json import UNREADABLE, readable_text
from prela_core.conventions.scores import indexed_scores, score_events
from prela_core.conventions.spellings import KNOWN_VENDORS
from prela_core.model import SpanRecord

__all__ = [
    "BAD",
    "MAX_COST_USD",
    "MAX_TOKENS",
    "MAX_TTFT_MS",
    "PLAIN",
    "READERS",
    "USUAL_READER",
    "Attributes",
    "Decode",
    "Reader",
]

Attributes = dict[str, Raw]
Reader = Callable[[str, Attributes, SpanRecord], Any]
Decode = Callable[[Raw], Any]

BAD: Final = object()

MAX_TOKENS = 10**12
"""More is absurd: a million of the largest context windows. Sums of it still fit 64 bits."""
MAX_COST_USD = 1e9
MAX_TTFT_MS = 1e12
"""A longer wait than thirty years is a mistake."""

_SCOPE = "otel.scope.name"
_MAX_VENDOR = 40

_any = msgspec.json.Decoder().decode
_string = msgspec.json.Decoder(str).decode


def text(key: str, attributes: Attributes, _record: SpanRecord) -> str | None:
    """Read a name or an id: a string as it is, a number or boolean as its JSON text."""
    raw = attributes[key]
    try:
        return _string(raw) or None
    except UNREADABLE:
        json = bytes(raw)
        # A name is one value: a list, an object, null or a broken string is none.
        return None if json[:1] in b'[{n"' else json.decode(errors="replace")


def vendor_only(key: str, attributes: Attributes, record: SpanRecord) -> str | None:
    """Read a vendor's name where some emitters put a system prompt instead.

    A known vendor is one. So is any short word from an OpenInference instrumentor, which the
    scope of the span tells: a vendor too new for the list.
    """
    value = text(key, attributes, record)
    if value is None or value.strip().lower() in KNOWN_VENDORS:
        return value
    if _SCOPE in attributes and len(value) <= _MAX_VENDOR and len(value.split()) == 1:
        scope = text(_SCOPE, attributes, record)
        if scope is not None and "openinference" in scope.lower():
            return value
    return None


def readable(key: str, attributes: Attributes, _record: SpanRecord) -> str | None:
    """Read what went in or came out: a string as it is, anything else as compact JSON."""
    return readable_text(bytes(attributes[key]))


def conversation(key: str, attributes: Attributes, _record: SpanRecord) -> str | None:
    """Read what may be messages, and else is read as `readable`."""
    return conversation_text(bytes(attributes[key]))


def messages(key: str, attributes: Attributes, _record: SpanRecord) -> str | None:
    """Read what should be messages."""
    return conversation_text(bytes(attributes[key]), declared=True)


def _number(raw: Raw) -> Any:
    """Decode a number, also one in a string; None when absent, BAD when it is none."""
    try:
        value = _any(raw)
        if type(value) is str:
            if not value.strip():
                return None
            value = _any(value)
    except UNREADABLE:
        return BAD
    if value is None or type(value) in (int, float):
        return value
    return BAD


def count(key: str, attributes: Attributes, _record: SpanRecord) -> Any:
    """Read a count of tokens: a whole number from 0 to `MAX_TOKENS`."""
    value = _number(attributes[key])
    if value is None or value is BAD:
        return value
    if not 0 <= value <= MAX_TOKENS or value != int(value):
        return BAD
    return int(value)


def dollars(key: str, attributes: Attributes, _record: SpanRecord) -> Any:
    """Read an amount of US dollars, from 0 to `MAX_COST_USD`."""
    value = _number(attributes[key])
    if value is None or value is BAD:
        return value
    return abs(float(value)) if 0 <= value <= MAX_COST_USD else BAD


def milliseconds(key: str, attributes: Attributes, _record: SpanRecord) -> float | None:
    """Read a duration in milliseconds; one that can't be is passed over."""
    value = _number(attributes[key])
    if value is None or value is BAD or not 0 <= value <= MAX_TTFT_MS:
        return None
    return abs(float(value))


def seconds_to_ms(key: str, attributes: Attributes, record: SpanRecord) -> float | None:
    """Read a duration in seconds as milliseconds, to the nanosecond."""
    seconds = milliseconds(key, attributes, record)
    return None if seconds is None else round(seconds * 1000, 6)


def _entity_of(kind: str) -> Reader:
    def entity(key: str, attributes: Attributes, record: SpanRecord) -> str | None:
        if "traceloop.span.kind" not in attributes:
            return None
        said = text("traceloop.span.kind", attributes, record)
        if said is None or said.strip().lower() != kind:
            return None
        return text(key, attributes, record)

    return entity


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        "text": text,
        "vendor_only": vendor_only,
        "readable": readable,
        "conversation": conversation,
        "messages": messages,
        "count": count,
        "dollars": dollars,
        "milliseconds": milliseconds,
        "seconds_to_ms": seconds_to_ms,
        "entity_of_agent": _entity_of("agent"),
        "entity_of_tool": _entity_of("tool"),
        "indexed": indexed,
        "indexed_messages": indexed_messages,
        "input_events": input_events,
        "output_events": output_events,
        "model_inside": within(text, "model"),
        # Langfuse's own names, then those in OpenAI's answers, which are passed on as they are.
        "input_apart_inside": within(count, "input"),
        "input_inside": within(count, "prompt_tokens", "input_tokens"),
        "output_inside": within(count, "output", "completion_tokens", "output_tokens"),
        "cache_read_inside": within(
            count,
            "input_cached_tokens",
            "input_cache_read",
            "cache_read_input_tokens",
            "prompt_tokens_details.cached_tokens",
            "input_tokens_details.cached_tokens",
        ),
        "cache_write_inside": within(
            count,
            "input_cache_creation",
            "cache_creation_input_tokens",
            "prompt_tokens_details.cache_write_tokens",
            "input_tokens_details.cache_write_tokens",
        ),
        "reasoning_inside": within(
            count,
            "output_reasoning_tokens",
            "output_reasoning",
            "completion_tokens_details.reasoning_tokens",
            "output_tokens_details.reasoning_tokens",
        ),
        "total_inside": within(dollars, "total"),
        "score_events": score_events,
        "indexed_scores": indexed_scores,
    }
)

PLAIN: Mapping[str, Decode] = MappingProxyType(
    {
        "text": msgspec.json.Decoder(Annotated[str, msgspec.Meta(min_length=1)]).decode,
        "count": msgspec.json.Decoder(Annotated[int, msgspec.Meta(ge=0, le=MAX_TOKENS)]).decode,
    }
)
"""For some readers, a decoder that takes what nearly all senders write, without a Python frame.

What it refuses is left to the reader; what it takes, the reader would read the same.
"""

USUAL_READER: Mapping[str, str] = MappingProxyType(
    {
        "input_tokens": "count",
        "output_tokens": "count",
        "cache_read_tokens": "count",
        "cache_write_tokens": "count",
        "reasoning_tokens": "count",
        "cost_usd": "dollars",
        "input": "conversation",
        "output": "conversation",
        "ttft_ms": "milliseconds",
    }
)
"""The reader of a column whose rule names none; `text` for those not listed."""
