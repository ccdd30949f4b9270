"""Bugs and wishes: written up as issues, or attached to the one that is there."""

from __future__ import annotations

from prela_agents.scout.filing.candidates import Candidate, Candidates
from prela_agents.scout.filing.request import RULES, SAME, same_of, same_request
from prela_agents.scout.filing.resolving import Resolution, may_merge, resolve
from prela_agents.scout.filing.sameness import sameness
from prela_agents.scout.filing.writing import labels_of, written_up

__all__ = [
    "RULES",
    "SAME",
    "Candidate",
    "Candidates",
    "Resolution",
    "labels_of",
    "may_merge",
    "resolve",
    "same_of",
    "same_request",
    "sameness",
    "written_up",
]
