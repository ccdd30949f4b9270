"""Claude, as the settings have it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prela_agents.http import Budget, Http, limits
from prela_agents.models.claude import API_URL, ClaudeModel, headers
from prela_agents.ports import Clock
from prela_agents.run.settings import Settings
from prela_agents.state import Database, KeptSpend
from prela_core.errors import SettingsError

__all__ = ["CLAUDE", "RULES", "claude_of"]

RULES = "rules"
"""The model that is none, and needs no key."""

CLAUDE = "claude-sonnet-4-6"
"""The model to measure where there is a key for one, and no name."""

_SECONDS = 120.0


@asynccontextmanager
async def claude_of(settings: Settings, clock: Clock, db: Database) -> AsyncIterator[ClaudeModel]:
    """Connect to the model that the settings name, and keep to its budget.

    Raises `SettingsError` for a name that is none, and for one without its key.
    """
    name, key = settings.model, settings.secrets.anthropic_api_key
    if not name.startswith("claude"):
        raise SettingsError(f"there is no model {name!r}; it is 'rules' or 'claude-...'")
    if not key:
        raise SettingsError(f"{name} needs ANTHROPIC_API_KEY; without a key there is 'rules'")
    http = Http(
        "claude",
        settings.endpoints.get("claude", API_URL),
        limits=limits.claude,
        headers=headers(key),
        clock=clock,
        timeout_seconds=_SECONDS,
    )
    async with http:
        budget = Budget(KeptSpend(db), settings.budgets.get("claude"))
        yield ClaudeModel(http, name, budget=budget)
