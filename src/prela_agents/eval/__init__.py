"""How good the agents are, by golden sets: rules and models each for themselves."""

from __future__ import annotations

from prela_agents.eval.golden import GoldenSets, Half, golden_sets
from prela_agents.eval.judging import evaluate
from prela_agents.eval.measures import Acted, Evaluation, Score, Share
from prela_agents.eval.rendering import as_text, as_value

__all__ = [
    "Acted",
    "Evaluation",
    "GoldenSets",
    "Half",
    "Score",
    "Share",
    "as_text",
    "as_value",
    "evaluate",
    "golden_sets",
]
