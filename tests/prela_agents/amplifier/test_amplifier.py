"""Amplifier from what sources give to drafts, claims and cards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.prela_agents.making import item, page
from tests.prela_agents.outbox.crashing import SOURCE, Crash, crashing_before_line
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.amplifier import RULES, Amplifier, battle_card
from prela_agents.errors import AgentError, GoneError, ModelRefusedError
from prela_agents.index import DocsIndex, LateIndex, cut
from prela_agents.model import (
    Cursor,
    Draft,
    DraftKind,
    DraftState,
    Item,
    ItemKind,
    Outcome,
    Page,
    Platform,
    Product,
    Profile,
    RunState,
)
from prela_agents.models.rules import RulesModel
from prela_agents.models.scripted import Line, ScriptedModel
from prela_agents.ports import Model, Parts
from prela_agents.state import Database, Drafts, Memory
from prela_core.testing.factories import NOON

WORDS = " ".join(f"Sentence number {n} says a thing of spans and days." for n in range(9))
DOCS = f"# Deleting\n\nTraces are removed for good. {WORDS}\n\n# Sending\n\nSpans go over HTTP.\n"
US = Product(name="Prela", repository="prela/prela")
RIVAL = Product(name="Rival", pages=("https://rival.test/pricing",))
PROFILE = Profile(
    us=US, competitors=(RIVAL,), announce_channel="42", docs_url="https://docs.prela.test/"
)
RELEASE = item(
    "prela/prela@v0.3.0",
    platform=Platform.GITHUB,
    kind=ItemKind.RELEASE,
    url="https://github.test/prela/prela/releases/v0.3.0",
    where="prela/prela",
    title="v0.3.0",
    text="Exports know CSV from now on. Tail reconnects by itself.",
    extra={"version": "v0.3.0"},
)


def pricing(text: str, digest: str) -> Item:
    return item(
        f"https://rival.test/pricing#{digest}",
        platform=Platform.WEB,
        kind=ItemKind.PAGE,
        url="https://rival.test/pricing",
        where="https://rival.test/pricing",
        source="web:page/https://rival.test/pricing",
        title="Pricing",
        text=text,
        extra={"hash": digest},
    )


FREE = pricing("Rival is free for 3 users.\nRetention is 30 days on every plan.", "h1")
PAID = pricing("Rival is 29 dollars per seat.\nRetention is 30 days on every plan.", "h2")


class Blind:
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0] for _ in texts]


@attrs.define
class Shelf:
    """A source of some items, each page the whole of them."""

    name: str
    items: tuple[Item, ...] = ()
    error: Exception | None = None
    platform: Platform = Platform.WEB

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        if self.error is not None:
            raise self.error
        return page(*self.items, cursor="c1")


@attrs.define
class World:
    db: Database
    shelf: Shelf = attrs.field(
        factory=lambda: Shelf("web:page/https://rival.test/pricing", (RELEASE, FREE))
    )
    model: Model = attrs.field(factory=lambda: RulesModel(RULES))
    docs: str = DOCS
    clock: StandingClock = attrs.field(factory=lambda: StandingClock(NOON))

    def amplifier(self) -> Amplifier:
        return Amplifier(
            PROFILE,
            Parts(
                sources=(self.shelf,),
                model=self.model,
                index=LateIndex(self._index),
                embedder=Blind(),
                state=self.memory,
                history=Remembered(),
                clock=self.clock,
            ),
        )

    def _index(self) -> DocsIndex:
        if not self.docs:
            raise AgentError("there are no docs")
        return DocsIndex(cut("docs/deletion.md", self.docs), Blind())

    @property
    def memory(self) -> Memory:
        return Memory(self.db, "amplifier", self.clock)

    async def run(self) -> Outcome:
        return await self.amplifier().run()

    def states(self, about: str) -> list[DraftState]:
        found = Drafts(self.db, self.clock).list()
        return [each.state for each in found if each.draft.about.startswith(about)]

    def drafts(self, about: str = "") -> list[Draft]:
        found = [each.draft for each in Drafts(self.db, self.clock).list()]
        return [each for each in found if each.about.startswith(about)]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "state.sqlite") as found:
        yield found


@pytest.mark.anyio
async def test_docs_that_can_not_be_read_keep_nothing_else_from_being_done(db: Database) -> None:
    world = World(db, docs="")
    outcome = await world.run()
    assert {"docs", "positioning"} == {each.where for each in outcome.failures}
    assert RunState.PARTIAL is outcome.state
    assert (1, 1) == (len(world.drafts("battle_card:")), len(world.drafts("release:0.3.0/x")))


@pytest.mark.anyio
async def test_docs_that_can_not_be_read_are_all_that_fails_a_run_without_sources(
    db: Database,
) -> None:
    world = World(db, docs="")
    world.shelf.error = AgentError("down")
    assert RunState.FAILED is (await world.run()).state


@pytest.mark.anyio
async def test_releases_docs_and_pages_become_drafts_claims_and_cards(db: Database) -> None:
    world = World(db)
    outcome = await world.run()
    assert () == outcome.failures
    assert (2, 2, 0) == tuple(outcome.counts[name] for name in ("items", "claims", "stale"))
    assert {
        ("release:0.3.0/x", DraftKind.THREAD),
        ("release:0.3.0/discord", DraftKind.NOTE),
        ("release:0.3.0/hackernews", DraftKind.FACT_SHEET),
    } == {(each.about, each.kind) for each in world.drafts("release:")}
    assert {"x", "discord", "hackernews", "web"} == {
        each.about.partition("/deletion.md@")[2].partition("/")[2] for each in world.drafts("docs:")
    }
    (thread,) = [each for each in world.drafts("release:") if each.kind is DraftKind.THREAD]
    assert "Exports know CSV from now on." in thread.parts[0]
    assert thread.parts[-1].endswith(RELEASE.url)
    (card,) = world.drafts("battle_card:Rival")
    assert "- “Rival is free for 3 users.”" in card.parts[0]
    assert "https://rival.test/pricing, read" in card.parts[0]
    (positioning,) = world.drafts("positioning")
    assert "Prela: Deleting (https://docs.prela.test/docs/deletion.md)" in positioning.parts[0]


@pytest.mark.anyio
async def test_nothing_is_drafted_twice_and_a_changed_page_of_the_docs_is_new(db: Database) -> None:
    world = World(db)
    await world.run()
    before = len(world.drafts())
    assert 0 == (await world.run()).counts["drafts"]
    world.docs = DOCS.replace("for good", "for ever")
    assert 4 == (await world.run()).counts["drafts"]
    assert before + 4 == len(world.drafts())


@pytest.mark.anyio
async def test_drafts_of_a_page_of_the_docs_overtake_those_of_how_it_read_before(
    db: Database,
) -> None:
    world = World(db)
    await world.run()
    drafts, about = Drafts(db, world.clock), "docs:docs/deletion.md@"
    thread, note = (
        next(each for each in world.drafts(about) if each.about.endswith(f"/{place}"))
        for place in ("x", "discord")
    )
    drafts.approve(note.id, note.content_hash, "grace")  # somebody wants just these words out

    world.docs = DOCS.replace("for good", "for ever")
    await world.run()
    new = [each for each in drafts.list() if each.draft.about.startswith(about)][:4]
    assert {DraftState.QUEUED} == {each.state for each in new}
    assert {DraftState.SUPERSEDED, DraftState.APPROVED} == set(world.states(about)[4:])
    assert DraftState.APPROVED is getattr(drafts.get(note.id), "state", None)
    assert {DraftState.QUEUED} == set(world.states("release:"))

    # What the page says again is drafted again, and what it said in between is not.
    world.docs = DOCS
    await world.run()
    assert DraftState.QUEUED is getattr(drafts.get(thread.id), "state", None)
    assert {DraftState.SUPERSEDED} == {
        getattr(drafts.get(each.draft.id), "state", None) for each in new
    }


@pytest.mark.anyio
async def test_old_releases_trials_and_those_of_others_are_not_announced(db: Database) -> None:
    world = World(db)
    world.shelf.items = (
        attrs.evolve(RELEASE, id="1", created_at=NOON - timedelta(days=15)),
        attrs.evolve(RELEASE, id="2", extra={"version": "v0.4rc1", "prerelease": "true"}),
        attrs.evolve(RELEASE, id="3", where="rival/rival"),
        attrs.evolve(RELEASE, id="4", text=" "),
    )
    assert () == (await world.run()).failures
    assert [] == world.drafts("release:")


@pytest.mark.anyio
async def test_a_card_goes_stale_by_itself_when_its_source_changed(db: Database) -> None:
    world = World(db)
    await world.run()
    world.shelf.items = (PAID,)
    world.clock.advance(timedelta(days=7))
    outcome = await world.run()

    assert 1 == outcome.counts["stale"]
    good = {each.quote: each.is_good(world.clock.now()) for each in world.memory.claims()}
    assert {
        "Rival is free for 3 users.": False,
        "Rival is 29 dollars per seat.": True,
        "Retention is 30 days on every plan.": True,  # it was read again
    } == good
    newest, oldest = world.drafts("battle_card:Rival")
    assert "~~“Rival is free for 3 users.”~~ (its source changed" in newest.parts[0]
    assert "~~" not in oldest.parts[0]
    assert "free for 3 users" not in world.drafts("positioning")[0].parts[0]
    assert [DraftState.QUEUED, DraftState.SUPERSEDED] == world.states("battle_card:Rival")
    assert [DraftState.QUEUED, DraftState.SUPERSEDED] == world.states("positioning")


@pytest.mark.anyio
async def test_a_card_that_holds_again_is_there_again(db: Database) -> None:
    world = World(db)
    await world.run()
    (first,) = world.drafts("battle_card:Rival")
    Drafts(db, world.clock).approve(first.id, first.content_hash, "grace")
    world.memory.source_seen(FREE.url, "another")
    await world.run()
    assert [DraftState.QUEUED, DraftState.SUPERSEDED] == world.states("battle_card:Rival")
    for each in world.memory.claims():
        world.memory.put_claim(attrs.evolve(each, stale_since=None))
    world.clock.advance(timedelta(days=1))
    assert 1 == (await world.run()).counts["drafts"]
    cards = [each for each in Drafts(db, world.clock).list() if "Rival" in each.draft.about]
    newest, again = cards
    assert (DraftState.SUPERSEDED, DraftState.QUEUED) == (newest.state, again.state)
    assert (first.id, None) == (again.draft.id, again.approval)
    assert newest.reason == f"a newer one is there: {first.id[:8]}"
    assert 0 == (await world.run()).counts["drafts"]


@pytest.mark.anyio
async def test_claims_of_a_page_that_is_gone_are_stale(db: Database) -> None:
    world = World(db)
    await world.run()
    world.shelf.error = GoneError("web", "404")
    outcome = await world.run()
    assert [world.shelf.name] == [each.where for each in outcome.failures]
    assert not any(each.is_good(world.clock.now()) for each in world.memory.claims())
    assert "Nothing in the ledger stands" in world.drafts("battle_card:Rival")[0].parts[0]


@pytest.mark.anyio
async def test_claims_expire_by_themselves(db: Database) -> None:
    world = World(db)
    await world.run()
    later = NOON + timedelta(days=400)
    card = battle_card(RIVAL, world.memory.claims(), later)
    assert "Nothing in the ledger stands" in card
    assert "(expired on" in card


@pytest.mark.anyio
async def test_what_a_model_writes_badly_is_written_by_the_rules(db: Database) -> None:
    empty = {"title": "t", "hook": "See https://evil.test", "points": [], "quotes": []}
    world = World(db, model=ScriptedModel([
        Line(task="amplifier.write", value=empty),
        Line(task="amplifier.claims", value=ModelRefusedError("no")),
    ]))  # fmt: skip
    await world.run()
    assert all("evil" not in "".join(each.parts) for each in world.drafts())
    assert world.drafts("release:")
    assert world.drafts("battle_card:")


def test_no_draft_twice_and_none_missing_whatever_line_a_run_ends_at(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    with Database(empty) as db:
        db.tidy()
    watched = (str(SOURCE / "amplifier" / "agent.py"), str(SOURCE / "collecting.py"))

    def lives(path: Path, crash_at: int | None) -> tuple[bool, list[Any]]:
        with Database(path) as db:
            db.change("PRAGMA synchronous = OFF")  # a process ends, not the machine
            world = World(db)
            run = world.amplifier().run()
            try:
                with crashing_before_line(crash_at, watched):
                    run.send(None)  # nothing in it waits for the net
            except StopIteration:
                return True, sorted((each.about, each.kind) for each in world.drafts())
            except Crash:
                return False, []
            finally:
                run.close()
        raise AssertionError("it waits for something")

    number, ended, expected = 0, False, None
    while not ended:
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(empty, path)
        ended, _ = lives(path, number)
        _, drafts = lives(path, None)
        assert expected in {None, tuple(drafts)}, number
        expected = tuple(drafts)
        path.unlink()
        number += 1
    assert 9 == len(set(expected or ()))
    assert number > 50
