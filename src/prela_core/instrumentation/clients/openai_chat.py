"""OpenAI's chat completions, as requests, answers and streams say them."""

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

__all__ = ["ChatCompletions"]


class ChatCompletions:
    """`POST /chat/completions`."""

    operation = "chat"

    def request(self, body: Mapping[str, Any], /) -> Attributes:
        """Read the messages, the tools and the settings of the model."""
        stop = body.get("stop")
        choices = body.get("n")
        kind = under(body, "response_format", "type")
        return present(
            {
                "gen_ai.request.model": body.get("model"),
                "gen_ai.request.max_tokens": body.get("max_completion_tokens")
                or body.get("max_tokens"),
                "gen_ai.request.temperature": body.get("temperature"),
                "gen_ai.request.top_p": body.get("top_p"),
                "gen_ai.request.frequency_penalty": body.get("frequency_penalty"),
                "gen_ai.request.presence_penalty": body.get("presence_penalty"),
                "gen_ai.request.seed": body.get("seed"),
                "gen_ai.request.stop_sequences": [stop] if isinstance(stop, str) else stop,
                "gen_ai.request.choice.count": choices if choices != 1 else None,
                "gen_ai.request.reasoning.level": body.get("reasoning_effort"),
                "gen_ai.request.stream": True if body.get("stream") else None,
                "gen_ai.output.type": "json" if str(kind).startswith("json") else kind,
                "gen_ai.user": body.get("user"),
                "openai.api.type": "chat_completions",
                "openai.request.service_tier": body.get("service_tier"),
                "gen_ai.tool.definitions": body.get("tools") or body.get("functions"),
                "gen_ai.input.messages": [message(one) for one in objects(body.get("messages"))],
            }
        )

    def response(self, answer: Mapping[str, Any], /) -> Attributes:
        """Read the choices and the usage."""
        choices = objects(answer.get("choices"))
        usage = answer.get("usage")
        outputs = [
            message(mapping(one.get("message")), "assistant")
            | present({"finish_reason": finish_reason(one.get("finish_reason"))})
            for one in choices
        ]
        return present(
            {
                "gen_ai.response.id": answer.get("id"),
                "gen_ai.response.model": answer.get("model"),
                "gen_ai.response.finish_reasons": [
                    one["finish_reason"] for one in choices if one.get("finish_reason")
                ],
                "gen_ai.output.messages": outputs,
                "openai.response.service_tier": answer.get("service_tier"),
                "openai.response.system_fingerprint": answer.get("system_fingerprint"),
                "gen_ai.usage.input_tokens": under(usage, "prompt_tokens"),
                "gen_ai.usage.output_tokens": under(usage, "completion_tokens"),
                "gen_ai.usage.cache_read.input_tokens": under(
                    usage, "prompt_tokens_details", "cached_tokens"
                ),
                "gen_ai.usage.reasoning.output_tokens": under(
                    usage, "completion_tokens_details", "reasoning_tokens"
                ),
            }
        )

    def assembly(self) -> Assembly:
        """Give what puts chunks together."""
        return _Chunks()


def message(said: Mapping[str, Any], role: str = "user") -> Attributes:
    """Give a message of the API as one of the conventions."""
    role = str(said.get("role") or role)
    content = said.get("content")
    if role == "tool":
        parts = [
            {"type": "tool_call_response", "id": said.get("tool_call_id"), "response": content}
        ]
    else:
        parts = [
            *_thoughts(said),
            *([text_part(content)] if isinstance(content, str) and content else []),
            *(_part(one) for one in objects(content)),
            *([{"type": "refusal", "content": said["refusal"]}] if said.get("refusal") else []),
            *_tool_calls(said),
        ]
    return {"role": role, "parts": parts} | present({"name": said.get("name")})


def _thoughts(said: Mapping[str, Any]) -> list[Attributes]:
    # Not OpenAI's own, but of many services that speak its API.
    thought = said.get("reasoning_content")
    return [{"type": "reasoning", "content": thought}] if thought else []


def _tool_calls(said: Mapping[str, Any]) -> list[Attributes]:
    calls = list(objects(said.get("tool_calls")))
    if isinstance(said.get("function_call"), Mapping):  # what came before tools
        calls.append({"function": said["function_call"]})
    return [
        {
            "type": "tool_call",
            "id": call.get("id"),
            "name": under(call, "function", "name") or under(call, "custom", "name"),
            "arguments": arguments_of(under(call, "function", "arguments"))
            if "function" in call
            else under(call, "custom", "input"),
        }
        for call in calls
    ]


def _part(block: Mapping[str, Any]) -> Attributes:
    match block.get("type"):
        case "text":
            return text_part(block.get("text"))
        case "image_url":
            return media_part("image", under(block, "image_url", "url"))
        case "input_audio":
            kind = under(block, "input_audio", "format")
            data = text(under(block, "input_audio", "data"))
            return media_part("audio", f"data:,{data}", f"audio/{kind}" if kind else None)
        case "file":
            named = present(
                {
                    "file_id": under(block, "file", "file_id"),
                    "name": under(block, "file", "filename"),
                }
            )
            return {"type": "file", **named}
        case kind:
            return {**block, "type": kind}


class _Chunks:
    """Puts the chunks of a streamed completion together."""

    def __init__(self) -> None:
        self._answer: Attributes = {}
        self._choices: dict[int, Attributes] = {}

    def add(self, piece: Mapping[str, Any], /) -> bool:
        for key in ("id", "model", "service_tier", "system_fingerprint", "usage"):
            if piece.get(key) is not None:
                self._answer[key] = piece[key]
        said = False
        for choice in objects(piece.get("choices")):
            said |= self._take(choice)
        return said

    def _take(self, choice: Mapping[str, Any]) -> bool:
        at = index(choice.get("index"))
        kept = self._choices.setdefault(at, {"message": {"role": "assistant"}, "calls": {}})
        if choice.get("finish_reason"):
            kept["finish_reason"] = choice["finish_reason"]
        delta = choice.get("delta")
        if not isinstance(delta, Mapping):
            return False
        said = False
        for key in ("content", "refusal", "reasoning_content"):
            if isinstance(delta.get(key), str) and delta[key]:
                kept["message"][key] = kept["message"].get(key, "") + delta[key]
                said = True
        for call in objects(delta.get("tool_calls")):
            self._add_call(kept["calls"], call)
            said = True
        return said

    def _add_call(self, calls: dict[int, Attributes], delta: Mapping[str, Any]) -> None:
        call = calls.setdefault(index(delta.get("index")), {})
        if delta.get("id"):
            call["id"] = delta["id"]
        for kind, key in (("function", "arguments"), ("custom", "input")):
            piece = delta.get(kind)
            if isinstance(piece, Mapping):
                into = call.setdefault(kind, {})
                if piece.get("name"):
                    into["name"] = piece["name"]
                into[key] = into.get(key, "") + text(piece.get(key))

    def answer(self) -> Mapping[str, Any]:
        choices = []
        for _, kept in sorted(self._choices.items()):
            calls = [call for _, call in sorted(kept["calls"].items())]
            said = kept["message"] | ({"tool_calls": calls} if calls else {})
            choices.append({"message": said, "finish_reason": kept.get("finish_reason")})
        return {**self._answer, "choices": choices}
