"""Measuring the judges that the settings name, by golden sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from prela_agents.eval import Evaluation, Half, evaluate, golden_sets
from prela_agents.index import DocsIndex, WordLlamaEmbedder, read_docs
from prela_agents.models.rules import RulesModel
from prela_agents.ports import Clock, Model
from prela_agents.run.judges import RULES, claude_of
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import room, state_path
from prela_agents.state import Database

__all__ = ["evaluations"]


async def evaluations(
    settings: Settings, clock: Clock, golden: Path, halves: Sequence[Half]
) -> list[Evaluation]:
    """Measure the rules, and the model of the settings if that is another, each for itself.

    Raises `AgentError` for golden sets that can't be read, and `SettingsError` for a model that
    can't be asked.
    """
    sets = golden_sets(golden)
    embedder = WordLlamaEmbedder()
    index = DocsIndex(read_docs(settings.docs), embedder)
    async with _judges(settings, clock) as judges:
        return [
            await evaluate(
                sets, half, model=judge, index=index, embedder=embedder, us=settings.profile.us
            )
            for judge in judges
            for half in halves
        ]


@asynccontextmanager
async def _judges(settings: Settings, clock: Clock) -> AsyncIterator[list[Model]]:
    async with AsyncExitStack() as undo:
        judges: list[Model] = [RulesModel(room("scout").RULES)]
        if settings.model != RULES:
            db = undo.enter_context(Database(state_path(settings)))
            judges.append(await undo.enter_async_context(claude_of(settings, clock, db)))
        yield judges
