"""Messages and documents that were flattened into `prefix.N.rest` attributes.

OpenInference writes `llm.input_messages.0.message.role`, OpenLLMetry `gen_ai.prompt.0.role`,
since an OpenTelemetry attribute could not be nested for long. They become a list again, in the
order of N: messages in the normal form of `messages.py`, documents as objects keyed by what
follows N.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw

from prela_core.conventions.message_parts import Message, add_message
from prela_core.conventions.messages import encode_messages
from prela_core.conventions.raw_json import UNREADABLE
from prela_core.model import SpanRecord

__all__ = ["found_by_number", "indexed", "indexed_messages"]

_MAX_DIGITS = 9
_WRAPPERS = ("message.", "document.", "annotation.", "evaluation.")
"""What OpenInference repeats in every key of one of them."""
_INNER_WRAPPERS = frozenset({"tool_call", "message_content"})
"""Likewise, of one call or one part of a message."""
_FLAT_CALL = (
    ("function_call_name", "name"),
    ("function_call_arguments_json", "arguments"),
)
_MAX_DEPTH = 8

_any = msgspec.json.Decoder().decode


def indexed(prefix: str, attributes: dict[str, Raw], _record: SpanRecord) -> str | None:
    """Collect the attributes under `prefix`, which ends with a dot, into a compact JSON list."""
    found = found_by_number(prefix, attributes)
    if not found:
        return None
    return msgspec.json.encode([found[number] for number in sorted(found)]).decode(errors="replace")


def indexed_messages(prefix: str, attributes: dict[str, Raw], _record: SpanRecord) -> str | None:
    """Collect the messages under `prefix` in the normal form."""
    found = found_by_number(prefix, attributes)
    messages: list[Message] = []
    for number in sorted(found):
        try:
            add_message(_nested(found[number]), messages)
        except UNREADABLE:
            continue
    return encode_messages(messages)


def found_by_number(prefix: str, attributes: dict[str, Raw]) -> dict[int, dict[str, Raw]]:
    """Collect the attributes under `prefix` by their numbers, each keyed by what follows it."""
    found: dict[int, dict[str, Raw]] = {}
    for key, raw in attributes.items():
        if not key.startswith(prefix):
            continue
        number, dot, rest = key[len(prefix) :].partition(".")
        if not (dot and rest and _is_number(number)):
            continue
        for wrapper in _WRAPPERS:
            if rest.startswith(wrapper) and rest != wrapper:
                rest = rest[len(wrapper) :]
                break
        found.setdefault(int(number), {})[rest] = raw
    return found


def _is_number(text: str) -> bool:
    return len(text) <= _MAX_DIGITS and text.isascii() and text.isdigit()


def _nested(flat: dict[str, Raw]) -> Message:
    """Undo the flattening of one message: `tool_calls.0.tool_call.id` is a list's object's id."""
    message: Message = {}
    for key, raw in flat.items():
        value = _any(raw)
        if value is None:
            continue
        if "." not in key:
            message[key] = value
            continue
        steps = [step for step in key.split(".", _MAX_DEPTH) if step not in _INNER_WRAPPERS]
        place = message
        for step in steps[:-1]:
            inner = place.setdefault(step, {})
            if type(inner) is not dict:
                inner = place[step] = {}
            place = inner
        place[steps[-1]] = value
    for key in ("tool_calls", "contents"):
        if type(parts := message.get(key)) is dict:
            numbers = sorted((each for each in parts if _is_number(each)), key=int)
            message[key] = [parts[number] for number in numbers]
    call = {name: message[key] for key, name in _FLAT_CALL if key in message}
    if call:
        message["function_call"] = call
    return message
