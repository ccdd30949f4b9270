"""What leaves: nothing without an approval of its very content, and nothing twice."""

from __future__ import annotations

from prela_agents.outbox.desk import DryDesk, IssueDesk
from prela_agents.outbox.policies import POLICIES
from prela_agents.outbox.purging import Purged, follow_deletions
from prela_agents.outbox.sending import Outbox, Sendings

__all__ = [
    "POLICIES",
    "DryDesk",
    "IssueDesk",
    "Outbox",
    "Purged",
    "Sendings",
    "follow_deletions",
]
