"""Bodies of requests to models and of their answers: where the messages are in them."""

from __future__ import annotations

from typing import Any

from prela_core.conventions.message_parts import Message, is_message, text_in

__all__ = ["messages_of"]

_SETTINGS = frozenset(
    {
        "audio", "betas", "cache_control", "cachedContent", "config", "container", "extra_body",
        "extra_headers", "extra_query", "frequency_penalty", "function_call", "functions",
        "generationConfig", "generation_config", "include", "inferenceConfig", "invocation_params",
        "logit_bias", "logprobs", "max_completion_tokens", "max_output_tokens", "max_tokens",
        "metadata", "modalities", "model", "modelId", "n", "parallel_tool_calls", "prediction",
        "presence_penalty", "previous_response_id", "reasoning", "reasoning_effort",
        "response_format", "safetySettings", "seed", "service_tier", "stop", "stop_sequences",
        "store", "stream", "stream_options", "temperature", "text", "text_format", "thinking",
        "timeout", "toolConfig", "tool_choice", "tool_config", "tools", "top_k", "top_logprobs",
        "top_p", "truncation", "user", "verbosity",
    }
)  # fmt: skip
"""What else a request holds. An object with other keys is a program's own, and left whole."""

_HELD = ("messages", "contents", "input")
_INSTRUCTIONS = ("system", "instructions", "systemInstruction", "system_instruction")


def messages_of(body: Message) -> list[Message]:
    """Give the messages that a request or an answer holds, as they are; none for anything else."""
    return _of_answer(body) or _of_request(body)


def _of_request(body: Message) -> list[Message]:
    held = next((key for key in _HELD if key in body), "")
    if not held or not body.keys() <= _SETTINGS | {held, *_INSTRUCTIONS}:
        return []
    listed = body[held]
    if held == "input":
        if "model" not in body:
            return []
        if type(listed) is str:
            listed = [{"role": "user", "content": listed}]
    if type(listed) is not list or not listed:
        return []
    if all(type(each) is list for each in listed):
        listed = [message for each in listed for message in each]
    if held == "contents":
        listed = [{"role": "user", **each} if type(each) is dict else each for each in listed]
    if not all(is_message(each, declared=False) for each in listed):
        return []
    system = next((body[key] for key in _INSTRUCTIONS if body.get(key)), None)
    if type(system) is dict and "parts" in system:
        system = system["parts"]
    return [{"role": "system", "content": text_in(system)}, *listed] if system else listed


def _of_answer(body: Message) -> list[Message]:
    found: list[Any] = []
    if type(choices := body.get("choices")) is list:
        found = [_of_choice(each) for each in choices]
    elif type(candidates := body.get("candidates")) is list:
        found = [_of_candidate(each) for each in candidates]
    elif type(output := body.get("output")) is list and body.get("object") == "response":
        found = output
    elif type(output) is dict and type(message := output.get("message")) is dict:
        found = [message]
    elif type(batches := body.get("generations")) is list:
        found = [_of_generation(each) for batch in batches if type(batch) is list for each in batch]
    return found if all(is_message(each, declared=True) for each in found) else []


def _of_choice(choice: Any) -> Any:
    if type(choice) is not dict:
        return None
    message = choice.get("message") or choice.get("delta")
    if type(message) is not dict:
        message = {"content": choice.get("text")}
    return {"role": "assistant", "finish_reason": choice.get("finish_reason"), **message}


def _of_candidate(candidate: Any) -> Any:
    if type(candidate) is not dict or type(content := candidate.get("content")) is not dict:
        return None
    return {"role": "assistant", "finish_reason": candidate.get("finishReason"), **content}


def _of_generation(generation: Any) -> Any:
    if type(generation) is not dict:
        return None
    message = generation.get("message")
    return message or {"role": "assistant", "content": generation.get("text")}
