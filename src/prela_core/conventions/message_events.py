"""Messages that were sent as events of the span, as the GenAI conventions once had it.

An event a message: `gen_ai.user.message` and its kin went in, `gen_ai.choice` came out. Before
those, `gen_ai.content.prompt` and `gen_ai.content.completion` held the text in an attribute;
after them, `gen_ai.client.inference.operation.details` holds all messages in attributes. Some
put the whole body of an event as one JSON text into `gen_ai.event.content`. Prela's SDK up to 0.1
has `llm.request` with all messages, then `llm.response` with the text and `llm.tool_calls`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Raw

from prela_core.conventions.message_parts import Message, add_message
from prela_core.conventions.messages import conversation_text, encode_messages
from prela_core.conventions.raw_json import UNREADABLE
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
_OUTPUT_ROLES: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.choice": "assistant",
        "llm.response": "assistant",
        "llm.tool_calls": "assistant",
    }
)

_INPUT_HOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "gen_ai.client.inference.operation.details": "gen_ai.input.messages",
        "gen_ai.content.prompt": "gen_ai.prompt",
        "llm.request": "messages",
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


_BODY = "gen_ai.event.content"

_events = msgspec.json.Decoder(list[Raw]).decode
_event = msgspec.json.Decoder(_Event).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_any = msgspec.json.Decoder(dict[str, Any]).decode
_string = msgspec.json.Decoder(str).decode


def input_events(_name: str, _attributes: dict[str, Raw], record: SpanRecord) -> str | None:
    """Collect the messages that went in: a JSON list, or what one event held as a whole."""
    if b"gen_ai." not in record.events and b'"llm.request"' not in record.events:
        return None
    return _collect(record.events, _INPUT_ROLES, _INPUT_HOLDERS)


def output_events(_name: str, _attributes: dict[str, Raw], record: SpanRecord) -> str | None:
    """Collect the choices that came out, likewise."""
    if b"gen_ai." not in record.events and b'"llm.' not in record.events:
        return None
    return _collect(record.events, _OUTPUT_ROLES, _OUTPUT_HOLDERS)


def _collect(events: bytes, roles: Mapping[str, str], holders: Mapping[str, str]) -> str | None:
    try:
        listed = _events(events)
    except UNREADABLE:
        return None
    messages: list[Message] = []
    held: Raw | None = None
    for each in listed:
        try:
            event = _event(each)
            name = _string(event.name)
            if name in roles:
                said = _any(event.attributes)
                if any(value is not None for value in said.values()):
                    add_message(_message(said), messages, roles[name])
            elif name in holders and held is None:
                held = _object(event.attributes).get(holders[name])
        except UNREADABLE:
            continue
    if messages:
        return encode_messages(messages)
    return None if held is None else conversation_text(bytes(held))


def _message(attributes: Message) -> Message:
    """Find the message in an event's attributes: themselves, their body, or the choice in it."""
    body = _opened(attributes.get(_BODY)) or attributes
    message = _opened(body.get("message"))
    if message is None:
        return body
    return {"finish_reason": body.get("finish_reason"), **message}


def _opened(value: Any) -> Message | None:
    if type(value) is str and value.startswith("{"):
        try:
            return _any(value)
        except UNREADABLE:
            return None
    return value if type(value) is dict else None
