"""What a model call used, under the attributes that the conventions read."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

__all__ = ["usage_attributes"]

_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "model": "llm.model",
        "provider": "llm.vendor",
        "input_tokens": "llm.input_tokens",
        "output_tokens": "llm.output_tokens",
        "cache_read_tokens": "llm.cache_read_tokens",
        "cache_write_tokens": "llm.cache_write_tokens",
        # Prela has no older word of its own for these.
        "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
        "cost_usd": "llm.cost_usd",
        "time_to_first_token_ms": "llm.time_to_first_token_ms",
    }
)


def usage_attributes(**used: Any) -> dict[str, Any]:
    """Give the attributes of what was used; what is None is left out."""
    return {_KEYS[name]: value for name, value in used.items() if value is not None}
