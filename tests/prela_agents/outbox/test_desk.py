from __future__ import annotations

import uuid

import pytest
from tests.prela_agents.making import item, page
from tests.prela_agents.outbox.standins.places import Board
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import NotSentError
from prela_agents.model import Attachment, Issue, NewIssue
from prela_agents.outbox import DryDesk, IssueDesk
from prela_agents.state import Database, IssueLinks, Memory, issue_id_of, purge
from prela_agents.state.encoding import stamp

pytestmark = pytest.mark.anyio


@pytest.fixture
def links(db: Database, clock: StandingClock) -> IssueLinks:
    return IssueLinks(db, clock)


async def test_an_item_becomes_an_issue_once(links: IssueLinks) -> None:
    board = Board()
    desk = IssueDesk(links, board)
    assert await desk.known(item()) is None
    made = await desk.open(item(), "Spans are lost", "Someone lost spans.", ["bug"])
    assert made is not None
    assert made == await desk.open(item(), "Another title", "x")
    assert made.number == getattr(await desk.known(item()), "number", None)
    assert 1 == len(board.made)
    assert ("Spans are lost", ("bug",)) == (board.made[0].title, board.made[0].labels)
    expected = Attachment(url=item().url, title="Prela loses spans", subtitle="reddit python")
    assert [expected] == list(board.attachments.values())
    assert {(made.id, item().url)} == set(board.attachments)
    board.asked.clear()
    await desk.known(item())
    assert [] == board.asked


async def test_what_the_tracker_knows_already_is_not_filed(links: IssueLinks) -> None:
    board = Board()
    theirs = await board.create(NewIssue(id=str(uuid.uuid4()), title="T", description="d"))
    await board.attach(theirs.id, Attachment(url=item().url, title="by hand"))
    assert theirs == await IssueDesk(links, board).open(item(), "Spans are lost", "d")
    assert 1 == len(board.made)
    assert 1 == len(board.attachments)


async def test_an_item_is_attached_to_an_issue_that_is_there(links: IssueLinks) -> None:
    board = Board()
    desk = IssueDesk(links, board)
    first = await desk.open(item("a"), "Spans are lost", "d")
    assert first is not None
    assert first == await desk.attach(item("b"), first)
    assert {(first.id, item("a").url), (first.id, item("b").url)} == set(board.attachments)
    assert 1 == len(board.made)


async def test_an_issue_that_was_deleted_meanwhile_is_made_of_the_item(links: IssueLinks) -> None:
    board = Board()
    gone = Issue(id=str(uuid.uuid4()), number="PRE-7", title="T", description="", url="u")
    made = await IssueDesk(links, board).attach(item(), gone)
    assert made is not None
    assert (issue_id_of(gone.id), 1) == (made.id, len(board.made))


async def test_reports_of_an_issue_that_was_deleted_meanwhile_make_one(links: IssueLinks) -> None:
    board = Board()
    gone = Issue(id=str(uuid.uuid4()), number="PRE-7", title="T", description="", url="u")
    for each in ("a", "b"):
        await DryDesk(links).attach(item(each), gone)
    assert [] == await IssueDesk(links, board).catch_up()
    (made,) = board.made
    assert {(made.id, item(each).url) for each in ("a", "b")} == set(board.attachments)


async def test_a_report_of_a_planned_issue_that_can_not_be_made_waits_for_it(
    links: IssueLinks,
) -> None:
    board = Board()

    class Down(Board):
        async def create(self, new: NewIssue) -> Issue:
            if new.id == issue_id_of(item("a").key):
                raise NotSentError("linear", "it is down")
            return await board.create(new)

    await DryDesk(links).open(item("a"), "Spans are lost", "d")
    (planned,) = links.planned()
    await DryDesk(links).attach(item("b"), planned.issue)
    assert 2 * ["linear: it is down"] == await IssueDesk(links, Down()).catch_up()
    assert [] == await IssueDesk(links, board).catch_up()
    assert ["Spans are lost"] == [each.title for each in board.made]


async def test_what_somebody_filed_after_it_was_planned_is_not_made(links: IssueLinks) -> None:
    board = Board()
    await DryDesk(links).open(item("a"), "Planned", "d")
    (planned,) = links.planned()
    await DryDesk(links).attach(item("b"), planned.issue)
    theirs = await board.create(NewIssue(id=str(uuid.uuid4()), title="T", description="d"))
    await board.attach(theirs.id, Attachment(url=item("a").url, title="by hand"))
    assert [] == await IssueDesk(links, board).catch_up()
    assert [theirs] == board.made
    assert {(theirs.id, item(each).url) for each in ("a", "b")} == set(board.attachments)


async def test_a_dry_run_plans_and_a_live_one_carries_out(links: IssueLinks) -> None:
    board = Board()
    dry = DryDesk(links)
    assert await dry.open(item("a"), "Spans are lost", "d") is None
    assert await dry.open(item("a"), "Second thoughts", "d") is None
    other = await board.create(NewIssue(id=str(uuid.uuid4()), title="T", description="d"))
    assert await dry.attach(item("b"), other) is None
    assert 2 == len(links.planned())
    board.asked.clear()

    assert [] == await IssueDesk(links, board).catch_up()
    assert ["T", "Spans are lost"] == [each.title for each in board.made]
    assert 2 == len(board.attachments)
    assert ([], 2) == (links.planned(), links.count())
    assert await dry.known(item("a")) is not None


async def test_what_can_not_be_carried_out_now_stays_planned(links: IssueLinks) -> None:
    class Down(Board):
        async def issue(self, issue_id: str) -> Issue | None:
            raise NotSentError("linear", "it is down")

    await DryDesk(links).open(item("a"), "T", "d")
    assert ["linear: it is down"] == await IssueDesk(links, Down()).catch_up()
    assert 1 == len(links.planned())


async def test_what_is_purged_is_not_filed_any_more(
    links: IssueLinks, db: Database, clock: StandingClock
) -> None:
    Memory(db, "scout", clock).take("s", page(item("a"), item("b")))
    board = Board()
    await IssueDesk(links, board).open(item("a"), "Filed", "their words")
    await DryDesk(links).open(item("b"), "Planned", "their words")
    purge(db, ["reddit:a", "reddit:b"], stamp(clock.now()))
    assert [] == await IssueDesk(links, board).catch_up()
    assert ["Filed"] == [each.title for each in board.made]
    link = links.get("reddit:a")
    assert link is not None
    assert ("", None, "PRE-1") == (link.title, link.new, link.number)
    assert await IssueDesk(links, board).known(item("a")) is not None


async def test_an_issue_names_those_that_it_may_be_by_what_they_are_by_now(
    links: IssueLinks,
) -> None:
    board, dry = Board(), DryDesk(links)
    kept = Issue(id=str(uuid.uuid4()), number="PRE-7", title="T [x](y)", description="d", url="u")
    await dry.open(item("a"), "Spans are lost", "d")
    await dry.open(item("b"), "Spans are gone", "d", (), [kept, *dry.planned()])
    (first, second) = links.planned()
    assert second.new is not None
    assert ["PRE-7", ""] == [each.number for each in second.new.perhaps]
    assert first.attachment is not None
    assert first.attachment.url == second.new.perhaps[1].url

    assert [] == await IssueDesk(links, board).catch_up()
    assert "d" == board.made[0].description
    assert [
        "d",
        "",
        "- Perhaps the same as [PRE-7](u): T x (y)",
        "- Perhaps the same as [PRE-1](https://board.test/PRE-1): Spans are lost",
    ] == board.made[1].description.splitlines()[:4]
    assert "for people to say" in board.made[1].description


async def test_one_that_may_be_the_same_and_is_not_filed_yet_is_named_by_its_post(
    links: IssueLinks,
) -> None:
    board, dry = Board(), DryDesk(links)
    await dry.open(item("a"), "Spans are lost", "d")
    await IssueDesk(links, board).open(item("b"), "Spans are gone", "d", (), dry.planned())
    line = f"- Perhaps the same as [a report that waits as well]({item('a').url}): Spans are lost"
    assert line in board.made[0].description


async def test_nobodys_words_stay_in_the_plans_of_others(
    links: IssueLinks, db: Database, clock: StandingClock
) -> None:
    Memory(db, "scout", clock).take("s", page(item("a"), item("b")))
    dry = DryDesk(links)
    await dry.open(item("a"), "Their words", "d")
    await dry.open(item("b"), "Spans are gone", "d", (), dry.planned())
    purge(db, ["reddit:a"], stamp(clock.now()))
    (left,) = links.planned()
    assert left.new is not None
    assert () == left.new.perhaps
    assert "Their words" not in str(db.rows("SELECT new FROM issue_links")[0]["new"])


async def test_ids_have_the_form_that_the_tracker_wants() -> None:
    made = uuid.UUID(issue_id_of("reddit:t3_1"))
    assert (4, uuid.RFC_4122) == (made.version, made.variant)
    assert issue_id_of("reddit:t3_1") != issue_id_of("reddit:t3_2")
