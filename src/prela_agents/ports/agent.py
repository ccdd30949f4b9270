"""An agent, and all that it is given."""

from __future__ import annotations

from typing import Protocol

import attrs

from prela_agents.model import Outcome, Profile
from prela_agents.ports.clock import Clock
from prela_agents.ports.history import History
from prela_agents.ports.index import Embedder, Index
from prela_agents.ports.model import Model
from prela_agents.ports.source import Gauge, Source
from prela_agents.ports.state import State
from prela_agents.ports.tracker import Desk, Tracker

__all__ = ["Agent", "Parts"]


@attrs.frozen(kw_only=True)
class Parts:
    """The world as an agent sees it: it has no other way to it.

    `tracker` and `desk` are None where no tracker is set up. Steps are traced around these parts
    and not by agents.
    """

    sources: tuple[Source, ...] = ()
    gauges: tuple[Gauge, ...] = ()
    model: Model
    index: Index
    embedder: Embedder
    tracker: Tracker | None = None
    desk: Desk | None = None
    state: State
    history: History
    clock: Clock


class Agent(Protocol):
    """One of the four.

    The room of each exports its class under its name, made with `(profile, parts)`:
    `prela_agents.scout.Scout(profile, parts)`. It also exports `RULES`, a
    `prela_agents.models.rules.Rules` with a function for each task that its requests name.
    """

    def __init__(self, profile: Profile, parts: Parts) -> None:
        """Make an agent; nothing happens before `run`."""

    async def run(self) -> Outcome:
        """Do all that there is to do now, once.

        A source or a step that fails is a `Failure` of the outcome, and the others go on; what
        is raised is a fault of ours. Nothing is published: drafts are queued.
        """
