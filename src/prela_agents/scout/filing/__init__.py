"""Bugs and wishes: written up as issues, or attached to the one that is there."""

from __future__ import annotations

from prela_agents.scout.filing.candidates import Candidates
from prela_agents.scout.filing.request import RULES, SAME, same_of, same_request
from prela_agents.scout.filing.sameness import sameness
from prela_agents.scout.filing.writing import labels_of, written_up

__all__ = [
    "RULES",
    "SAME",
    "Candidates",
    "labels_of",
    "same_of",
    "same_request",
    "sameness",
    "written_up",
]
