"""The Responses endpoint of the stand-in of OpenAI's API: an answer as one object or as events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from examples.openai_standin.answers import CREATED, Answer, snapshot_of

__all__ = ["response", "response_events"]


def response(answer: Answer, body: dict[str, Any]) -> dict[str, Any]:
    """Give the whole answer."""
    return _envelope(body) | {
        "status": "completed",
        "output": [_item(answer, "completed")],
        "usage": {
            "input_tokens": answer.input_tokens,
            "input_tokens_details": {"cached_tokens": answer.cached_tokens},
            "output_tokens": answer.output_tokens,
            "output_tokens_details": {"reasoning_tokens": answer.reasoning_tokens},
            "total_tokens": answer.input_tokens + answer.output_tokens,
        },
    }


def response_events(answer: Answer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the answer as the events of a stream, numbered."""
    for number, event in enumerate(_events(answer, body)):
        yield event | {"sequence_number": number}


def _events(answer: Answer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    begun = _envelope(body)
    item = _item(answer, "in_progress")
    at = {"item_id": item["id"], "output_index": 0}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    yield {"type": "response.output_item.added", "output_index": 0, "item": item}
    if answer.tool is None:
        at["content_index"] = 0
        yield at | {"type": "response.content_part.added", "part": _part("")}
        for piece in answer.pieces:
            yield at | {"type": "response.output_text.delta", "delta": piece, "logprobs": []}
        yield at | {"type": "response.output_text.done", "text": answer.text, "logprobs": []}
        yield at | {"type": "response.content_part.done", "part": _part(answer.text)}
    else:
        kind = "response.function_call_arguments"
        for piece in answer.pieces:
            yield at | {"type": f"{kind}.delta", "delta": piece}
        yield at | {"type": f"{kind}.done", "name": answer.tool, "arguments": answer.arguments}
    done = _item(answer, "completed")
    yield {"type": "response.output_item.done", "output_index": 0, "item": done}
    yield {"type": "response.completed", "response": response(answer, body)}


def _envelope(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": CREATED,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": body.get("instructions"),
        "metadata": body.get("metadata") or {},
        "model": snapshot_of(body["model"]),
        "output": [],
        "parallel_tool_calls": True,
        "reasoning": {"effort": None, "summary": None},
        "temperature": body.get("temperature", 1.0),
        "text": {"format": {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": body.get("tools") or [],
        "top_p": body.get("top_p", 1.0),
        "usage": None,
    }


def _item(answer: Answer, status: str) -> dict[str, Any]:
    complete = status == "completed"
    if answer.tool is not None:
        return {
            "id": "fc_1",
            "type": "function_call",
            "status": status,
            "call_id": "call_1",
            "name": answer.tool,
            "arguments": answer.arguments if complete else "",
        }
    return {
        "id": "msg_1",
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": [_part(answer.text)] if complete else [],
    }


def _part(text: str | None) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
