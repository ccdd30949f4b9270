"""Sentinel from sources to a report in which every sentence has its source."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.prela_agents.making import item
from tests.prela_agents.remembering import Remembered
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.standing_world import Shelf, parts

from prela_agents.errors import ModelRefusedError, NotSentError
from prela_agents.model import (
    ChangeKind,
    Item,
    ItemKind,
    Outcome,
    Platform,
    Product,
    Profile,
    Report,
    RunState,
)
from prela_agents.models.rules import RulesModel
from prela_agents.models.scripted import Line, ScriptedModel
from prela_agents.ports import Model
from prela_agents.reading import READ
from prela_agents.reports import as_markdown
from prela_agents.sentinel import RULES, Sentinel
from prela_agents.sentinel.aspects import FIND
from prela_agents.sentinel.changes import TAKE_APART
from prela_agents.state import Database

pytestmark = pytest.mark.anyio

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
PROFILE = Profile(
    us=Product(name="Prela", repository="prela/prela"),
    competitors=(
        Product(
            name="Rival",
            near=("tracing", "spans"),
            repository="r/r",
            package="rival",
            feeds=("https://r.test/feed",),
            pages=("https://r.test/pricing",),
        ),
        Product(name="Other", repository="o/o"),
    ),
)
NOTES = "### Added\n- Alerts on cost\n\n### Fixed\n- A crash of the search\n"


def at(day: int, hour: int = 9) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def github(version: str = "v2.0", text: str = NOTES, **changes: Any) -> Item:
    values = {
        "platform": Platform.GITHUB,
        "kind": ItemKind.RELEASE,
        "where": "r/r",
        "url": f"https://github.com/r/r/releases/tag/{version}",
        "created_at": at(1),
        "title": version,
        "text": text,
        "extra": {"version": version},
    }
    return item(f"r/r@{version}", **{**values, **changes})


def pypi(version: str = "2.0") -> Item:
    url = f"https://pypi.org/project/rival/{version}/"
    return github(version, "", platform=Platform.PYPI, where="rival", url=url, created_at=at(1, 10))


def post(text: str, number: int = 1, **changes: Any) -> Item:
    values = {"title": "", "text": text, "created_at": at(2), "author": "ada"}
    return item(f"t3_{number}", **{**values, **changes})


@attrs.define
class Run:
    db: Database
    shelves: list[Shelf] = attrs.field(factory=list)
    history: Remembered = attrs.field(factory=Remembered)
    clock: StandingClock = attrs.field(factory=lambda: StandingClock(at(6, 20)))
    model: Model = attrs.field(factory=lambda: RulesModel(RULES))

    def has(self, *items: Item, name: str = "github:releases/r/r") -> None:
        self.shelves.append(Shelf(name, list(items)))

    async def once(self) -> Outcome:
        made = parts(
            self.db,
            "sentinel",
            self.clock,
            self.history,
            model=self.model,
            sources=tuple(self.shelves),
        )
        return await Sentinel(PROFILE, made).run()

    def changes(self) -> list[tuple[str, str]]:
        found = self.history.changes(at(-30), at(30))
        return [(each.kind, each.summary) for each in found]

    def report(self, name: str = "sentinel-2026-W47") -> Report:
        return next(each for each in self.history.reports("sentinel") if each.id == name)

    def text(self, heading: str) -> list[str]:
        return [
            sentence.text
            for section in self.report().sections
            if section.heading == heading
            for sentence in section.sentences
        ]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Database(tmp_path / "state.sqlite") as db:
        yield Run(db)


async def test_a_release_becomes_changes_and_a_report(run: Run) -> None:
    run.has(github())
    outcome = await run.once()
    assert RunState.COMPLETE == outcome.state
    assert {"items": 1, "changes": 3, "reports": 1} == outcome.counts
    assert [
        "Rival 2.0 came out on 17 November.",
        "New (2.0): Alerts on cost.",
        "Fixed (2.0): A crash of the search.",
    ] == run.text("What Rival did")
    assert [
        "Rival released 2.0 and made 2 changes that it tells of.",
        "Other told of no change.",
    ] == run.text("In short")


@pytest.mark.parametrize("odd", ["2.²", f"2.{'9' * 5000}", "2.x"])
async def test_a_version_that_is_no_number_stops_no_report(run: Run, odd: str) -> None:
    run.has(github(), github(f"v{odd}", url="https://github.com/r/r/releases/tag/odd"))
    assert RunState.COMPLETE == (await run.once()).state
    assert 2 == sum("came out" in each for each in run.text("What Rival did"))


async def test_every_sentence_has_its_source(run: Run) -> None:
    run.has(github(), pypi())
    run.has(post("Rival's pricing is too expensive for tracing"), name="reddit:search/Rival")
    await run.once()
    for section in run.report().sections:
        for sentence in section.sentences:
            assert sentence.sources
            assert all(each.startswith(("https://", "history:")) for each in sentence.sources)
    assert "https://github.com/r/r/releases/tag/v2.0" in as_markdown(run.report())


async def test_a_version_is_taken_apart_where_most_is_said_of_it(run: Run) -> None:
    run.has(pypi(), name="pypi:versions/rival")
    feed = github(
        "2.0",
        "- Alerts for the price of things",
        platform=Platform.FEED,
        where="https://r.test/feed",
        url="https://r.test/2.0",
    )
    run.has(feed, name="feed:entries/https://r.test/feed")
    run.has(github())
    await run.once()
    assert 2 == sum(kind != ChangeKind.RELEASE for kind, _ in run.changes())
    assert ["Rival 2.0 came out on 17 November."] == run.text("What Rival did")[:1]


async def test_pypi_alone_tells_of_a_version(run: Run) -> None:
    run.has(name="github:releases/r/r")
    run.shelves[0].broken = True
    run.has(pypi("2.1"), name="pypi:versions/rival")
    outcome = await run.once()
    assert RunState.PARTIAL == outcome.state
    assert ["Rival 2.1 came out on 17 November."] == run.text("What Rival did")


async def test_a_source_that_fails_is_told_and_is_no_silence(run: Run) -> None:
    run.has(name="feed:entries/https://r.test/feed")
    run.shelves[0].broken = True
    outcome = await run.once()
    assert RunState.FAILED == outcome.state
    (said,) = run.text("Could not be read")
    assert "https://r.test/feed could not be read on 22 November" in said
    run.clock.advance(timedelta(days=1))
    run.shelves[0].broken = False
    await run.once()
    assert [said] == run.text("Could not be read")


async def test_trial_versions_are_left_out(run: Run) -> None:
    run.has(github("v3.0rc1", extra={"version": "v3.0rc1", "prerelease": "yes"}))
    await run.once()
    assert [] == run.changes()


async def test_a_page_is_compared_with_what_it_was(run: Run) -> None:
    def page(text: str, hour: int) -> Item:
        return github(
            str(hour),
            text,
            platform=Platform.WEB,
            kind=ItemKind.PAGE,
            where="https://r.test/pricing",
            url="https://r.test/pricing",
            source="web:page/https://r.test/pricing",
            created_at=at(1, hour),
            title="Pricing",
            extra={},
        )

    run.has(page("Pro: $20 a month", 1), name="web:page/https://r.test/pricing")
    await run.once()
    assert [] == run.changes()
    run.shelves[0].items = [page("Pro: $35 a month", 5)]
    await run.once()
    ((kind, summary),) = run.changes()
    assert ChangeKind.PRICING == kind
    assert "Now says: Pro: $35 a month (before: Pro: $20 a month)" == summary
    await run.once()
    assert 1 == len(run.changes())


async def test_what_users_say_about_which_side(run: Run) -> None:
    run.has(
        post("Rival's tracing is too expensive, the pricing doubled", 1),
        post("Spans in Rival: love the dashboard", 2),
        post("Rival is expensive for tracing", 3, url="https://x.test/3"),
        post("My rival at chess lost", 4),
        name="reddit:search/Rival",
    )
    outcome = await run.once()
    assert 3 == outcome.counts["mentions"]
    price, ease = run.text("What users of Rival say")
    assert price.startswith("Price: 2 unhappy. “Rival's tracing is too expensive")
    assert ease.startswith("Ease of use: 1 happy.")
    section = next(
        each for each in run.report().sections if each.heading == "What users of Rival say"
    )
    assert ("https://reddit.test/t3_1", "https://x.test/3") == section.sentences[0].sources
    assert 1 == len(section.figures)


async def test_a_competitor_s_own_issues_are_about_it(run: Run) -> None:
    issue = post("The search is broken since the upgrade", platform=Platform.GITHUB, where="r/r")
    run.has(issue, name="github:issues/r/r")
    await run.once()
    (mention,) = run.history.mentions(at(0), at(7), "Rival")
    assert 1.0 == mention.relevance
    assert ["reliability"] == [each.name for each in mention.aspects]


async def test_we_are_not_our_own_competitor(run: Run) -> None:
    run.has(post("Prela's spans are lost"), name="reddit:search/x")
    run.has(github("v0.3", where="prela/prela"))
    await run.once()
    assert [] == list(run.history.mentions(at(0), at(7)))
    assert run.history.reports() == []


async def test_a_second_run_changes_nothing(run: Run) -> None:
    run.has(github(), pypi())
    run.has(post("Rival's tracing is too expensive"), name="reddit:search/Rival")
    await run.once()
    first = as_markdown(run.report())
    outcome = await run.once()
    assert 0 == outcome.counts["items"]
    assert first == as_markdown(run.report())


def line(task: str, value: Any) -> Line:
    return Line(task=task, value=value)


async def test_what_a_model_declines_rules_do(run: Run) -> None:
    run.model = ScriptedModel([line(TAKE_APART, ModelRefusedError("no"))])
    run.has(github())
    assert RunState.COMPLETE == (await run.once()).state
    assert 3 == len(run.changes())


async def test_an_outage_of_the_model_leaves_the_item_for_the_next_run(run: Run) -> None:
    run.model = ScriptedModel([line(TAKE_APART, NotSentError("claude", "down"))])
    run.has(github())
    outcome = await run.once()
    assert RunState.PARTIAL == outcome.state
    assert ["github:r/r@v2.0"] == [each.where for each in outcome.failures]
    run.model = RulesModel(RULES)
    await run.once()
    assert 3 == len(run.changes())


async def test_figures_of_two_judges_are_not_mixed(run: Run) -> None:
    run.has(post("Rival's tracing is too expensive"), name="reddit:search/Rival")
    await run.once()
    read = {"relevance": 1, "intent": "other", "sentiment": "positive"}
    run.model = ScriptedModel([line(READ, read), line(FIND, {"aspects": []})], name="claude-x")
    run.has(post("Rival again", 2), name="x:search/Rival")
    await run.once()
    assert "1 post spoke of it, 1 gladly and 0 not" in run.text("In short")[0]


async def test_hostile_notes_do_nothing(run: Run) -> None:
    run.has(github(text="- Added <script>alert(1)</script> [x](javascript:alert(1))\n"))
    await run.once()
    assert "<script>" not in as_markdown(run.report())
    assert "](javascript" not in as_markdown(run.report())
