"""Messages that were sent as events of the span, as the GenAI conventions once had it.

An event a message: `gen_ai.user.message` and its kin went in, `gen_ai.choice` came out. Before
those, `gen_ai.content.prompt` and `gen_ai.content.completion` held the text in an attribute;
after them, `gen_ai.client.inference.operation.details` holds all messages in attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import msgspec
from msgspec import Raw

from prela_core.conventions.raw_json import UNREADABLE, readable_text
from prela_core.model import SpanRecord

__all__ = ["input_events", "output_events"]

_INPUT_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.system.message": "system",
        "gen_ai.user.message": "user",
        "gen_ai.assistant.message": "assistant",
        "gen_ai.tool.message": "tool",
    }
)
_OUTPUT_ROLES: Mapping[str, str] = MappingProxyType({"gen_ai.choice": "assistant"})

_INPUT_HOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.client.inference.operation.details": "gen_ai.input.messages",
        "gen_ai.content.prompt": "gen_ai.prompt",
    }
)
_OUTPUT_HOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.client.inference.operation.details": "gen_ai.output.messages",
        "gen_ai.content.completion": "gen_ai.completion",
    }
)


class _Event(msgspec.Struct, gc=False):
    name: Raw = Raw(b'""')
    attributes: Raw = Raw(b"{}")


_events = msgspec.json.Decoder(list[Raw]).decode
_event = msgspec.json.Decoder(_Event).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_string = msgspec.json.Decoder(str).decode


def input_events(_name: str, _attributes: dict[str, Raw], record: SpanRecord) -> str | None:
    """Collect the messages that went in: a JSON list, or what one event held as a whole."""
    if b"gen_ai." not in record.events:
        return None
    return _collect(record.events, _INPUT_ROLES, _INPUT_HOLDERS)


def output_events(_name: str, _attributes: dict[str, Raw], record: SpanRecord) -> str | None:
    """Collect the choices that came out, likewise."""
    if b"gen_ai." not in record.events:
        return None
    return _collect(record.events, _OUTPUT_ROLES, _OUTPUT_HOLDERS)


def _collect(events: bytes, roles: Mapping[str, str], holders: Mapping[str, str]) -> str | None:
    try:
        listed = _events(events)
    except UNREADABLE:
        return None
    messages: list[dict[str, Raw]] = []
    held: Raw | None = None
    for each in listed:
        try:
            event = _event(each)
            name = _string(event.name)
            if name not in roles and name not in holders:
                continue
            attributes = _object(event.attributes)
        except UNREADABLE:
            continue
        if name in roles:
            attributes.setdefault("role", Raw(msgspec.json.encode(roles[name])))
            messages.append(attributes)
        elif held is None:
            held = attributes.get(holders[name])
    if messages:
        return msgspec.json.encode(messages).decode(errors="replace")
    return None if held is None else readable_text(bytes(held))
