"""What users say, by the side of the product that they mean."""

from __future__ import annotations

from prela_agents.sentinel.aspects.request import ASPECTS, FIND, aspects_of, aspects_request
from prela_agents.sentinel.aspects.rules import RULES

__all__ = ["ASPECTS", "FIND", "RULES", "aspects_of", "aspects_request"]
