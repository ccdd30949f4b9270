"""Plots as SVG, drawn here.

They are committed, compared by tests and stored with reports, so the same data must give the same
bytes on any machine: no fonts are measured and nothing is rendered. Each is readable in light and
dark, and says in words what it shows.

curves.py   what is counted over time, one panel a product
bars.py     counts by kind, side by side
scale.py    where a value goes, and round numbers to label it with
svg.py      elements, colours and styles
"""

from __future__ import annotations

from prela_agents.reports.plots.bars import Bar, bars
from prela_agents.reports.plots.curves import Curve, curves

__all__ = ["Bar", "Curve", "bars", "curves"]
