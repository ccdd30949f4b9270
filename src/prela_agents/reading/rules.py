"""The reading without a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prela_agents.models.rules import Rules
from prela_agents.reading.demands import without_demands
from prela_agents.reading.intent import intent_of
from prela_agents.reading.relevance import relevance_of
from prela_agents.reading.request import READ
from prela_agents.reading.sentiment import sentiment_of

__all__ = ["RULES"]


def _read(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    product, post = inputs["product"], inputs["post"]
    text = without_demands("\n\n".join(each for each in (post["title"], post["text"]) if each))
    relevance = relevance_of(
        text, product["name"], product["aliases"], product["near"], product["far"]
    )
    intent = intent_of(text)
    return {
        # The platform's word that it is about us is better than any of ours.
        "relevance": max(relevance, 0.9) if post["addresses_us"] else relevance,
        "intent": intent,
        "sentiment": sentiment_of(text, intent),
    }


RULES: Rules = {READ: _read}
