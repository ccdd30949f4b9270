"""Sentinel: what the competitors do, and what their users say about it.

It takes releases, feeds and changed pages apart into typed changes with their evidence, reads
what people say about which side of a product, and writes a report a week in which every sentence
has its source.

changes/    what makers say, taken apart
aspects/    what users say, by the side of the product that they mean
listening.py  whether somebody speaks of a competitor at all
drawing.py  the plots
report.py   the report of a week
agent.py    a run
"""

from __future__ import annotations

from prela_agents.models.rules import Rules
from prela_agents.reading import RULES as READING
from prela_agents.sentinel.agent import Sentinel
from prela_agents.sentinel.aspects import RULES as ASPECTS
from prela_agents.sentinel.changes import RULES as CHANGES

__all__ = ["RULES", "Sentinel"]

RULES: Rules = {**READING, **CHANGES, **ASPECTS}
