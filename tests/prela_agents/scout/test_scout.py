"""Scout from what sources give to drafts and issues, without a key and with a scripted model."""

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
from tests.prela_agents.outbox.standins.places import Board
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import MalformedAnswerError, ModelRefusedError, NotSentError
from prela_agents.index import DocsIndex, cut
from prela_agents.model import (
    Cursor,
    DraftKind,
    DraftState,
    Item,
    Outcome,
    Page,
    Platform,
    Product,
    Profile,
    RunState,
)
from prela_agents.models.rules import RulesModel
from prela_agents.models.scripted import Line, ScriptedModel
from prela_agents.ours import PRELA
from prela_agents.outbox import DryDesk, IssueDesk
from prela_agents.ports import Desk, Model, Parts
from prela_agents.reading import READ
from prela_agents.scout import RULES, Scout
from prela_agents.scout.answering import ANSWER
from prela_agents.scout.filing import SAME
from prela_agents.state import Database, Drafts, IssueLinks, Memory
from prela_core.testing.factories import NOON

DOCS = """# Deleting

Traces are removed for good by `prela delete`. It asks first.

# Retention

Spans are kept for 90 days. `PRELA_RETENTION_DAYS` changes that.
"""
PROFILE = Profile(
    us=PRELA,
    competitors=(Product(name="Tracewell"),),
    docs_url="https://docs.prela.test/",
    accounts=("prela-team",),
)


class Blind:
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0] for _ in texts]


@attrs.define
class Shelf:
    """A source with everything on one page, or an error."""

    name: str
    items: tuple[Item, ...] = ()
    error: Exception | None = None
    asked: int = 0
    platform: Platform = Platform.REDDIT

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return page(*self.items) if cursor is None else page(*self.items, cursor="c2")


@attrs.define
class World:
    """A Scout with all that is around it."""

    db: Database
    items: tuple[Item, ...] = ()
    sources: tuple[Shelf, ...] | None = None
    model: Model = attrs.field(factory=lambda: RulesModel(RULES))
    board: Board = attrs.field(factory=Board)
    history: Remembered = attrs.field(factory=Remembered)
    clock: StandingClock = attrs.field(factory=lambda: StandingClock(NOON))
    tracker: bool = True
    dry: bool = False

    def scout(self) -> Scout:
        return Scout(
            PROFILE,
            Parts(
                sources=self.sources or (Shelf("reddit:search/prela", self.items),),
                model=self.model,
                index=DocsIndex(cut("docs/guide.md", DOCS), Blind()),
                embedder=Blind(),
                tracker=self.board if self.tracker else None,
                desk=self.desk(),
                state=self.memory,
                history=self.history,
                clock=self.clock,
            ),
        )

    def desk(self) -> Desk | None:
        if self.dry:
            return DryDesk(self.links)
        return IssueDesk(self.links, self.board) if self.tracker else None

    @property
    def links(self) -> IssueLinks:
        return IssueLinks(self.db, self.clock)

    @property
    def memory(self) -> Memory:
        return Memory(self.db, "scout", self.clock)

    async def run(self) -> Outcome:
        return await self.scout().run()

    def drafts(self) -> list[Any]:
        return [each.draft for each in Drafts(self.db, self.clock).list()]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "state.sqlite") as found:
        yield found


QUESTION = item(
    "q1", title="", text="How many days are spans kept by prela? What retention is there?"
)
BUG = item(
    "b1", title="prela tail hangs", text="It hangs for ever after a reconnect of `prela tail`"
)
PERHAPS_THE_FIRST = "- Perhaps the same as [PRE-1](https://board.test/PRE-1): prela tail hangs\n"
BUG_AGAIN = item("b2", title="`prela tail` stuck", text="prela tail hangs when it should reconnect")
WISH = item("f1", title="Feature request: prela export to csv", text="please")
PRAISE = item("p1", title="", text="prela query is great, thank you")
VILLAGE = item("v1", title="", text="Sunset over Prelà, near Imperia in Liguria")


@pytest.mark.anyio
async def test_faults_of_a_competitor_are_not_ours(db: Database) -> None:
    text = "Tracewell was down, our agents' spans are lost. Any error in your traces?"
    world = World(db, (item("o1", title="Outage of Tracewell", text=text),))
    assert 0 == (await world.run()).counts.get("issues", 0)
    assert [] == list(world.history.mentions(NOON - timedelta(days=1), NOON + timedelta(days=1)))
    assert [] == world.board.made


@pytest.mark.anyio
async def test_what_is_said_becomes_drafts_and_issues(db: Database) -> None:
    world = World(db, (QUESTION, BUG, BUG_AGAIN, WISH, PRAISE, VILLAGE))
    outcome = await world.run()

    assert RunState.COMPLETE is outcome.state
    expected = {"items": 6, "mentions": 5, "drafts": 1, "issues": 3}
    assert expected == {name: count for name, count in outcome.counts.items() if count}
    (draft,) = world.drafts()
    assert (Platform.REDDIT, DraftKind.REPLY, "python", "q1") == (
        draft.platform,
        draft.kind,
        draft.where,
        draft.reply_to,
    )
    assert "> Spans are kept for 90 days." in draft.parts[0]
    assert "https://docs.prela.test/docs/guide.md#retention" in draft.parts[0]
    assert [("prela tail hangs", ("bug", "from users")),
            ("`prela tail` stuck", ("bug", "from users")),
            ("Feature request: prela export to csv", ("feature request", "from users"))] == [
        (each.title, each.labels) for each in world.board.made
    ]  # fmt: skip
    ids = [each.id for each in world.board.made]
    assert set(zip(ids, (BUG.url, BUG_AGAIN.url, WISH.url), strict=True)) == set(
        world.board.attachments
    )
    assert "Perhaps" not in world.board.made[0].description
    assert PERHAPS_THE_FIRST in world.board.made[1].description
    assert 5 == len(world.history.mentions(NOON, NOON.replace(year=2100)))


@pytest.mark.anyio
@pytest.mark.parametrize("tracker", [True, False])
async def test_one_bug_that_dry_runs_hear_of_twice_is_one_issue_if_a_model_says_so(
    db: Database, *, tracker: bool
) -> None:
    said = ScriptedModel(SCRIPT)
    first = World(db, (BUG,), model=said, tracker=tracker, dry=True)
    assert 1 == (await first.run()).counts["planned"]
    again = World(db, (BUG, BUG_AGAIN), model=said, tracker=tracker, dry=True)
    assert (1, []) == ((await again.run()).counts["planned"], again.board.made)
    assert [] == await IssueDesk(again.links, again.board).catch_up()
    (made,) = again.board.made
    assert {(made.id, BUG.url), (made.id, BUG_AGAIN.url)} == set(again.board.attachments)


@pytest.mark.anyio
async def test_without_a_model_the_second_names_the_first_by_what_it_has_become(
    db: Database,
) -> None:
    dry = World(db, (BUG, BUG_AGAIN), dry=True)
    assert 2 == (await dry.run()).counts["planned"]
    (named,) = dry.links.planned()[1].new.perhaps  # type: ignore[union-attr] - it is a new one
    assert ("", BUG.title, BUG.url) == (named.number, named.title, named.url)
    assert [] == await IssueDesk(dry.links, dry.board).catch_up()
    assert PERHAPS_THE_FIRST in dry.board.made[1].description


@pytest.mark.anyio
async def test_what_was_said_in_the_same_words_is_attached_without_a_model(db: Database) -> None:
    elsewhere = attrs.evolve(BUG, id="b9", url="https://discord.test/b9", platform=Platform.DISCORD)
    world = World(db, (BUG, elsewhere))
    counts = (await world.run()).counts
    assert (1, 1) == (counts["issues"], counts["attached"])
    assert {BUG.url, elsewhere.url} == {url for _, url in world.board.attachments}


@pytest.mark.anyio
async def test_a_second_run_does_nothing_again(db: Database) -> None:
    world = World(db, (QUESTION, BUG))
    await world.run()
    outcome = await world.run()
    assert {"items": 0} == outcome.counts
    assert (1, 1) == (len(world.drafts()), len(world.board.made))


@pytest.mark.anyio
async def test_what_the_docs_do_not_say_is_not_answered(db: Database) -> None:
    world = World(db, (item("q", title="", text="Is there a Helm chart for prela serve?"),))
    assert 1 == (await world.run()).counts["unanswered"]
    assert [] == world.drafts()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("platform", "addresses_us", "kind"),
    [
        (Platform.REDDIT, False, DraftKind.REPLY),
        (Platform.DISCORD, False, DraftKind.REPLY),
        (Platform.X, True, DraftKind.REPLY),
        (Platform.X, False, DraftKind.FACT_SHEET),
        (Platform.HACKERNEWS, False, DraftKind.FACT_SHEET),
    ],
)
async def test_who_may_not_be_replied_to_by_a_program_gets_a_sheet_of_facts(
    db: Database,
    platform: Platform,
    addresses_us: bool,  # noqa: FBT001
    kind: DraftKind,
) -> None:
    asked = attrs.evolve(QUESTION, platform=platform, addresses_us=addresses_us)
    world = World(db, (asked,))
    await world.run()
    (draft,) = world.drafts()
    assert kind is draft.kind
    assert (kind is DraftKind.FACT_SHEET) == draft.parts[0].startswith("Write this yourself")
    assert (None if kind is DraftKind.FACT_SHEET else "q1") == draft.reply_to
    if platform is Platform.X and addresses_us:
        assert len(draft.parts[0]) <= 280


@pytest.mark.anyio
async def test_a_source_that_fails_does_not_stop_the_others(db: Database) -> None:
    broken = Shelf("x:search", error=NotSentError("x", "is down"))
    world = World(db, sources=(broken, Shelf("reddit:search/prela", (QUESTION,))))
    outcome = await world.run()
    assert RunState.PARTIAL is outcome.state
    assert [("x:search", "x: is down")] == [(each.where, each.why) for each in outcome.failures]
    assert 1 == outcome.counts["drafts"]


@pytest.mark.anyio
async def test_an_item_that_fails_is_tried_again(db: Database) -> None:
    lines = [
        Line(task=READ, value=NotSentError("claude", "is down")),
    ]
    world = World(db, (QUESTION,), model=ScriptedModel(lines))
    outcome = await world.run()
    assert [QUESTION.key] == [each.where for each in outcome.failures]
    world.model = RulesModel(RULES)
    assert 1 == (await world.run()).counts["drafts"]


@pytest.mark.anyio
async def test_when_one_after_the_other_fails_the_rest_waits(db: Database) -> None:
    items = tuple(attrs.evolve(QUESTION, id=f"q{n}", url=f"u{n}") for n in range(9))
    world = World(db, items, model=ScriptedModel([Line(task=READ, value=NotSentError("m", "no"))]))
    outcome = await world.run()
    assert [*(each.key for each in items[:5]), "items"] == [each.where for each in outcome.failures]
    assert 9 == len(world.memory.pending())


@pytest.mark.anyio
async def test_items_that_fail_for_what_they_are_hold_up_none_behind_them(db: Database) -> None:
    items = tuple(attrs.evolve(QUESTION, id=f"q{n}", url=f"u{n}") for n in range(9))
    lines = [Line(task=READ, value=MalformedAnswerError("m", "no"))]
    outcome = await World(db, items, model=ScriptedModel(lines)).run()
    assert [each.key for each in items] == [each.where for each in outcome.failures]


@pytest.mark.anyio
async def test_what_a_model_declines_to_read_is_read_by_rules_which_sign_it(db: Database) -> None:
    world = World(db, (QUESTION,), model=ScriptedModel([
        Line(task=READ, value=ModelRefusedError("no")),
        Line(task=ANSWER, value=ModelRefusedError("no")),
    ]))  # fmt: skip
    assert 1 == (await world.run()).counts["drafts"]
    (mention,) = world.history.mentions(NOON, NOON.replace(year=2100))
    assert "rules" == mention.judge


@pytest.mark.anyio
async def test_what_is_taken_back_takes_its_mention_and_its_draft_with_it(db: Database) -> None:
    world = World(db, (QUESTION,))
    await world.run()
    world.items = (attrs.evolve(QUESTION, deleted=True, title="", text=""),)
    await world.run()
    assert [] == world.history.mentions(NOON, NOON.replace(year=2100))
    (reviewed,) = Drafts(db, world.clock).list()
    assert DraftState.PURGED is reviewed.state
    assert "How many" not in str(reviewed)


@pytest.mark.anyio
async def test_old_questions_are_counted_and_not_answered_any_more(db: Database) -> None:
    old = NOON - timedelta(days=15)
    world = World(db, tuple(attrs.evolve(each, created_at=old) for each in (QUESTION, BUG)))
    counts = (await world.run()).counts
    assert (2, 1) == (counts["mentions"], counts["issues"])
    assert [] == world.drafts()


@pytest.mark.anyio
async def test_what_we_say_ourselves_is_not_answered(db: Database) -> None:
    world = World(db, (attrs.evolve(QUESTION, author="Prela-Team"),))
    outcome = await world.run()
    assert {"items": 1} == {name: count for name, count in outcome.counts.items() if count}
    assert [] == world.drafts()
    assert [] == world.memory.pending()


@pytest.mark.anyio
async def test_without_a_tracker_bugs_are_counted_and_nothing_is_filed(db: Database) -> None:
    world = World(db, (BUG,), tracker=False)
    assert 1 == (await world.run()).counts["unfiled"]


SCRIPT = [
    Line(task=READ, value=lambda said: {
        "relevance": 1.0,
        "intent": "question" if "How" in said["post"]["text"] else "bug",
        "sentiment": "neutral",
    }),
    Line(task=ANSWER, value={
        "answered": True,
        "text": "For 90 days.",
        "quotes": [{"passage": 0, "text": "Spans are kept for 90 days."}],
    }),
    Line(task=SAME, value=lambda said: {
        "same": "tail" in said["report"]["title"] and "tail" in said["issue"]["title"],
        "certainty": 1.0,
    }),
]  # fmt: skip


@pytest.mark.parametrize("model", [ScriptedModel(SCRIPT), RulesModel(RULES)])
def test_no_draft_and_no_issue_twice_whatever_line_a_run_ends_at(
    tmp_path: Path, model: Model
) -> None:
    empty = tmp_path / "empty.sqlite"
    with Database(empty) as db:
        db.tidy()
    resolver = ("agent.py", "filing/candidates.py", "filing/resolving.py", "filing/writing.py")
    watched = (
        *(str(SOURCE / "scout" / each) for each in resolver),
        *(
            str(SOURCE / each)
            for each in ("collecting.py", "outbox/alike.py", "models/or_rules.py")
        ),
    )
    items = (QUESTION, BUG, BUG_AGAIN)
    titles = [BUG.title] if model.name != "rules" else [BUG.title, BUG_AGAIN.title]

    def lives(path: Path, world: World, crash_at: int | None) -> bool:
        with Database(path) as db:
            db.change("PRAGMA synchronous = OFF")  # a process ends, not the machine
            world.db = db
            scout = world.scout().run()
            try:
                with crashing_before_line(crash_at, watched):
                    scout.send(None)  # nothing in it waits for the net
            except StopIteration:
                return True
            except Crash:
                return False
            finally:
                scout.close()
        raise AssertionError("it waits for something")

    number, ended = 0, False
    while not ended:
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(empty, path)
        world = World(None, items, model=model)  # type: ignore[arg-type] - set above
        ended = lives(path, world, number)
        assert lives(path, world, None)
        assert titles == [each.title for each in world.board.made], number
        assert all(PERHAPS_THE_FIRST in each.description for each in world.board.made[1:]), number
        assert 2 == len(world.board.attachments), number
        with Database(path) as db:
            assert 1 == len(Drafts(db, world.clock).list()), number
        path.unlink()
        number += 1
    assert number > 250
