"""Measuring the rules, and a model, by golden sets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import attrs

from prela_agents.errors import AgentError
from prela_agents.eval import Evaluation, GoldenSets, Half, evaluate, golden_sets
from prela_agents.index import DocsIndex, WordLlamaEmbedder, read_docs
from prela_agents.models.rules import RulesModel
from prela_agents.naming import names
from prela_agents.ports import Clock, Index, Model
from prela_agents.run.judges import CLAUDE, RULES, claude_of
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import room, state_path
from prela_agents.state import Database

__all__ = ["evaluations", "model_to_measure"]


def model_to_measure(settings: Settings) -> str | None:
    """Give the model of the settings, or where rules judge, `CLAUDE`; none without a key."""
    if not settings.secrets.anthropic_api_key:
        return None
    return CLAUDE if settings.model == RULES else settings.model


async def evaluations(
    settings: Settings, clock: Clock, golden: Path, halves: Sequence[Half], model: str | None
) -> AsyncIterator[Evaluation]:
    """Measure the rules, and then `model` if there is one, each for itself.

    What the model costs counts against the budget of the settings. Raises `AgentError` for golden
    sets that can't be read, or are about something else than the settings, `SettingsError` for a
    model that can't be asked, before anything is measured, and `PlatformError` for one that can't
    be asked to the end.
    """
    sets = golden_sets(golden)
    embedder = WordLlamaEmbedder()
    index = DocsIndex(read_docs(settings.docs), embedder)
    _must_be_about(settings, sets, index)
    async with AsyncExitStack() as undo:
        judges: list[Model] = [RulesModel(room("scout").RULES)]
        if model is not None:
            named = attrs.evolve(settings, model=model)
            db = undo.enter_context(Database(state_path(settings)))
            judges.append(await undo.enter_async_context(claude_of(named, clock, db)))
        for judge in judges:
            for half in halves:
                yield await evaluate(
                    sets, half, model=judge, index=index, embedder=embedder, us=settings.profile.us
                )


def _must_be_about(settings: Settings, sets: GoldenSets, index: Index) -> None:
    """Raise `AgentError` for sets of another product or of other docs: figures would be none."""
    us = settings.profile.us
    if not any(names(f"{each.title or ''}\n{each.text}", us) for each in sets.mentions):
        raise AgentError(f"no golden mention names {us.name}: they are of another product")
    there = {f"{each.path}#{each.trail[-1]}" for each in index.passages()}
    if there.isdisjoint(section for each in sets.questions for section in each.sections):
        raise AgentError(
            f"nothing that the golden sets ask about is in {settings.docs}: they are of other docs"
        )
