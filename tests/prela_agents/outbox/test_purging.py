from __future__ import annotations

from collections.abc import Sequence

import attrs
import pytest
from tests.prela_agents.making import item, page
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import NotSentError
from prela_agents.model import Item, Platform
from prela_agents.outbox import follow_deletions
from prela_agents.state import Database, Memory


@attrs.define
class Reddit:
    removed: frozenset[str]
    platform: Platform = Platform.REDDIT
    asked: list[int] = attrs.field(factory=list)
    down_at: int | None = None

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        self.asked.append(len(items))
        if len(self.asked) == self.down_at:
            raise NotSentError("reddit", "it is down")
        return self.removed


@attrs.define
class Forgetting:
    """Of a history, what purging asks for."""

    forgotten: list[str] = attrs.field(factory=list)

    def purge(self, item_keys: Sequence[str]) -> None:
        self.forgotten += item_keys


@pytest.mark.anyio
async def test_what_is_gone_there_is_forgotten_here(db: Database, clock: StandingClock) -> None:
    memory = Memory(db, "scout", clock)
    memory.take("reddit:new", page(*[item(f"t3_{n:03}") for n in range(150)]))
    memory.take("x:search", page(item("7", platform=Platform.X)))
    reddit = Reddit(frozenset({"t3_001", "t3_120", "t3_999"}))
    history = Forgetting()
    done = await follow_deletions(db, history, [reddit], clock)  # type: ignore[arg-type] - see it
    assert (150, 2, []) == (done.looked_at, done.forgotten, done.failures)
    assert [100, 50] == reddit.asked
    assert ["reddit:t3_001", "reddit:t3_120"] == history.forgotten
    assert memory.item("reddit:t3_120") is None
    assert memory.item("x:7") is not None
    done = await follow_deletions(db, history, [reddit], clock)  # type: ignore[arg-type] - see it
    assert (148, 0) == (done.looked_at, done.forgotten)


@pytest.mark.anyio
async def test_what_can_not_be_looked_at_is_kept_and_said(
    db: Database, clock: StandingClock
) -> None:
    memory = Memory(db, "scout", clock)
    memory.take("reddit:new", page(*[item(f"t3_{n:03}") for n in range(150)]))
    reddit = Reddit(frozenset({"t3_001", "t3_120"}), down_at=1)
    done = await follow_deletions(db, Forgetting(), [reddit], clock)  # type: ignore[arg-type] - see
    assert (50, 1, ["reddit: it is down"]) == (done.looked_at, done.forgotten, done.failures)
    assert memory.item("reddit:t3_001") is not None
