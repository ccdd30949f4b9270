"""What agents remember, in one SQLite file that the processes of a machine share.

Unique keys do the deduplication: an item, a draft about something, a part of a draft, an issue
of an item is there once, whatever runs how often. A source's cursor moves in the transaction
that keeps its items.
"""

from __future__ import annotations

from prela_agents.state.claims import Claims
from prela_agents.state.database import Database
from prela_agents.state.drafts import NEVER_LEAVE, Drafts, Reviewed
from prela_agents.state.issue_links import IssueLink, IssueLinks, issue_id_of
from prela_agents.state.lease import BusyError, Lease
from prela_agents.state.memory import Memory
from prela_agents.state.outgoing import Entry, EntryState, Outgoing
from prela_agents.state.purging import kept, never_seen, purge
from prela_agents.state.runs import Run, Runs
from prela_agents.state.spending import KeptETags, KeptSpend

__all__ = [
    "NEVER_LEAVE",
    "BusyError",
    "Claims",
    "Database",
    "Drafts",
    "Entry",
    "EntryState",
    "IssueLink",
    "IssueLinks",
    "KeptETags",
    "KeptSpend",
    "Lease",
    "Memory",
    "Outgoing",
    "Reviewed",
    "Run",
    "Runs",
    "issue_id_of",
    "kept",
    "never_seen",
    "purge",
]
