"""A run with nothing set up around it: history and trace are in the agents' own directory."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.prela_agents.standing_clock import StandingClock

import prela_core
from prela_agents.model import Metric, Outcome, Profile, RunState, Snapshot
from prela_agents.ours import PRELA
from prela_agents.ports import Parts
from prela_agents.run import workshop
from prela_agents.run.reading import read_settings
from prela_agents.run.running import run_once
from prela_agents.run.workshop import opened_history
from prela_core.testing.factories import NOON

STARS = Snapshot(product="prela", metric=Metric.STARS, at=NOON, value=7.0)


class Radar:
    def __init__(self, profile: Profile, parts: Parts) -> None:
        assert PRELA == profile.us
        self._parts = parts

    async def run(self) -> Outcome:
        self._parts.history.add_snapshots([STARS])
        return Outcome(counts={"snapshots": 1}, succeeded=1)


@pytest.mark.anyio
async def test_history_and_trace_are_kept_together_without_a_server(
    tmp_path: Path, clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workshop, "room", lambda _: SimpleNamespace(Radar=Radar, RULES={}))
    monkeypatch.setattr(workshop, "SOURCES", {"radar": lambda *_: []})
    settings = read_settings({}, data_dir=tmp_path)
    finished = await run_once(settings, "radar", clock)
    assert RunState.COMPLETE == finished.outcome.state
    with opened_history(settings, clock) as history:
        found = history.snapshots(NOON, NOON.replace(year=NOON.year + 1), "prela", Metric.STARS)
    assert [STARS] == list(found)
    assert finished.trace_id is not None
    db = prela_core.connect(settings.directory)
    try:
        trace = db.trace(finished.trace_id)
        assert ("run radar", "prela-radar") == (trace.spans[0].name, trace.spans[0].service_name)
    finally:
        db.close()
