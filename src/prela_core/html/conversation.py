"""What went into a step and came out of it: messages as a conversation, anything else as text."""

from __future__ import annotations

import json
from typing import Any

from prela_core.html.markup import Markup, tag
from prela_core.html.texts import Allowance, block, readable
from prela_core.text.plain import clean

__all__ = ["content_html"]

_ROLES = frozenset({"system", "developer", "user", "assistant", "tool"})


def content_html(text: str, allowance: Allowance) -> Markup:
    """Set an input or output; messages in the normal form of `prela_core.conventions.messages`."""
    messages = _messages(text)
    if messages is None:
        return block(readable(text), allowance)
    return tag(
        "div",
        Markup("").join(_message(each, allowance) for each in messages),
        class_="conversation",
    )


def _messages(text: str) -> list[dict[str, Any]] | None:
    if not text.startswith("[{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if all(isinstance(each, dict) and "role" in each for each in value) else None


def _message(message: dict[str, Any], allowance: Allowance) -> Markup:
    role = str(message["role"])
    head = tag("span", clean(role), class_="role")
    name = message.get("name")
    if name:
        head += tag("span", f" {clean(str(name))}", class_="dim")
    parts = []
    if message.get("reasoning"):
        thought = block(_text(message["reasoning"]), allowance)
        parts.append(tag("details", tag("summary", "reasoning") + thought, class_="more"))
    if message.get("content"):
        parts.append(block(readable(_text(message["content"])), allowance))
    for call in _listed(message.get("tool_calls")):
        name = clean(str(call.get("name") or "a tool"))
        given = block(readable(_text(call.get("arguments", ""))), allowance)
        parts.append(tag("div", tag("b", f"calls {name}") + given, class_="call"))
    for medium in _listed(message.get("media")):
        kind = clean(_text(medium.get("mime_type") or medium.get("type") or "attachment"))
        place = clean(_text(medium.get("uri") or ""))[:200]
        parts.append(tag("p", f"{kind} {place}", class_="dim"))
    if message.get("finish_reason"):
        parts.append(tag("p", f"stopped: {clean(_text(message['finish_reason']))}", class_="dim"))
    known = role if role in _ROLES else "other"
    return tag("div", head + Markup("").join(parts), class_=f"turn {known}")


def _listed(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
