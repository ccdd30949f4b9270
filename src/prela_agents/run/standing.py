"""How things stand: for people who look in, and for programs that watch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import attrs

from prela_agents.ports import Clock
from prela_agents.run.logins import missing, missing_to_publish, waits_for
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import AGENTS
from prela_agents.state import (
    Database,
    Drafts,
    IssueLinks,
    KeptSpend,
    Lease,
    Outgoing,
    Run,
    Runs,
)

__all__ = ["AgentStanding", "Standing", "standing"]


@attrs.frozen(kw_only=True)
class AgentStanding:
    """Of one agent: its last run, who runs it now, and how many items it has still to look at."""

    name: str
    last: Run | None
    held_by: str | None
    pending: int


@attrs.frozen(kw_only=True)
class Standing:
    """Of all. `drafts` and `posts` count by state; `spent` is this month's dollars by platform.

    `missing` are the platforms that no login is set for, and `missing_to_publish` those that
    nothing can be published to, in a sentence each. `waiting` are approved drafts that such a login
    would let leave, counted by that sentence.
    """

    model: str
    directory: str
    agents: Sequence[AgentStanding]
    drafts: Mapping[str, int]
    posts: Mapping[str, int]
    planned_issues: int
    filed_issues: int
    spent: Mapping[str, float]
    budgets: Mapping[str, float]
    missing: Sequence[str]
    missing_to_publish: Sequence[str]
    waiting: Mapping[str, int]


def standing(settings: Settings, db: Database, clock: Clock) -> Standing:
    """Look at the state."""
    month = _month(clock.now())
    links = IssueLinks(db, clock)
    drafts = Drafts(db, clock).list()
    waiting = (waits_for(each, settings.secrets) for each in drafts)
    return Standing(
        model=settings.model,
        directory=str(settings.directory),
        agents=[_agent(db, clock, name) for name in AGENTS],
        drafts=Counter(str(each.state) for each in drafts),
        posts=Counter(str(each.state) for each in Outgoing(db, clock).list()),
        planned_issues=len(links.planned()),
        filed_issues=links.count(),
        spent=KeptSpend(db).by_platform(month),
        budgets=settings.budgets,
        missing=missing(settings.secrets),
        missing_to_publish=missing_to_publish(settings.secrets),
        waiting=Counter(each for each in waiting if each),
    )


def _agent(db: Database, clock: Clock, name: str) -> AgentStanding:
    runs = Runs(db, clock).list(name, limit=1)
    pending = db.row("SELECT count(*) AS n FROM items WHERE agent = ? AND settled_at IS NULL", name)
    return AgentStanding(
        name=name,
        last=runs[0] if runs else None,
        held_by=Lease.holder(name, db),
        pending=pending["n"] if pending is not None else 0,
    )


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
