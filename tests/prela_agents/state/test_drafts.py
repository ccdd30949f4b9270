from __future__ import annotations

import pytest
from tests.prela_agents.making import DRAFT, draft
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import AgentError, UnapprovedError
from prela_agents.model import DraftKind, DraftState, Platform, Receipt
from prela_agents.outbox import POLICIES
from prela_agents.state import Database, Drafts, EntryState, Memory, Outgoing


@pytest.fixture
def drafts(db: Database, clock: StandingClock) -> Drafts:
    memory = Memory(db, "scout", clock)
    memory.queue(DRAFT)
    memory.queue(draft("e" * 32, about="b", platform=Platform.X, kind=DraftKind.REPLY))
    return Drafts(db, clock, POLICIES)


@pytest.fixture
def outgoing(db: Database, clock: StandingClock) -> Outgoing:
    return Outgoing(db, clock)


def approve(drafts: Drafts) -> None:
    drafts.approve(DRAFT.id, DRAFT.content_hash, "grace")


def test_drafts_are_listed_newest_first(drafts: Drafts) -> None:
    assert ["e" * 32, "d" * 32] == [each.draft.id for each in drafts.list()]
    assert [DRAFT] == [each.draft for each in drafts.list(platform=Platform.DISCORD)]
    assert [] == drafts.list(agent="radar")
    assert [] == drafts.list(state=DraftState.SENT)


def test_the_start_of_an_id_will_do(drafts: Drafts) -> None:
    found = drafts.get("dddd")
    assert found is not None
    assert DRAFT == found.draft
    assert drafts.get("ddd") is None
    assert drafts.get("%") is None
    with pytest.raises(AgentError, match="no draft 'nope'"):
        drafts.reject("nope")


def test_an_approval_is_of_the_very_content(drafts: Drafts, outgoing: Outgoing) -> None:
    with pytest.raises(UnapprovedError, match="changed since"):
        drafts.approve(DRAFT.id, "0" * 64, "grace")
    assert [] == outgoing.due()
    approve(drafts)
    reviewed = drafts.get(DRAFT.id)
    assert reviewed is not None
    assert reviewed.approval is not None
    assert ("grace", DRAFT.content_hash) == (reviewed.approval.by, reviewed.approval.content_hash)
    approve(drafts)
    assert 1 == len(outgoing.due())


def test_an_edit_voids_it(drafts: Drafts, outgoing: Outgoing) -> None:
    approve(drafts)
    (entry,) = outgoing.due()
    edited = drafts.edit(DRAFT.id, parts=["Call prela.flush()."])
    assert (DraftState.QUEUED, None) == (edited.state, edited.approval)
    assert [] == outgoing.due()
    assert not outgoing.claim(entry.key)
    with pytest.raises(UnapprovedError):
        approve(drafts)
    drafts.approve(DRAFT.id, edited.draft.content_hash, "grace")
    assert entry.key != outgoing.due()[0].key


def test_an_edit_that_changes_nothing_voids_nothing(drafts: Drafts, outgoing: Outgoing) -> None:
    approve(drafts)
    drafts.edit(DRAFT.id, parts=DRAFT.parts)
    assert 1 == len(outgoing.due())


def test_content_that_changed_behind_the_approval_does_not_leave(
    drafts: Drafts, outgoing: Outgoing, db: Database
) -> None:
    approve(drafts)
    (entry,) = outgoing.due()
    db.change("UPDATE drafts SET content_hash = ?", "0" * 64)
    assert not outgoing.claim(entry.key)
    db.change("UPDATE drafts SET content_hash = ?", DRAFT.content_hash)
    db.change("DELETE FROM approvals")
    assert not outgoing.claim(entry.key)


def test_a_rejected_draft_does_not_leave(drafts: Drafts, outgoing: Outgoing) -> None:
    approve(drafts)
    assert "too pushy" == drafts.reject(DRAFT.id, "too pushy").reason
    assert [] == outgoing.due()
    approve(drafts)  # thought better of
    assert 1 == len(outgoing.due())


def test_policies_are_asked_before(drafts: Drafts) -> None:
    other = drafts.get("e" * 32)
    assert other is not None
    with pytest.raises(UnapprovedError, match="mention or quote"):
        drafts.approve(other.draft.id, other.draft.content_hash, "grace")


def test_what_is_out_or_may_be_is_not_changed(drafts: Drafts, outgoing: Outgoing) -> None:
    approve(drafts)
    (entry,) = outgoing.due()
    outgoing.claim(entry.key)
    for state in (EntryState.SENDING, EntryState.UNKNOWN, EntryState.SENT):
        if state is EntryState.UNKNOWN:
            outgoing.doubt(entry.key, "it broke")
        if state is EntryState.SENT:
            outgoing.sent(entry.key, Receipt("1", "https://d.test/1"))
        with pytest.raises(AgentError, match=f"it is {state}"):
            drafts.edit(DRAFT.id, parts=["x"])
        with pytest.raises(AgentError):
            drafts.reject(DRAFT.id)
        with pytest.raises(AgentError):
            approve(drafts)


def test_what_was_refused_can_be_mended(drafts: Drafts, outgoing: Outgoing) -> None:
    approve(drafts)
    (entry,) = outgoing.due()
    outgoing.claim(entry.key)
    outgoing.refuse(entry.key, "no links here")
    reviewed = drafts.get(DRAFT.id)
    assert reviewed is not None
    assert (DraftState.REFUSED, "no links here") == (reviewed.state, reviewed.reason)
    edited = drafts.edit(DRAFT.id, parts=["No link."])
    drafts.approve(DRAFT.id, edited.draft.content_hash, "grace")
    assert 1 == len(outgoing.due())


def test_a_fact_sheet_stays_here(db: Database, clock: StandingClock, outgoing: Outgoing) -> None:
    sheet = draft(platform=Platform.HACKERNEWS, kind=DraftKind.FACT_SHEET)
    Memory(db, "amplifier", clock).queue(sheet)
    approved = Drafts(db, clock, POLICIES).approve(sheet.id, sheet.content_hash, "grace")
    assert DraftState.APPROVED == approved.state
    assert [] == outgoing.list()
