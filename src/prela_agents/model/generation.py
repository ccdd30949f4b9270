"""A question to a model, and its answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import attrs

__all__ = ["Request", "Response", "Usage"]


@attrs.frozen(kw_only=True)
class Request:
    """A task for a model. There are no tools: an answer can do nothing, it is only read.

    `task` names it, such as `scout.relevance`: the rules model has one function for each.
    `instructions` are ours and the same for every request of a task, so that they can be cached;
    nothing from outside is ever put into them. `inputs` is JSON and data, whatever its texts say.
    `schema` is the JSON schema of an object, which the answer's `value` meets; every object in it
    says `additionalProperties: false`, and every list and text is bounded by what reads it.
    """

    task: str
    instructions: str
    inputs: Mapping[str, Any]
    schema: Mapping[str, Any]
    max_tokens: int = 2048

    @property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the task and its inputs."""
        said = json.dumps([self.task, self.inputs], sort_keys=True, default=str)
        return hashlib.sha256(said.encode()).hexdigest()


@attrs.frozen(kw_only=True)
class Usage:
    """What an answer took: tokens, of which those read from the cache, and dollars."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_usd: float = 0.0


@attrs.frozen(kw_only=True)
class Response:
    """An object that meets the request's schema, the model that gave it, and what it took."""

    value: Mapping[str, Any]
    model: str
    usage: Usage = attrs.field(factory=Usage)
