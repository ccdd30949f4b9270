"""What the author of a text wants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from prela_agents.model import Intent
from prela_agents.reading.cues import pattern, table

__all__ = ["intent_of"]

_OTHER_PRODUCTS = re.compile(
    r"\b(?:langfuse|langsmith|phoenix|opik|laminar|helicone|jaeger|datadog|arize|openlit|braintrust|"
    r"weave|traceloop|sentry|grafana tempo|honeycomb|new relic)\b",
    re.IGNORECASE,
)
_LEAST = 1.2
"""Cues that weigh less are chance."""

_FIRST = (
    Intent.SHOWCASE,
    Intent.NEWS,
    Intent.FEATURE_REQUEST,
    Intent.COMPARISON,
    Intent.BUG,
    Intent.COMPLAINT,
    Intent.QUESTION,
    Intent.PRAISE,
)
"""Of two that weigh the same, the rarer cue says more."""

_CUES: Mapping[Intent, Sequence[tuple[float, re.Pattern[str]]]] = {
    Intent(intent): [(group["weight"], pattern(group)) for group in groups]
    for intent, groups in table("intents.toml").items()
}


def intent_of(text: str) -> Intent:
    """Give the intent whose cues weigh most; `OTHER` when hardly any are there."""
    weights = {
        intent: sum(weight for weight, cue in cues if cue.search(text))
        for intent, cues in _CUES.items()
    }
    others = len({each.casefold() for each in _OTHER_PRODUCTS.findall(text)})
    if others:
        weights[Intent.COMPARISON] += 1.0 + 0.8 * min(others, 3)
    best = max(_FIRST, key=lambda each: (weights[each], -_FIRST.index(each)))
    return best if weights[best] >= _LEAST else Intent.OTHER
