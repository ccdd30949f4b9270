"""The typed columns of one span: what its attributes say, in one vocabulary."""

from __future__ import annotations

import attrs

from prela_core.model import SpanType

__all__ = ["COLUMNS", "TypedColumns"]


@attrs.define(slots=True)
class TypedColumns:
    """One span's typed columns; None or "" where the span does not say.

    `span_type` is a word of `SpanType`, never "". Token counts are kept as the span sent them:
    `input_tokens` may or may not include cached ones, by the spelling it came in. `cost_usd` is
    in US dollars; `cost_source` is `sent`, `computed` or "", and `price_version` the version of
    the price table when computed. `input` and `output` are readable text: messages in the one
    form that `prela_core.conventions.messages` defines, other strings as they are, anything else
    as compact JSON. `scores` is a JSON list, see `prela_core.conventions.scores`. `ttft_ms` is
    the time to the first token in milliseconds. `flags` is `Flag.BAD_NUMBER` when a count or
    cost could not be used, else 0.
    """

    span_type: str = SpanType.CUSTOM.value
    provider: str = ""
    model: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    cost_source: str = ""
    price_version: str = ""
    session_id: str = ""
    user_id: str = ""
    agent_name: str = ""
    tool_name: str = ""
    input: str = ""
    output: str = ""
    ttft_ms: float | None = None
    environment: str = ""
    scores: str = ""
    flags: int = 0


COLUMNS: tuple[str, ...] = tuple(field.name for field in attrs.fields(TypedColumns))
"""The columns' names, in the order in which `TypedColumns` takes them."""
