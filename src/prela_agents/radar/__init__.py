"""Radar: how many, of everything that can be counted, for us and for the competitors.

It reads gauges into the history, marks what is out of the ordinary, and writes a report a week.
Numbers come from the history alone: no model is asked.

days.py       snapshots as one value a day; missing days stay missing
ordinary.py   what is out of the ordinary
mentions.py   mentions as a curve of their own
comparing.py  a week next to the week before, in a sentence
drawing.py    curves with releases and marks
report.py     the report of a week
agent.py      a run
"""

from __future__ import annotations

from prela_agents.models.rules import Rules
from prela_agents.radar.agent import Radar

__all__ = ["RULES", "Radar"]

RULES: Rules = {}
"""Radar asks no model."""
