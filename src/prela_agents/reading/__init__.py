"""Understanding a text: whether it is about a product, what its author wants and feels.

The same reading serves Scout, for us, and Sentinel, for everybody. `mention_request` asks it of
any model and `mention_of` takes the answer; `RULES` answers without a key.
"""

from __future__ import annotations

from prela_agents.reading.demands import demands_of, without_demands
from prela_agents.reading.intent import intent_of
from prela_agents.reading.relevance import relevance_of
from prela_agents.reading.request import READ, mention_of, mention_request
from prela_agents.reading.rules import RULES
from prela_agents.reading.sentiment import sentiment_of

__all__ = [
    "READ",
    "RULES",
    "demands_of",
    "intent_of",
    "mention_of",
    "mention_request",
    "relevance_of",
    "sentiment_of",
    "without_demands",
]
