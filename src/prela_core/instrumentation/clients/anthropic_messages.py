"""Anthropic's messages, as requests, answers and streams say them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prela_core.instrumentation.clients.reading import (
    Assembly,
    Attributes,
    arguments_of,
    finish_reason,
    index,
    mapping,
    media_part,
    objects,
    present,
    text,
    text_part,
    under,
)

__all__ = ["Messages"]


class Messages:
    """`POST /v1/messages`."""

    operation = "chat"

    def request(self, body: Mapping[str, Any], /) -> Attributes:
        """Read the messages, the system prompt, the tools and the settings of the model."""
        return present(
            {
                "gen_ai.request.model": body.get("model"),
                "gen_ai.request.max_tokens": body.get("max_tokens"),
                "gen_ai.request.temperature": body.get("temperature"),
                "gen_ai.request.top_p": body.get("top_p"),
                "gen_ai.request.top_k": body.get("top_k"),
                "gen_ai.request.stop_sequences": body.get("stop_sequences"),
                "gen_ai.request.reasoning.level": under(body, "output_config", "effort"),
                "gen_ai.request.stream": True if body.get("stream") else None,
                "gen_ai.user": under(body, "metadata", "user_id"),
                "gen_ai.tool.definitions": body.get("tools"),
                "gen_ai.system_instructions": _parts(body.get("system")),
                "gen_ai.input.messages": [_message(one) for one in objects(body.get("messages"))],
            }
        )

    def response(self, answer: Mapping[str, Any], /) -> Attributes:
        """Read the content and the usage.

        The API counts cached tokens apart; the conventions count them as input as well.
        """
        usage = answer.get("usage")
        read = under(usage, "cache_read_input_tokens")
        written = under(usage, "cache_creation_input_tokens")
        fresh = under(usage, "input_tokens")
        reason = answer.get("stop_reason")
        parts = _parts(answer.get("content"))
        said = {"role": "assistant", "parts": parts} | present(
            {"finish_reason": finish_reason(reason)}
        )
        return present(
            {
                "gen_ai.response.id": answer.get("id"),
                "gen_ai.response.model": answer.get("model"),
                "gen_ai.response.finish_reasons": [reason] if reason else None,
                "gen_ai.output.messages": [said] if parts else None,
                "gen_ai.usage.input_tokens": _sum(fresh, read, written),
                "gen_ai.usage.output_tokens": under(usage, "output_tokens"),
                "gen_ai.usage.cache_read.input_tokens": read,
                "gen_ai.usage.cache_write.input_tokens": written,
                "gen_ai.usage.reasoning.output_tokens": under(
                    usage, "output_tokens_details", "thinking_tokens"
                ),
            }
        )

    def assembly(self) -> Assembly:
        """Give what puts events together."""
        return _Events()


def _sum(*counts: Any) -> int | None:
    numbers = [count for count in counts if isinstance(count, int)]
    return sum(numbers) if numbers else None


def _message(said: Mapping[str, Any]) -> Attributes:
    parts = _parts(said.get("content"))
    # Results of tools come in a message of the user, who did not write them.
    is_results = bool(parts) and all(part["type"] == "tool_call_response" for part in parts)
    return {"role": "tool" if is_results else str(said.get("role") or "user"), "parts": parts}


def _parts(content: Any) -> list[Attributes]:
    if isinstance(content, str):
        return [text_part(content)]
    return [_part(block) for block in objects(content)]


def _part(block: Mapping[str, Any]) -> Attributes:
    match block.get("type"):
        case "text":
            return text_part(block.get("text"))
        case "thinking":
            return {"type": "reasoning", "content": block.get("thinking")}
        case "tool_use" | "server_tool_use" | "mcp_tool_use":
            return {
                "type": "tool_call",
                "id": block.get("id"),
                "name": block.get("name"),
                "arguments": block.get("input"),
            }
        case "image" | "document" as kind:
            return _media(kind, block)
        case kind if str(kind).endswith("tool_result"):
            return {
                "type": "tool_call_response",
                "id": block.get("tool_use_id"),
                "response": _result(block.get("content")),
            }
        case kind:
            return {"type": str(kind)}


def _media(kind: str, block: Mapping[str, Any]) -> Attributes:
    modality = "image" if kind == "image" else "document"
    source = block.get("source")
    mime_type = under(source, "media_type")
    match under(source, "type"):
        case "url":
            return media_part(modality, under(source, "url"), mime_type)
        case "file":
            return {"type": "file", "modality": modality, "file_id": under(source, "file_id")}
        case "text":
            return text_part(under(source, "data"))
    return media_part(modality, f"data:,{text(under(source, 'data'))}", mime_type)


def _result(content: Any) -> Any:
    """Give a tool's result: a text as it is, blocks as parts."""
    return content if isinstance(content, str) or content is None else _parts(content)


class _Events:
    """Puts a streamed message together."""

    def __init__(self) -> None:
        self._message: Attributes = {}
        self._blocks: dict[int, Attributes] = {}
        self._inputs: dict[int, str] = {}

    def add(self, piece: Mapping[str, Any], /) -> bool:
        at = index(piece.get("index"))
        match piece.get("type"):
            case "message_start":
                self._message = dict(mapping(piece.get("message")))
                # Counted before the first word; what counts comes with the end.
                counted = mapping(self._message.get("usage"))
                self._message["usage"] = {
                    key: count for key, count in counted.items() if key != "output_tokens"
                }
            case "message_delta":
                self._message |= present(mapping(piece.get("delta")))
                usage = present(mapping(piece.get("usage")))
                self._message["usage"] = {**mapping(self._message.get("usage")), **usage}
            case "content_block_start":
                self._blocks[at] = dict(mapping(piece.get("content_block")))
            case "content_block_delta":
                self._grow(at, mapping(piece.get("delta")))
                return True
        return False

    def _grow(self, at: int, delta: Mapping[str, Any]) -> None:
        block = self._blocks.setdefault(at, {})
        match delta.get("type"):
            case "text_delta":
                block["text"] = text(block.get("text")) + text(delta.get("text"))
            case "thinking_delta":
                block["thinking"] = text(block.get("thinking")) + text(delta.get("thinking"))
            case "input_json_delta":
                so_far = self._inputs.get(at, "")
                self._inputs[at] = so_far + text(delta.get("partial_json"))

    def answer(self) -> Mapping[str, Any]:
        blocks = []
        for at, block in sorted(self._blocks.items()):
            given = self._inputs.get(at)
            blocks.append(block | {"input": arguments_of(given)} if given else block)
        return {**self._message, "content": blocks}
