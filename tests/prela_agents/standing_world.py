"""Parts for an agent whose sources and gauges say what they are told to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import GoneError
from prela_agents.model import Cursor, Item, Page, Passage, Platform, Snapshot
from prela_agents.models.rules import RulesModel
from prela_agents.ports import Model, Parts
from prela_agents.state import Database, Memory


@attrs.define
class Shelf:
    """A source that gives its items whenever it is asked; `broken` makes it fail."""

    name: str
    items: list[Item] = attrs.field(factory=list)
    platform: Platform = Platform.GITHUB
    broken: bool = False

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        del cursor
        if self.broken:
            raise GoneError(self.platform, f"{self.name} is not there")
        return Page(tuple(self.items), None)


@attrs.define
class Counter:
    """A gauge that gives its snapshots whenever it is read."""

    name: str
    snapshots: list[Snapshot] = attrs.field(factory=list)
    broken: bool = False

    async def read(self) -> Sequence[Snapshot]:
        if self.broken:
            raise GoneError("github", f"{self.name} is not there")
        return self.snapshots


class Nothing:
    """An index without docs, and vectors without directions."""

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        del question, limit
        return ()

    def passage(self, passage_id: str) -> Passage | None:
        del passage_id

    def passages(self) -> Sequence[Passage]:
        return ()

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[0.0] for _ in texts]


def parts(
    db: Database, agent: str, clock: StandingClock, history: Remembered, **given: Any
) -> Parts:
    nothing = Nothing()
    model: Model = given.pop("model", None) or RulesModel()
    return Parts(
        model=model,
        index=nothing,
        embedder=nothing,
        state=Memory(db, agent, clock),
        history=history,
        clock=clock,
        **given,
    )
