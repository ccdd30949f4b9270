"""Messages in any spelling, made one form: that of the columns `input` and `output`.

The normal form is a JSON list of messages in the order in which they were said, compact, each an
object with these keys, in this order, those left out that the sender did not fill:

    role          "system", "user", "assistant", "tool" or what else the sender calls it
    name          who speaks, or the tool whose result this is
    content       the text; what several text parts say stands on lines of its own
    reasoning     what the model wrote before its answer
    media         [{"type": "image", "mime_type": "image/png", "uri": "https://..."}]
    tool_calls    [{"id": "call_1", "name": "search", "arguments": {"q": "rain"}}]
    tool_call_id  which call a message of the role "tool" answers; its result is `content`
    finish_reason why the model stopped

Arguments that were sent as a JSON text are an object or a list again, so that a search finds the
words in them. A result that was sent inside another message becomes a message of its own. What is
no conversation stays what it is: a text the text, any other JSON compact JSON. The attributes
keep everything as it was sent.

Read are lists of messages, single messages, and the bodies of requests and answers that hold
some, of the OpenTelemetry GenAI conventions, OpenAI (chat and responses), Anthropic, Gemini,
Bedrock, LangChain, Vercel and Prela, and the normal form itself, which stays as it is.
"""

from __future__ import annotations

from typing import Any

import msgspec

from prela_core.conventions.exchanges import messages_of
from prela_core.conventions.message_parts import Message, add_message, is_message
from prela_core.conventions.raw_json import UNREADABLE, readable_text

__all__ = ["conversation_text", "encode_messages"]

_QUOTE = ord('"')
_OPENING = frozenset(b"[{")
_MARKS = ('role"', 'lc"', 'choices"', 'contents"', '_call_output"', 'generations"')
_BYTE_MARKS = tuple(mark.encode() for mark in _MARKS)
"""Without any of these, no JSON holds messages: looked for before the costly look."""

_BEYOND = (*UNREADABLE, OverflowError)
_string = msgspec.json.Decoder(str).decode
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


def conversation_text(json: bytes, *, declared: bool = False) -> str | None:
    """Give messages in the normal form, and anything else as `readable_text` does.

    `declared` says that the place is one for messages only, whose roles may then be any words.
    """
    if json[0] != _QUOTE:
        if json[0] in _OPENING and any(mark in json for mark in _BYTE_MARKS):
            return _normal(json, declared=declared) or readable_text(json)
        return readable_text(json)
    # Plain text is by far the most common, and is done here.
    if json[1] not in _OPENING:
        return readable_text(json)
    text = readable_text(json)
    if text and any(mark in text for mark in _MARKS):
        return _normal(text, declared=declared) or text
    return text


def encode_messages(messages: list[Message]) -> str | None:
    """Write messages of the normal form as they are stored; None for none."""
    return _encode(messages).decode(errors="replace") if messages else None


def _normal(source: bytes | str, *, declared: bool) -> str | None:
    try:
        return encode_messages(_messages(_decode(source), declared=declared))
    except _BEYOND:
        return None


def _messages(value: Any, *, declared: bool) -> list[Message]:
    found: list[Message] = []
    if type(value) is dict:
        listed = [value] if is_message(value, declared=declared) else messages_of(value)
    else:
        listed = value
        if listed and all(type(each) is list for each in listed):
            # LangChain has a list for each of several prompts at once.
            listed = [message for each in listed for message in each]
        if listed and all(type(each) is dict and each.keys() == {"message"} for each in listed):
            # OpenInference's spelling, nested.
            listed = [each["message"] for each in listed]
        if not all(is_message(each, declared=declared) for each in listed):
            return found
    for message in listed:
        add_message(message, found)
    return found
