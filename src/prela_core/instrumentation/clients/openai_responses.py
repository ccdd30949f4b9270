"""OpenAI's Responses API, as requests, answers and streams say it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prela_core.instrumentation.clients.reading import (
    Assembly,
    Attributes,
    arguments_of,
    finish_reason,
    index,
    media_part,
    objects,
    present,
    text,
    text_part,
    under,
)

__all__ = ["Responses"]


class Responses:
    """`POST /responses`."""

    operation = "chat"

    def request(self, body: Mapping[str, Any], /) -> Attributes:
        """Read the input, the instructions, the tools and the settings of the model."""
        instructions = body.get("instructions")
        conversation = body.get("conversation")
        kind = under(body, "text", "format", "type")
        return present(
            {
                "gen_ai.request.model": body.get("model"),
                "gen_ai.request.max_tokens": body.get("max_output_tokens"),
                "gen_ai.request.temperature": body.get("temperature"),
                "gen_ai.request.top_p": body.get("top_p"),
                "gen_ai.request.reasoning.level": under(body, "reasoning", "effort"),
                "gen_ai.request.stream": True if body.get("stream") else None,
                "gen_ai.output.type": "json" if str(kind).startswith("json") else kind,
                "gen_ai.conversation.id": conversation
                if isinstance(conversation, str)
                else under(conversation, "id"),
                "gen_ai.user": body.get("user"),
                "openai.api.type": "responses",
                "openai.request.service_tier": body.get("service_tier"),
                "gen_ai.tool.definitions": body.get("tools"),
                "gen_ai.system_instructions": [text_part(instructions)] if instructions else None,
                "gen_ai.input.messages": _inputs(body.get("input")),
            }
        )

    def response(self, answer: Mapping[str, Any], /) -> Attributes:
        """Read the output and the usage."""
        usage = answer.get("usage")
        parts = [part for item in objects(answer.get("output")) for part in _item_parts(item)]
        reason = _reason(answer, parts)
        said = {"role": "assistant", "parts": parts} | present({"finish_reason": reason})
        return present(
            {
                "gen_ai.response.id": answer.get("id"),
                "gen_ai.response.model": answer.get("model"),
                "gen_ai.response.finish_reasons": [reason] if reason else None,
                "gen_ai.output.messages": [said] if parts else None,
                "openai.response.service_tier": answer.get("service_tier"),
                "gen_ai.usage.input_tokens": under(usage, "input_tokens"),
                "gen_ai.usage.output_tokens": under(usage, "output_tokens"),
                "gen_ai.usage.cache_read.input_tokens": under(
                    usage, "input_tokens_details", "cached_tokens"
                ),
                "gen_ai.usage.reasoning.output_tokens": under(
                    usage, "output_tokens_details", "reasoning_tokens"
                ),
            }
        )

    def assembly(self) -> Assembly:
        """Give what puts events together."""
        return _Events()


def _reason(answer: Mapping[str, Any], parts: Iterable[Attributes]) -> str | None:
    """Tell why the model stopped, which this API says in other words."""
    match answer.get("status"):
        case "completed":
            called = any(part["type"] == "tool_call" for part in parts)
            return "tool_call" if called else "stop"
        case "incomplete":
            reason = under(answer, "incomplete_details", "reason")
            return "length" if reason == "max_output_tokens" else finish_reason(reason)
        case "failed":
            return "error"
    return None


def _inputs(given: Any) -> list[Attributes]:
    if isinstance(given, str):
        return [{"role": "user", "parts": [text_part(given)]}]
    return [{"role": _role(item), "parts": list(_item_parts(item))} for item in objects(given)]


def _role(item: Mapping[str, Any]) -> str:
    if isinstance(item.get("role"), str):
        return str(item["role"])
    return "tool" if str(item.get("type")).endswith("_output") else "assistant"


def _item_parts(item: Mapping[str, Any]) -> Iterable[Attributes]:
    match item.get("type", "message"):
        case "message":
            content = item.get("content")
            if isinstance(content, str):
                yield text_part(content)
            for block in objects(content):
                yield _block_part(block)
        case "function_call" | "custom_tool_call" as kind:
            yield {
                "type": "tool_call",
                "id": item.get("call_id"),
                "name": item.get("name"),
                "arguments": arguments_of(item.get("arguments"))
                if kind == "function_call"
                else item.get("input"),
            }
        case "function_call_output" | "custom_tool_call_output":
            yield {
                "type": "tool_call_response",
                "id": item.get("call_id"),
                "response": item.get("output"),
            }
        case "reasoning":
            for block in [*objects(item.get("summary")), *objects(item.get("content"))]:
                yield {"type": "reasoning", "content": block.get("text")}
        case kind:
            # A tool that the service runs itself, such as a search: that it ran, and for what.
            yield present({"type": kind, "id": item.get("id"), "status": item.get("status")})


def _block_part(block: Mapping[str, Any]) -> Attributes:
    match block.get("type"):
        case "input_text" | "output_text" | "text":
            return text_part(block.get("text"))
        case "refusal":
            return {"type": "refusal", "content": block.get("refusal")}
        case "input_image":
            if block.get("file_id"):
                return {"type": "file", "modality": "image", "file_id": block["file_id"]}
            return media_part("image", block.get("image_url"))
        case "input_file":
            return {"type": "file"} | present(
                {"file_id": block.get("file_id"), "name": block.get("filename")}
            )
        case kind:
            return {**block, "type": kind}


class _Events:
    """Puts a streamed response together; its last event holds all of it."""

    def __init__(self) -> None:
        self._response: Attributes = {}
        self._items: dict[int, Attributes] = {}
        self._is_whole = False

    def add(self, piece: Mapping[str, Any], /) -> bool:
        kind = str(piece.get("type"))
        if isinstance(piece.get("response"), Mapping):
            self._response = dict(piece["response"])
            self._is_whole = kind in (
                "response.completed",
                "response.failed",
                "response.incomplete",
            )
        at = index(piece.get("output_index"))
        if isinstance(piece.get("item"), Mapping):
            self._items[at] = dict(piece["item"])
        if not isinstance(piece.get("delta"), str):
            return False
        item = self._items.setdefault(at, {})
        match kind:
            case "response.output_text.delta":
                _grow(item, "content", piece, {"type": "output_text"}, "text")
            case "response.refusal.delta":
                _grow(item, "content", piece, {"type": "refusal"}, "refusal")
            case "response.reasoning_summary_text.delta":
                _grow(item, "summary", piece, {"type": "summary_text"}, "text")
            case "response.function_call_arguments.delta":
                item["arguments"] = text(item.get("arguments")) + piece["delta"]
            case "response.custom_tool_call_input.delta":
                item["input"] = text(item.get("input")) + piece["delta"]
        return True

    def answer(self) -> Mapping[str, Any]:
        if self._is_whole:
            return self._response
        items = [item for _, item in sorted(self._items.items())]
        return {**self._response, "output": items}


def _grow(
    item: Attributes, key: str, piece: Mapping[str, Any], empty: Attributes, within: str
) -> None:
    """Append to the last block of `item`, or to a new one where the piece names the next."""
    at = index(piece.get("content_index", piece.get("summary_index")))
    blocks = list(objects(item.get(key)))
    if at >= len(blocks):
        blocks.append(empty)
    last = {**blocks[-1]}
    last[within] = text(last.get(within)) + piece["delta"]
    item[key] = [*blocks[:-1], last]
