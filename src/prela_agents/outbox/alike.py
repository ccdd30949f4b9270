"""Saying in an issue which others it may be the same as: people tell, and merge."""

from __future__ import annotations

from collections.abc import Sequence

from prela_agents.model import Issue
from prela_agents.quoting import inert

__all__ = ["said_of"]

_WHO_TELLS = "Found alike by rules, which can't tell: whether they are one is for people to say."


def said_of(perhaps: Sequence[Issue]) -> Sequence[str]:
    """Give the paragraphs for a description; none of none."""
    if not perhaps:
        return ()
    return ("\n".join(f"- {_line(each)}" for each in perhaps), _WHO_TELLS)


def _line(issue: Issue) -> str:
    # Trackers give titles as strangers wrote them. The address is the tracker's own.
    name = issue.number or "a report that waits as well"
    return f"Perhaps the same as [{name}]({issue.url}): {' '.join(inert(issue.title).split())}"
