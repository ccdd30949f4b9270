"""What makers say, taken apart into typed changes, each with the words that show it."""

from __future__ import annotations

from prela_agents.sentinel.changes.page_diff import Difference, difference
from prela_agents.sentinel.changes.request import (
    TAKE_APART,
    changes_of,
    notes_request,
    page_request,
)
from prela_agents.sentinel.changes.rules import RULES

__all__ = [
    "RULES",
    "TAKE_APART",
    "Difference",
    "changes_of",
    "difference",
    "notes_request",
    "page_request",
]
