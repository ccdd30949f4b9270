"""One message of any vendor's shape, taken apart and put together in the normal form."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
import msgspec

__all__ = ["KNOWN_ROLES", "Message", "add_message", "is_message", "text_in"]

Message = dict[str, Any]

KNOWN_ROLES: frozenset[str] = frozenset({"system", "developer", "user", "assistant", "tool"})
_ROLES: Mapping[str, str] = MappingProxyType(
    {"human": "user", "ai": "assistant", "model": "assistant", "function": "tool"}
)
_LANGCHAIN: Mapping[str, str] = MappingProxyType(
    {
        "SystemMessage": "system",
        "HumanMessage": "user",
        "AIMessage": "assistant",
        "AIMessageChunk": "assistant",
        "ToolMessage": "tool",
        "FunctionMessage": "tool",
    }
)
"""What LangChain calls its classes of messages."""

_TEXT = frozenset({"text", "input_text", "output_text", "summary_text", "refusal"})
_REASONING = frozenset({"reasoning", "thinking", "redacted_thinking"})
_CALL = frozenset({"tool_call", "tool-call", "tool_use", "toolUse", "function_call", "functionCall",
                   "server_tool_call", "server_tool_use"})  # fmt: skip
_RESULT = frozenset({"tool_call_response", "tool-result", "tool_result", "toolResult",
                     "function_call_output", "function_response", "functionResponse",
                     "server_tool_call_response"})  # fmt: skip
_MEDIA: Mapping[str, str] = MappingProxyType(
    {
        "image": "image",
        "image_url": "image",
        "input_image": "image",
        "audio": "audio",
        "input_audio": "audio",
        "video": "video",
        "file": "file",
        "input_file": "file",
        "document": "file",
        "blob": "file",
        "uri": "file",
        "inlineData": "file",
        "inline_data": "file",
        "fileData": "file",
        "file_data": "file",
    }
)
_WITHOUT_TYPE = ("text", *_CALL, *_RESULT, *_MEDIA)
"""Gemini and Bedrock say what a part is by the one key it has."""

_IDS = ("id", "call_id", "tool_call_id", "toolCallId", "tool_use_id", "toolUseId")
_NAMES = ("name", "toolName", "tool_name")
_ARGUMENTS = ("arguments", "input", "args", "server_tool_call")
_RESULTS = ("response", "result", "content", "output", "server_tool_call_response")
_TEXTS = ("text", "content", "thinking", "reasoning", "refusal", "summary", "data")
_PLACES = ("uri", "url", "file_uri", "fileUri", "file_id", "fileId", "data", "image_url", "image",
           "file_data", "source", "bytes", "input_audio", "audio", "file", "content")  # fmt: skip
_MIME_TYPES = ("mime_type", "mimeType", "media_type", "mediaType", "format")
_PAYLOAD = ("content", "parts", "contents", "tool_calls", "function_call", "tool_call_id")
_STOPS = ("finish_reason", "stop_reason", "finishReason", "stopReason")

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def is_message(value: Any, *, declared: bool) -> bool:
    """Say whether `value` is one message. Where they are not `declared`, its role must be known."""
    if type(value) is not dict:
        return False
    role = value.get("role")
    if type(role) is str:
        if not any(key in value for key in _PAYLOAD):
            return declared
        return declared or role.lower() in KNOWN_ROLES or role.lower() in _ROLES
    return _is_message_by_type(value, value.get("type"))


def _is_message_by_type(value: Message, kind: Any) -> bool:
    if type(kind) is not str:
        return False
    if kind == "constructor":
        return type(value.get("kwargs")) is dict and _langchain_role(value) is not None
    if kind in _ROLES or kind in KNOWN_ROLES:  # LangChain's own JSON of a message
        return "content" in value
    return kind in {"function_call", "function_call_output", "reasoning"} and (
        "call_id" in value or "summary" in value
    )


def add_message(message: Message, into: list[Message], role: str = "") -> None:
    """Append `message` in the normal form; results in it become messages of their own before it.

    `role` stands in where it has none.
    """
    said = message.get("role")
    if len(message) == 2 and type(said) is str:  # noqa: PLR2004 - role and content
        content = message.get("content", message.get("parts"))
        if type(content) is list:
            content = _plain(content)
        if type(content) is str and (said in KNOWN_ROLES or said.lower() not in _ROLES):
            # By far the most common, and so done without the rest.
            into.append({"role": said, "content": content})
            return
    kind = message.get("type")
    if type(kind) is not str:
        kind = ""
    if kind == "constructor" and type(inner := message.get("kwargs")) is dict:
        role = _langchain_role(message) or role
        message = inner
        said = message.get("role")
    parts = _Parts()
    if type(said) is not str:
        said = str(kind) if kind in _ROLES or kind in KNOWN_ROLES else role
        if kind in _CALL or kind in _REASONING or kind in _RESULT:
            said = "assistant"
            parts.add(message)
            message = {}
    said = _ROLES.get(said.lower(), said)
    _gather(message, parts)
    into += parts.results
    if parts.results and parts.is_empty:
        return
    into.append(_put_together(said, message, parts))


def text_in(value: Any) -> str:
    """Give the text of a content of any shape, media and calls left out."""
    parts = _Parts()
    parts.add_all(value)
    return "\n".join(parts.texts)


@attrs.define
class _Parts:
    texts: list[str] = attrs.field(factory=list)
    reasoning: list[str] = attrs.field(factory=list)
    media: list[Message] = attrs.field(factory=list)
    calls: list[Message] = attrs.field(factory=list)
    results: list[Message] = attrs.field(factory=list)

    @property
    def is_empty(self) -> bool:
        return not (any(self.texts) or self.reasoning or self.media or self.calls)

    def add_all(self, value: Any) -> None:
        for part in value if type(value) is list else [value]:
            self.add(part)

    def add(self, part: Any) -> None:
        if type(part) is str:
            self.texts.append(part)
        elif type(part) is dict:
            self._add_object(part)
        elif part is not None:
            self.texts.append(_as_text(part))

    def _add_object(self, part: Message) -> None:
        kind = part.get("type")
        if type(kind) is not str:
            kind = next((key for key in _WITHOUT_TYPE if key in part), "")
            inner = part.get(kind)
            if type(inner) is dict:
                part = inner
        if kind in _TEXT and (text := _first(part, _TEXTS)) is not None:
            self.texts.append(text if type(text) is str else text_in(text))
        elif kind in _REASONING:
            thought = _first(part, _TEXTS)
            if kind != "redacted_thinking" and (said := text_in(thought)):
                self.reasoning.append(said)
        elif kind in _CALL:
            self.calls.append(_call(part))
        elif kind in _RESULT:
            self.results.append(_result(part))
        elif kind in _MEDIA:
            self.media.append(_medium(_MEDIA[kind], part))
        else:
            self.texts.append(_as_text(part))


def _plain(parts: list[Any]) -> str | None:
    """Give the text of parts that are texts and nothing else."""
    texts = []
    for part in parts:
        if type(part) is not dict or part.get("type") != "text" or len(part) != 2:  # noqa: PLR2004
            return None
        text = part.get("text", part.get("content"))
        if type(text) is not str:
            return None
        texts.append(text)
    return "\n".join(texts) if texts else None


def _langchain_role(message: Message) -> str | None:
    path = message.get("id")
    name = path[-1] if type(path) is list and path else None
    return _LANGCHAIN.get(name) if type(name) is str else None


def _gather(message: Message, parts: _Parts) -> None:
    for key in ("content", "parts", "contents"):
        if (content := message.get(key)) is not None:
            if key == "content" and message.get("tool_call_id") and type(content) is not str:
                content = _result_text(content)
            parts.add_all(content)
    for key in ("reasoning", "reasoning_content"):
        if type(thought := message.get(key)) is str and thought:
            parts.reasoning.append(thought)
    for medium in _listed(message.get("media")):
        if type(medium) is dict:
            parts.media.append(_medium(str(medium.get("type") or "file"), medium))
    more = message.get("additional_kwargs")
    calls = _listed(message.get("tool_calls"))
    if not calls and type(more) is dict:
        calls = _listed(more.get("tool_calls"))
    parts.calls += [_call(each) for each in calls if type(each) is dict]
    if type(legacy := message.get("function_call")) is dict:
        parts.calls.append(_call(legacy))


def _put_together(role: str, message: Message, parts: _Parts) -> Message:
    whole: Message = {"role": role} if role else {}
    if type(name := message.get("name")) is str and name:
        whole["name"] = name
    content = "\n".join(parts.texts)
    if content or (parts.texts and parts.is_empty):
        whole["content"] = content
    if parts.reasoning:
        whole["reasoning"] = "\n".join(parts.reasoning)
    if parts.media:
        whole["media"] = parts.media
    if parts.calls:
        whole["tool_calls"] = parts.calls
    if type(call_id := message.get("tool_call_id")) is str and call_id:
        whole["tool_call_id"] = call_id
    if type(stop := _first(message, _STOPS)) is str and stop:
        whole["finish_reason"] = stop
    return whole


def _call(part: Message) -> Message:
    inner = part.get("function")
    source = {**part, **inner} if type(inner) is dict else part
    call: Message = {}
    if (call_id := _first(part, _IDS)) is not None:
        call["id"] = call_id
    if (name := _first(source, _NAMES)) is not None:
        call["name"] = name
    if (arguments := _first(source, _ARGUMENTS)) is not None:
        call["arguments"] = _from_text(arguments)
    return call


def _result(part: Message) -> Message:
    result: Message = {"role": "tool"}
    if type(name := _first(part, _NAMES)) is str and name:
        result["name"] = name
    result["content"] = _result_text(_first(part, _RESULTS))
    if type(call_id := _first(part, _IDS)) is str and call_id:
        result["tool_call_id"] = call_id
    return result


def _result_text(value: Any) -> str:
    if type(value) is dict and value.keys() == {"type", "value"}:  # Vercel's wrapping
        value = value["value"]
    if type(value) is list and all(type(each) is dict and "text" in each for each in value):
        return text_in(value)
    if value is None:
        return ""
    return value if type(value) is str else _as_text(value)


def _medium(kind: str, part: Message) -> Message:
    medium: Message = {"type": kind}
    mime_type = _deep(part, _MIME_TYPES)
    if type(modality := part.get("modality")) is str:
        medium["type"] = modality
    elif kind == "file" and mime_type and mime_type.partition("/")[0] in _MEDIA:
        medium["type"] = mime_type.partition("/")[0]
    if mime_type:
        medium["mime_type"] = mime_type
    if uri := _deep(part, _PLACES):
        medium["uri"] = uri
    return medium


def _deep(value: Any, keys: tuple[str, ...], depth: int = 4) -> str:
    """Give the first text under one of `keys`, at any of a few levels."""
    if type(value) is dict and depth:
        for key in keys:
            if type(found := value.get(key)) is str and found:
                return found
        for inner in value.values():
            if found := _deep(inner, keys, depth - 1):
                return found
    return ""


def _first(source: Message, keys: tuple[str, ...]) -> Any:
    return next((source[key] for key in keys if source.get(key) is not None), None)


def _listed(value: Any) -> list[Any]:
    value = _from_text(value)
    return value if type(value) is list else []


def _from_text(value: Any) -> Any:
    """Decode a text that holds an object or a list; anything else is given back."""
    if type(value) is str and value[:1] in {"{", "["}:
        try:
            return _decode(value)
        except (ValueError, RecursionError):
            return value
    return value


def _as_text(value: Any) -> str:
    return _encode(value).decode(errors="replace")
