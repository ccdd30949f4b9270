"""What agents work with, opened for a while."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from functools import cached_property
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import attrs

from prela_agents.errors import AgentError
from prela_agents.history import History
from prela_agents.index import DocsIndex, LateIndex, WordLlamaEmbedder, read_docs
from prela_agents.models.rules import RulesModel
from prela_agents.outbox import DryDesk, IssueDesk
from prela_agents.ports import Agent, Clock, Desk, Index, Model, Parts
from prela_agents.run.judges import RULES, claude_of
from prela_agents.run.places import Places
from prela_agents.run.settings import Settings
from prela_agents.run.watching import GAUGES, SOURCES
from prela_agents.state import Database, IssueLinks, KeptETags, KeptSpend, Memory
from prela_core.errors import SettingsError, StoreUnavailableError
from prela_core.io.data_directory import DataDirectory
from prela_core.io.shared_store import open_held, take

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore

__all__ = [
    "AGENTS",
    "TURN_SECONDS",
    "Workshop",
    "opened_history",
    "opened_workshop",
    "room",
    "state_path",
]

AGENTS = ("scout", "sentinel", "amplifier", "radar")

TURN_SECONDS = 600.0
"""Without a ClickHouse, agents of one machine take turns at the history; a run takes minutes."""

_LOOK_SECONDS = 10.0
"""People who only look in do not wait for a run."""


def state_path(settings: Settings) -> Path:
    """Give the file of the state."""
    return settings.directory / "state.sqlite"


def room(agent: str) -> ModuleType:
    """Import the room of an agent. Raises `SettingsError` for what is none."""
    if agent not in AGENTS:
        raise SettingsError(f"there is no agent {agent!r}; there are {', '.join(AGENTS)}")
    return import_module(f"prela_agents.{agent}")


@contextmanager
def opened_history(
    settings: Settings, clock: Clock, *, patience: float = _LOOK_SECONDS
) -> Iterator[History]:
    """Open the history: in ClickHouse, or in the engine in this process.

    Another process may have the engine's directory: it is waited for `patience` seconds, and then
    `DataDirectoryBusyError` says who has it. Raises `StoreUnavailableError` where there is none.
    """
    with ExitStack() as undo:
        store = _store(settings, undo, patience)
        history = History(store.connection, clock, project_id=settings.project)
        try:
            history.prepare()
        except StoreUnavailableError as error:
            where = settings.clickhouse
            place = f"ClickHouse at {where.host}:{where.port}" if where.host else settings.directory
            raise StoreUnavailableError(
                f"the agents' history in {place} can't be used now: {error}"
            ) from error
        yield history


def _store(settings: Settings, undo: ExitStack, patience: float) -> ClickHouseStore:
    where = settings.clickhouse
    if where.host:
        from prela_core.io.clickhouse_opening import open_server  # noqa: PLC0415 - heavy

        store = open_server(
            where.host,
            port=where.port,
            username=where.username,
            password=where.password,
            database=where.database,
            secure=where.secure,
        )
        undo.callback(store.close)
        return store
    directory = DataDirectory(settings.directory, command=Path(sys.argv[0]).name or "python")

    def opened(inside: ExitStack) -> ClickHouseStore:
        return open_held(directory.acquire(patience=patience), inside)

    shared = take(settings.directory, opened)
    undo.callback(shared.give_back)
    return shared.store


@attrs.define(eq=False, slots=False)
class Workshop:
    """All that is open, and what agents are built of."""

    settings: Settings
    clock: Clock
    db: Database
    history: History
    places: Places
    _undo: AsyncExitStack

    @cached_property
    def embedder(self) -> WordLlamaEmbedder:
        """The vectors, read once."""
        return WordLlamaEmbedder()

    @cached_property
    def index(self) -> Index:
        """The docs, cut and indexed when they are first asked for: not every agent asks."""
        return LateIndex(lambda: DocsIndex(read_docs(self.settings.docs), self.embedder))

    @cached_property
    def issue_desk(self) -> IssueDesk | None:
        """The desk that files, where there is a tracker."""
        tracker = self.places.tracker()
        return None if tracker is None else IssueDesk(self.links, tracker)

    @property
    def links(self) -> IssueLinks:
        """Which items led to which issues."""
        return IssueLinks(self.db, self.clock)

    async def model(self, agent: str) -> Model:
        """Give the model that the settings name; rules are those of the agent's room.

        Raises `SettingsError` for one that can't be asked.
        """
        if self.settings.model == RULES:
            return RulesModel(room(agent).RULES)
        return await self._undo.enter_async_context(claude_of(self.settings, self.clock, self.db))

    async def parts(self, agent: str, *, live: bool) -> Parts:
        """Give an agent its parts; in a dry run its desk only plans."""
        profile = self.settings.profile
        tracker = self.places.tracker()
        desk: Desk = DryDesk(self.links)
        if live and self.issue_desk is not None:
            desk = self.issue_desk
        gauges = GAUGES.get(agent)
        return Parts(
            sources=tuple(SOURCES[agent](profile, self.places)),
            gauges=tuple(gauges(profile, self.places)) if gauges is not None else (),
            model=await self.model(agent),
            index=self.index,
            embedder=self.embedder,
            tracker=tracker,
            desk=desk,
            state=Memory(self.db, agent, self.clock),
            history=self.history,
            clock=self.clock,
        )

    def agent(self, name: str, parts: Parts) -> Agent:
        """Make the agent. Raises `AgentError` where its room has none."""
        made = getattr(room(name), name.capitalize(), None)
        if made is None:
            raise AgentError(f"prela_agents.{name} has no {name.capitalize()}")
        profile, bot = self.settings.profile, self.settings.secrets.reddit_username
        agent: Agent = made(attrs.evolve(profile, accounts=(*profile.accounts, bot)), parts)
        return agent


@asynccontextmanager
async def opened_workshop(
    settings: Settings, clock: Clock, db: Database
) -> AsyncIterator[Workshop]:
    """Open the history, and connect to platforms as they are asked for."""
    async with AsyncExitStack() as undo:
        history = undo.enter_context(opened_history(settings, clock, patience=TURN_SECONDS))
        places = Places(settings, clock, KeptETags(db, clock), KeptSpend(db))
        undo.push_async_callback(places.aclose)
        yield Workshop(settings, clock, db, history, places, undo)
