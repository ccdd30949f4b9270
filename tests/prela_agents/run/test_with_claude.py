"""The agents with Claude in the place of the rules, over a real socket.

What the stand-in for Claude answers is what the rules would: looked at is what it is sent, and
what becomes of its answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
from examples.agents.settings import HERE, config, logins
from examples.agents.standins.claude import KEY, Claude
from examples.agents.standins.faults import Faulty
from examples.agents.standins.fortnight import DAYS, recorded
from examples.agents.standins.site import Site, serving
from starlette.responses import JSONResponse
from tests.prela_agents.claude_as_rules import as_rules_would
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock
from tests.served import listening

from prela_agents.model import Outcome
from prela_agents.run import workshop
from prela_agents.run.reading import read_settings
from prela_agents.run.running import run_once
from prela_agents.run.settings import Settings
from prela_core import Span
from prela_core.emit.memory_exporter import MemoryExporter

pytestmark = pytest.mark.anyio

MODEL = "claude-sonnet-4-6"
NOW = datetime(2026, 11, 30, 20, tzinfo=UTC)


@attrs.define
class Stage:
    settings: Settings
    site: Site
    claude: Claude
    api: Faulty
    kept: MemoryExporter

    async def run(self, agent: str) -> Outcome:
        return (await run_once(self.settings, agent, StandingClock(NOW))).outcome

    @property
    def calls(self) -> list[Span]:
        return [each for each in self.kept.spans if each.span_type == "llm"]


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    history, kept = Remembered(), MemoryExporter()

    @contextmanager
    def remembered(*_: object, **__: object) -> Iterator[Remembered]:
        yield history

    monkeypatch.setattr(workshop, "opened_history", remembered)
    claude = Claude(as_rules_would)
    api = Faulty(claude.app)
    world = recorded(HERE / "fortnight", NOW.date() - timedelta(days=DAYS), lambda: NOW)
    with serving(world) as site, listening(api) as url:
        file = tmp_path / "prela-agents.toml"
        file.write_text(config(site.url), "utf-8")
        environ = {**logins(), "ANTHROPIC_API_KEY": KEY, "PRELA_AGENTS_CLAUDE_URL": url}
        settings = read_settings(environ, config=file, directory=tmp_path / "agents", model=MODEL)
        made = attrs.evolve(settings, exporter=kept)  # type: ignore[arg-type] - any exporter does
        yield Stage(made, site, claude, api, kept)


@pytest.mark.parametrize("agent", ["scout", "sentinel", "amplifier"])
async def test_every_request_is_one_that_claude_takes(stage: Stage, agent: str) -> None:
    outcome = await stage.run(agent)
    assert {"feed"} >= {each.where.partition(":")[0] for each in outcome.failures}
    assert [] == stage.claude.refused
    assert {MODEL} == {each.attributes["llm.model"] for each in stage.calls}
    assert len(stage.claude.messages) == len(stage.calls) > 0
    # Instructions are one text for each task, so that all but the first of them are read cached.
    assert len(stage.claude.systems) == len({each.name for each in stage.calls})
    read = [each.attributes.get("llm.cache_read_tokens", 0) > 0 for each in stage.calls]
    assert len(stage.calls) - len(stage.claude.systems) == sum(read)
    assert all(each.attributes["llm.cost_usd"] > 0 for each in stage.calls)


async def test_nothing_that_people_wrote_is_in_the_instructions(stage: Stage) -> None:
    await stage.run("scout")
    instructions = "\n".join(stage.claude.systems.values())
    sent = str(stage.claude.messages)
    texts = [each.text.strip()[:40] for each in stage.site.world.said if len(each.text) > 40]
    assert any(text in sent for text in texts)
    assert [] == [text for text in texts if text in instructions]


async def test_claude_judges_and_is_named_for_it(stage: Stage) -> None:
    counts = (await stage.run("scout")).counts
    assert counts["mentions"] > 0
    assert MODEL == stage.calls[0].attributes["llm.model"]
    assert "anthropic" == stage.calls[0].attributes["llm.vendor"]


async def test_a_key_that_is_refused_fails_no_source(stage: Stage) -> None:
    secrets = attrs.evolve(stage.settings.secrets, anthropic_api_key="sk-ant-revoked-long-ago")
    stage.settings = attrs.evolve(stage.settings, secrets=secrets)
    outcome = await stage.run("scout")
    assert outcome.failures
    assert not any("revoked-long-ago" in each.why for each in outcome.failures)
    assert outcome.counts["items"] > 0


async def test_being_overloaded_is_waited_for(stage: Stage) -> None:
    busy = JSONResponse({"type": "error"}, 529, headers={"retry-after-ms": "300"})
    stage.api.faults.extend([busy, busy])
    assert () == (await stage.run("amplifier")).failures
    assert len(stage.claude.messages) + 2 == len(stage.api.asked)
