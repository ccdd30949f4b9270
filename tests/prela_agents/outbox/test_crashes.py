"""No post and no issue ever twice, whatever line a process ends at, and all of them in the end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.conftest import clean_environment
from tests.prela_agents.making import DRAFT, draft, item, page
from tests.prela_agents.outbox.crashing import Crash, crashing_before_line
from tests.prela_agents.outbox.standins.places import Board, Place
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import AgentError, NotSentError, PlatformError, UncertainError
from prela_agents.model import DraftKind, DraftState, Issue, NewIssue, Platform
from prela_agents.outbox import POLICIES, DryDesk, IssueDesk, Outbox
from prela_agents.state import Database, Drafts, EntryState, IssueLinks, Memory, Outgoing

THREAD = draft("t" * 32, platform=Platform.X, kind=DraftKind.THREAD, parts=("one", "two"), where="")
NOTE = draft("n" * 32)
AGAIN = 180  # seconds until a process is started again

Scenario = Callable[[Database, StandingClock], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state file that is set up: making one for each line would take most of the time."""
    path = tmp_path_factory.mktemp("state") / "empty.sqlite"
    with Database(path) as db:
        db.tidy()
    return path


def lives(path: Path, clock: StandingClock, scenario: Scenario, crash_at: int | None) -> int | None:
    """Run a process's life; gives its count of lines, or None when it broke off."""
    db = Database(path)
    db.change("PRAGMA synchronous = OFF")  # a process ends, not the machine
    coroutine = scenario(db, clock)
    try:
        with crashing_before_line(crash_at) as lines:
            # Nothing in it waits for the net, so it needs no event loop.
            coroutine.send(None)
    except StopIteration:
        return lines.count
    except Crash:
        return None
    finally:
        coroutine.close()
        db.close()
    raise AssertionError("it waits for something")


def all_crashes(scenario: Scenario, empty: Path, tmp_path: Path, check: Callable[[], None]) -> int:
    """End a first process at each line in turn, a second at another; a third finishes: `check`."""
    number = 0
    while True:
        path = tmp_path / f"{number}.sqlite"
        shutil.copy(empty, path)
        clock = StandingClock()
        ended = lives(path, clock, scenario, number)
        for second_crash in (number * 7 % 97, None):
            clock.advance(AGAIN)
            lives(path, clock, scenario, second_crash)
        check()
        path.unlink()
        if ended is not None:
            return number
        number += 1


def test_posts_are_made_once(empty: Path, tmp_path: Path) -> None:
    x, discord = Place(Platform.X), Place(Platform.DISCORD)

    async def scenario(db: Database, clock: StandingClock) -> None:
        memory = Memory(db, "scout", clock)
        for each in (THREAD, NOTE):
            memory.queue(each)
        drafts = Drafts(db, clock, POLICIES)
        for each in (THREAD, NOTE):
            try:
                drafts.approve(each.id, each.content_hash, "grace")
            except AgentError:  # approved and on its way since an earlier life
                continue
        publishers = {Platform.X: x, Platform.DISCORD: discord}
        await Outbox(Outgoing(db, clock), publishers, clock).send()
        assert all(each.state is DraftState.SENT for each in drafts.list())

    def check() -> None:
        assert ["one", "two"] == [post.text for _, post in x.posts]
        assert [None, "1"] == [post.reply_to for _, post in x.posts]
        assert ["Call flush()."] == [post.text for _, post in discord.posts]
        x.posts.clear()
        discord.posts.clear()

    assert all_crashes(scenario, empty, tmp_path, check) > 150


def test_posts_of_which_nothing_was_heard_are_made_once(empty: Path, tmp_path: Path) -> None:
    def lost() -> None:
        raise UncertainError("discord", "the connection broke")

    place = Place(Platform.DISCORD, after=lost)

    async def scenario(db: Database, clock: StandingClock) -> None:
        Memory(db, "scout", clock).queue(NOTE)
        outgoing = Outgoing(db, clock)
        if not outgoing.list():
            Drafts(db, clock, POLICIES).approve(NOTE.id, NOTE.content_hash, "grace")
        outbox = Outbox(outgoing, {Platform.DISCORD: place}, clock)
        await outbox.send()
        clock.advance(AGAIN)
        await outbox.reconcile()
        assert [EntryState.SENT] == [each.state for each in outgoing.list()]

    def check() -> None:
        assert 1 == len(place.posts)
        place.posts.clear()

    assert all_crashes(scenario, empty, tmp_path, check) > 100


@pytest.mark.parametrize("second_thought", [False, True])
def test_issues_are_made_once(
    empty: Path,
    tmp_path: Path,
    second_thought: bool,  # noqa: FBT001
) -> None:
    """With a second thought, each life decides anew: what was made looks like a duplicate then."""
    board = Board()
    items = (item("a"), item("b"))

    async def scenario(db: Database, clock: StandingClock) -> None:
        memory = Memory(db, "scout", clock)
        memory.take("reddit:new", page(*items))
        desk = IssueDesk(IssueLinks(db, clock), board)
        for each in memory.pending():
            alike = await board.search("lost")
            if alike and (second_thought or each.id == "b"):
                await desk.attach(each, alike[0])
            else:
                await desk.open(each, "Spans are lost", each.text, ["bug"])
            memory.settle(each)
        assert [] == memory.pending()

    def check() -> None:
        (made,) = board.made
        assert {(made.id, each.url) for each in items} == set(board.attachments)
        board.made.clear()
        board.attachments.clear()

    assert all_crashes(scenario, empty, tmp_path, check) > 100


@pytest.mark.parametrize("made_first", [False, True], ids=["before it is made", "after it is made"])
def test_catching_up_that_fails_makes_issues_once(
    empty: Path,
    tmp_path: Path,
    made_first: bool,  # noqa: FBT001
) -> None:
    """Reports wait for an issue that is planned, and others for one that is deleted by now."""
    gone = Issue(id=str(uuid.uuid4()), number="PRE-7", title="Gone", description="", url="u")
    reports = [item(each) for each in "abcde"]

    @attrs.define
    class Failing(Board):
        faults: int = 0

        async def create(self, new: NewIssue) -> Issue:
            if self.faults and not made_first:
                self.faults -= 1
                raise NotSentError("linear", "it is down")
            made = await Board.create(self, new)
            if self.faults:
                self.faults -= 1
                raise UncertainError("linear", "the connection broke")
            return made

    board = Failing()

    async def scenario(db: Database, clock: StandingClock) -> None:
        links = IssueLinks(db, clock)
        dry, desk = DryDesk(links), IssueDesk(links, board)
        a, b, c, d, e = reports
        await dry.open(a, "Spans are lost", a.text)
        for planned in dry.planned():
            await dry.attach(b, planned)
        await dry.attach(c, gone)
        await dry.attach(d, gone)
        await desk.catch_up()
        (alike,) = [*desk.planned(), *await board.search("Spans are lost")][:1]
        with suppress(PlatformError):
            await desk.attach(e, alike)
        assert board.faults or [] == await desk.catch_up()

    def check() -> None:
        spans, other = sorted(board.made, key=lambda each: each.title != "Spans are lost")
        assert "Spans are lost" == spans.title
        expected = {(spans.id, each.url) for each in (reports[0], reports[1], reports[4])}
        assert expected | {(other.id, each.url) for each in reports[2:4]} == set(board.attachments)
        board.made.clear()
        board.attachments.clear()
        board.faults = 2

    board.faults = 2
    assert all_crashes(scenario, empty, tmp_path, check) > 100


def test_a_process_that_is_killed_has_posted_once(tmp_path: Path) -> None:
    """The same with a real process and a real end of it, at a few of the lines."""
    program = Path(__file__).with_name("killed_program.py")

    def live(number: int, line: int) -> subprocess.CompletedProcess[str]:
        state, ledger = tmp_path / f"{number}.sqlite", tmp_path / f"{number}.ledger"
        return subprocess.run(
            [sys.executable, str(program), str(state), str(ledger), str(line)],
            capture_output=True,
            text=True,
            check=False,
            env=clean_environment() | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )

    lines = int(live(-1, -1).stdout)
    for line in range(lines // 2, lines, lines // 4):
        assert -signal.SIGKILL == live(line, line).returncode
        ended = live(line, -1)
        assert (0, "") == (ended.returncode, ended.stderr)
        made = (tmp_path / f"{line}.ledger").read_text().splitlines()
        assert [f"{DRAFT.key(0)} Call flush()."] == made
