"""The values that agents, adapters and the state pass to each other. None does anything."""

from __future__ import annotations

from prela_agents.model.draft import Approval, Draft, DraftKind, DraftState, Post, Receipt
from prela_agents.model.evidence import Change, ChangeKind, Claim, Evidence
from prela_agents.model.generation import Request, Response, Usage
from prela_agents.model.issue import Attachment, Issue, NewIssue
from prela_agents.model.item import Cursor, Item, ItemKind, Page
from prela_agents.model.mention import Aspect, Intent, Mention, Sentiment
from prela_agents.model.outcome import Failure, Outcome, RunState
from prela_agents.model.passage import Passage, Quote
from prela_agents.model.platform import Platform
from prela_agents.model.product import Product, Profile
from prela_agents.model.report import Figure, Report, Section, Sentence
from prela_agents.model.snapshot import Metric, Snapshot

__all__ = [
    "Approval",
    "Aspect",
    "Attachment",
    "Change",
    "ChangeKind",
    "Claim",
    "Cursor",
    "Draft",
    "DraftKind",
    "DraftState",
    "Evidence",
    "Failure",
    "Figure",
    "Intent",
    "Issue",
    "Item",
    "ItemKind",
    "Mention",
    "Metric",
    "NewIssue",
    "Outcome",
    "Page",
    "Passage",
    "Platform",
    "Post",
    "Product",
    "Profile",
    "Quote",
    "Receipt",
    "Report",
    "Request",
    "Response",
    "RunState",
    "Section",
    "Sentence",
    "Sentiment",
    "Snapshot",
    "Usage",
]
