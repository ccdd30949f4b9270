"""The fortnight, day by day: each agent runs every evening, without a key."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import attrs

from examples.agents.settings import HERE, config, logins
from examples.agents.standing_clock import StandingClock
from examples.agents.standins.fortnight import DAYS, recorded
from examples.agents.standins.site import serving
from prela_agents.model import Draft, Mention, Outcome, Report
from prela_agents.run.reading import read_settings
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import AGENTS, Workshop, opened_workshop, state_path
from prela_agents.state import Database, Drafts

__all__ = ["FIRST", "Fortnight", "lived"]

FIRST = date(2026, 11, 16)
"""A Monday: two weeks of reports are two whole weeks."""

_EVENING = time(20, 0)


@attrs.frozen(kw_only=True)
class Fortnight:
    """What came of it. `outcomes` are by day and agent, `url` is where the stand-ins were."""

    reports: Sequence[Report]
    mentions: Sequence[Mention]
    drafts: Sequence[Draft]
    issues: Sequence[Any]
    outcomes: Mapping[tuple[int, str], Outcome]
    url: str


async def lived(agents: Sequence[str] = AGENTS) -> Fortnight:
    """Run the agents on each evening of the fortnight, and on the Monday morning after it."""
    clock = StandingClock(_evening(0))
    with (
        serving(recorded(HERE / "fortnight", FIRST, clock.now)) as site,
        tempfile.TemporaryDirectory() as folder,
    ):
        settings = _settings(site.url, Path(folder))
        outcomes: dict[tuple[int, str], Outcome] = {}
        with Database(state_path(settings)) as db:
            async with opened_workshop(settings, clock, db) as workshop:
                for number in range(DAYS + 1):
                    clock.move_to(_evening(number))
                    for agent in agents:
                        outcomes[number, agent] = await _run(workshop, agent)
                reports = workshop.history.reports()
                mentions = workshop.history.mentions(_evening(-1), _evening(DAYS), "Prela")
            drafts = [each.draft for each in Drafts(db, clock).list()]
        return Fortnight(
            reports=reports,
            mentions=mentions,
            drafts=drafts,
            issues=list(site.world.kept["linear"].issues.values()),
            outcomes=outcomes,
            url=site.url,
        )


async def _run(workshop: Workshop, agent: str) -> Outcome:
    # Issues are filed, in the stand-in for Linear; drafts wait for approval, as they always do.
    return await workshop.agent(agent, await workshop.parts(agent, live=True)).run()


def _settings(url: str, folder: Path) -> Settings:
    file = folder / "prela-agents.toml"
    file.write_text(config(url), "utf-8")
    settings = read_settings(logins(), config=file, directory=folder / "state")
    settings.directory.mkdir()
    return settings


def _evening(number: int) -> datetime:
    return datetime.combine(FIRST + timedelta(days=number), _EVENING, UTC)
