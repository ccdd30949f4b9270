"""Scout and Amplifier from settings to platforms and back, by rules, over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import attrs
import pytest
from examples.agents.standins import discord as fake_discord
from examples.agents.standins import linear as fake_linear
from examples.agents.standins import reddit as fake_reddit
from examples.agents.standins.site import Site, serving
from examples.agents.standins.world import (
    DISCORD_EPOCH,
    Release,
    Said,
    World,
    Written,
    snowflake,
)
from starlette.responses import Response
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.model import DraftKind, DraftState, Platform, Product, Profile, RunState
from prela_agents.ours import PRELA
from prela_agents.run import workshop
from prela_agents.run.running import run_once
from prela_agents.run.settings import Secrets, Settings
from prela_agents.state import Database, Drafts
from prela_core.emit.memory_exporter import MemoryExporter
from prela_core.testing.factories import NOON

pytestmark = pytest.mark.anyio

DOCS = """# Retention

Spans are kept for 90 days. `PRELA_RETENTION_DAYS` changes that for the whole server. What is older
is removed in the background, by the time at which each span began, so nothing needs to be run for
it, and Kafka keeps its records for seven days. A project that is to keep less has a deletion
run each day, by a key of its own that has the scope for it and for nothing else.
"""
EARLIER = NOON - timedelta(hours=2)


@attrs.define
class Stage:
    settings: Settings
    clock: StandingClock
    site: Site
    history: Remembered

    async def run(self, agent: str, *, live: bool = True) -> dict[str, int]:
        finished = await run_once(self.settings, agent, self.clock, live=live)
        assert RunState.COMPLETE is finished.outcome.state, finished.outcome
        return {name: count for name, count in finished.outcome.counts.items() if count}

    def approve(self, platform: Platform, kind: DraftKind) -> None:
        with Database(self.settings.directory / "state.sqlite") as db:
            drafts = Drafts(db, self.clock)
            (found,) = [
                each.draft
                for each in drafts.list(state=DraftState.QUEUED, platform=platform)
                if each.draft.kind is kind
            ]
            drafts.approve(found.id, found.content_hash, "grace")


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    clock, history = StandingClock(NOON), Remembered()
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "retention.md").write_text(DOCS)

    @contextmanager
    def remembered(*_: object, **__: object) -> Iterator[Remembered]:
        yield history

    monkeypatch.setattr(workshop, "opened_history", remembered)
    with serving(World(clock.now)) as site:
        rival = Product(name="Rival", pages=(site.at("web") + "/pricing",))
        names = ("discord", "github", "hackernews", "linear", "reddit")
        settings = Settings(
            profile=Profile(
                us=attrs.evolve(PRELA, aliases=(), repository="prela/prela", guild="77"),
                competitors=(rival,),
                channels=("42",),
                announce_channel="42",
                docs_url="https://docs.prela.test/",
            ),
            directory=tmp_path / "agents",
            exporter=MemoryExporter(),  # type: ignore[arg-type] - any exporter will do
            docs=docs,
            endpoints={name: site.at(name) for name in names}
            | {"hackernews_items": site.at("hackernews-items")},
            allowed_hosts=(site.host,),
            secrets=Secrets(
                reddit_client_id=fake_reddit.CLIENT[0],
                reddit_client_secret=fake_reddit.CLIENT[1],
                reddit_username=fake_reddit.USER,
                reddit_refresh_token="refresh-1234",  # noqa: S106 - a fake's
                discord_bot_token=fake_discord.TOKEN,
                linear_api_key=fake_linear.KEY,
                linear_team_id=fake_linear.TEAM,
            ),
        )
        yield Stage(settings, clock, site, history)


def said(platform: str, id: str, text: str, **more: str) -> Said:  # noqa: A002 - the field's name
    return Said(platform=platform, id=id, at=EARLIER, text=text, **more)  # type: ignore[arg-type]


async def test_what_is_said_of_us_is_answered_and_filed_once(stage: Stage) -> None:
    world = stage.site.world
    question = "How many days does prela serve keep spans? Which retention is there?"
    hang = "`prela tail` hangs for ever when it should reconnect"
    world.said += [
        said("reddit", "t3_q1", question, title="Retention in prela?", where="python"),
        said("reddit", "t3_v1", "Sunset over Prela, near Imperia in Liguria", where="italy"),
        said("hackernews", "101", question),
        said("hackernews", "102", hang),
        said(
            "discord",
            snowflake(EARLIER, DISCORD_EPOCH),
            "prela tail hangs, it does not reconnect",
            where="42",
        ),
    ]
    counts = await stage.run("scout")

    issues = world.kept["linear"].latest()
    assert [1, 1] == [len(each.attachments) for each in issues], [each.title for each in issues]
    assert {"bug", "from users"} == set(issues[0].labels)
    later = max(issues, key=lambda each: each.number)
    assert "Perhaps the same as [PRE-1](" in later.description
    assert (2, 2) == (counts["drafts"], counts["issues"])
    assert 4 == counts["mentions"]
    assert 4 == len(stage.history.mentions(NOON - timedelta(days=1), NOON))

    before = len(world.said)
    await stage.run("scout")
    assert before == len(world.said), "nothing leaves unasked"
    stage.approve(Platform.REDDIT, DraftKind.REPLY)
    assert 1 == (await stage.run("scout"))["sent"]
    (reply,) = world.said[before:]
    assert ("reddit", "t3_q1") == (reply.platform, reply.parent)
    assert "> Spans are kept for 90 days." in reply.text
    assert "https://docs.prela.test/docs/retention.md#retention" in reply.text

    await stage.run("scout")
    assert before + 1 == len(world.said)
    assert 2 == len(world.kept["linear"].issues)


async def test_a_run_without_a_net_says_so_soon(stage: Stage) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        settings = attrs.evolve(
            stage.settings,
            profile=attrs.evolve(stage.settings.profile, us=PRELA),
            endpoints=dict.fromkeys(stage.settings.endpoints, address),
        )
        outcome = (await run_once(settings, "scout", stage.clock)).outcome
    assert RunState.FAILED is outcome.state
    assert len(outcome.failures) > len(PRELA.aliases)
    assert {True} == {"can't be reached" in each.why for each in outcome.failures}
    # For each platform one pause, however many of its sources there are.
    assert [1.0] * 3 == stage.clock.slept


async def test_a_source_that_is_down_is_read_the_next_time(stage: Stage) -> None:
    world = stage.site.world
    world.said.append(said("hackernews", "101", "prela query crashes with a TypeError"))
    stage.site.parts["hackernews"].faults.extend([Response(status_code=404)] * 9)
    finished = await run_once(stage.settings, "scout", stage.clock, live=True)
    assert RunState.PARTIAL is finished.outcome.state
    assert not world.kept["linear"].issues
    stage.site.parts["hackernews"].reset()
    assert 1 == (await stage.run("scout"))["issues"]


async def test_releases_docs_and_competitors_pages_become_drafts(stage: Stage) -> None:
    world = stage.site.world
    world.releases.append(
        Release(where="prela/prela", version="v0.3.0", at=EARLIER, notes="Exports know CSV now.")
    )
    world.written.append(
        Written(path="pricing", at=EARLIER, body="<p>Rival is free for 3 users.</p>")
    )
    counts = await stage.run("amplifier")
    assert 1 == counts["claims"]

    stage.clock.advance(timedelta(days=1))
    world.written.append(
        Written(path="pricing", at=NOON, body="<p>Rival costs 29 dollars per seat.</p>")
    )
    assert 1 == (await stage.run("amplifier"))["stale"]
    with Database(stage.settings.directory / "state.sqlite") as db:
        drafts = [each.draft for each in Drafts(db, stage.clock).list()]
    cards = [each for each in drafts if each.about.startswith("battle_card:Rival")]
    assert "~~“Rival is free for 3 users.”~~" in cards[0].parts[0]
    assert {
        ("release:0.3.0/x", DraftKind.THREAD),
        ("release:0.3.0/discord", DraftKind.NOTE),
        ("release:0.3.0/hackernews", DraftKind.FACT_SHEET),
    } <= {(each.about, each.kind) for each in drafts}
