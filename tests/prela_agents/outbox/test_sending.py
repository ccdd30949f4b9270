from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import anyio
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.prela_agents.making import DRAFT, draft
from tests.prela_agents.outbox.standins.places import Place
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import (
    AgentError,
    LimitedError,
    NotSentError,
    RefusedError,
    UncertainError,
)
from prela_agents.model import DraftKind, DraftState, Platform
from prela_agents.outbox import POLICIES, Outbox
from prela_agents.state import Database, Drafts, EntryState, Memory, Outgoing

pytestmark = pytest.mark.anyio
X_THREAD = draft(platform=Platform.X, kind=DraftKind.THREAD, parts=("one", "two", "three"))


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def approved(db: Database, clock: StandingClock, what: object = DRAFT) -> Outgoing:
    assert isinstance(what, type(DRAFT))
    Memory(db, what.agent, clock).queue(what)
    Drafts(db, clock, POLICIES).approve(what.id, what.content_hash, "grace")
    return Outgoing(db, clock)


async def test_what_is_not_approved_stays(db: Database, clock: StandingClock) -> None:
    Memory(db, "scout", clock).queue(DRAFT)
    place = Place(Platform.DISCORD)
    done = await Outbox(Outgoing(db, clock), {Platform.DISCORD: place}, clock).send()
    assert (0, []) == (done.sent, place.posts)


async def test_agents_may_send_their_own_alone(db: Database, clock: StandingClock) -> None:
    outgoing = approved(db, clock)
    place = Place(Platform.DISCORD)
    outbox = Outbox(outgoing, {Platform.DISCORD: place}, clock)
    assert 0 == (await outbox.send("radar")).sent
    assert 1 == (await outbox.send("scout")).sent
    assert 0 == (await outbox.send("scout")).sent
    ((key, _),) = place.posts
    assert DRAFT.key(0) == key


async def test_a_thread_goes_in_order_and_stops_where_it_breaks(
    db: Database, clock: StandingClock
) -> None:
    outgoing = approved(db, clock, X_THREAD)
    place = Place()
    place.before = lambda: None if len(place.posts) < 1 else raising(RefusedError("x", "no"))()
    done = await Outbox(outgoing, {Platform.X: place}, clock).send()
    assert (1, 1, 0) == (done.sent, done.refused, done.postponed)
    assert ["one"] == [post.text for _, post in place.posts]
    assert ["sent", "refused", "approved"] == [each.state for each in outgoing.list()]
    assert [] == outgoing.due()
    drafts = Drafts(db, clock)
    assert DraftState.REFUSED == drafts.list()[0].state
    with pytest.raises(AgentError, match="some of its posts are out"):
        drafts.edit(X_THREAD.id, parts=("another",))


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotSentError("discord", "down"), EntryState.APPROVED),
        (RefusedError("discord", "no"), EntryState.REFUSED),
        (UncertainError("discord", "broke"), EntryState.UNKNOWN),
        (RuntimeError("a fault of ours"), EntryState.UNKNOWN),
    ],
)
async def test_what_becomes_of_it_when_publishing_fails(
    db: Database, clock: StandingClock, error: Exception, state: EntryState
) -> None:
    outgoing = approved(db, clock)
    outbox = Outbox(outgoing, {Platform.DISCORD: Place(before=raising(error))}, clock)
    done = await outbox.send()
    (entry,) = outgoing.list()
    assert (state, str(error)) == (entry.state, entry.reason)
    assert [str(error)] == done.failures


async def test_a_limit_is_waited_for(db: Database, clock: StandingClock) -> None:
    outgoing = approved(db, clock)
    limit = LimitedError("discord", "slow down", retry_after=3600)
    outbox = Outbox(outgoing, {Platform.DISCORD: Place(before=raising(limit))}, clock)
    await outbox.send()
    clock.advance(3599)
    assert [] == outgoing.due()
    clock.advance(1)
    assert 1 == len(outgoing.due())


@pytest.mark.parametrize("seconds", [1e12, 1e300])
async def test_a_limit_that_no_calendar_holds_is_for_a_year(
    db: Database, clock: StandingClock, seconds: float
) -> None:
    outgoing = approved(db, clock)
    limit = LimitedError("discord", "slow down", retry_after=seconds)
    outbox = Outbox(outgoing, {Platform.DISCORD: Place(before=raising(limit))}, clock)
    assert 1 == (await outbox.send()).postponed
    (entry,) = outgoing.list()
    assert (EntryState.APPROVED, timedelta(days=366)) == (entry.state, entry.due_at - clock.now())


async def test_what_is_unknown_stays_so_until_the_platform_can_be_read_and_must_show_it(
    db: Database, clock: StandingClock
) -> None:
    outgoing = approved(db, clock)
    place = Place(before=raising(UncertainError("discord", "broke")), readable=lambda: False)
    outbox = Outbox(outgoing, {Platform.DISCORD: place}, clock)
    await outbox.send()
    clock.advance(timedelta(days=3))
    done = await outbox.send()
    assert (1, [EntryState.UNKNOWN]) == (done.unknown, [each.state for each in outgoing.list()])
    assert "it is down" in done.failures[0]
    assert 1 == (await Outbox(outgoing, {}, clock).send()).unknown

    place.readable = lambda: True
    place.before = lambda: None
    assert 0 == (await outbox.reconcile()).unknown
    assert [EntryState.APPROVED] == [each.state for each in outgoing.list()]
    assert [] == place.posts
    assert 1 == (await outbox.send()).sent


async def test_what_was_sent_a_moment_ago_may_not_show_yet(
    db: Database, clock: StandingClock
) -> None:
    outgoing = approved(db, clock)
    place = Place(before=raising(UncertainError("discord", "broke")))
    outbox = Outbox(outgoing, {Platform.DISCORD: place}, clock)
    await outbox.send()
    clock.advance(119)
    assert 1 == (await outbox.send()).unknown
    clock.advance(1)
    place.before = lambda: None
    assert 1 == (await outbox.send()).sent


async def test_policies_are_asked_again_before_it_leaves(
    db: Database, clock: StandingClock
) -> None:
    reply = draft(platform=Platform.X, kind=DraftKind.REPLY, reply_to="7")
    Memory(db, "scout", clock).queue(reply)
    Drafts(db, clock).approve(reply.id, reply.content_hash, "grace")  # by a version without them
    place = Place()
    done = await Outbox(Outgoing(db, clock), {Platform.X: place}, clock).send()
    assert (1, []) == (done.refused, place.posts)


async def test_what_has_no_publisher_is_told_once_however_long_a_thread_beside_it(
    db: Database, clock: StandingClock
) -> None:
    approved(db, clock)
    outgoing = approved(db, clock, attrs.evolve(X_THREAD, id="e" * 32, about="release:1"))
    done = await Outbox(outgoing, {Platform.X: Place()}, clock).send()
    assert (3, 0, [], 1) == (done.sent, done.postponed, done.failures, len(done.waiting))


async def test_a_platform_without_a_publisher_is_left_alone(
    db: Database, clock: StandingClock
) -> None:
    outgoing = approved(db, clock)
    done = await Outbox(outgoing, {}, clock).send()
    assert ([], 1) == (done.failures, len(done.waiting))
    assert 1 == len(outgoing.due())


class Killed(BaseException):
    """The process ends while it publishes."""


FAULTS: dict[str, BaseException] = {
    "limited": LimitedError("x", "wait", retry_after=5),
    "down": NotSentError("x", "down"),
    "unheard": UncertainError("x", "broke"),
    "killed": Killed(),
}
FAULTS_AFTER = {"made, unheard": FAULTS["unheard"], "made, killed": FAULTS["killed"]}


class Behaving:
    """Behaves as `answers` say, one for each time something is published, and well from then."""

    def __init__(self, answers: list[str]) -> None:
        self._answers = iter(answers)
        self._now = "made"

    def before(self) -> None:
        self._now = next(self._answers, "made")
        if self._now in FAULTS:
            raise FAULTS[self._now]

    def after(self) -> None:
        if self._now in FAULTS_AFTER:
            raise FAULTS_AFTER[self._now]


@given(
    answers=st.lists(st.sampled_from(["made", *FAULTS, *FAULTS_AFTER]), max_size=8),
    reads=st.lists(st.booleans(), max_size=8),
)
def test_however_the_platform_behaves_each_post_is_made_once(
    answers: list[str], reads: list[bool]
) -> None:
    clock, reading, behaving = StandingClock(), iter(reads), Behaving(answers)
    place = Place(
        before=behaving.before, after=behaving.after, readable=lambda: next(reading, True)
    )
    with Database(":memory:") as db:
        outgoing = approved(db, clock, X_THREAD)
        for _ in range(20):
            with suppress(Killed):
                anyio.run(Outbox(outgoing, {Platform.X: place}, clock).send)
            clock.advance(timedelta(hours=12))
            assert len(place.posts) == len(set(place.posts))
        assert {EntryState.SENT} == {each.state for each in outgoing.list()}
        assert ["one", "two", "three"] == [post.text for _, post in place.posts]
        assert [None, "1", "2"] == [post.reply_to for _, post in place.posts]
