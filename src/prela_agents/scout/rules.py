"""All that Scout asks, answered without a key."""

from __future__ import annotations

from prela_agents import reading
from prela_agents.models.rules import Rules
from prela_agents.scout import answering, filing

__all__ = ["RULES"]

RULES: Rules = {**reading.RULES, **answering.RULES, **filing.RULES}
