from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from tests.prela_agents.making import claim, draft, item, page
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.http import Saved
from prela_agents.model import Cursor, DraftKind, DraftState, Item, Page, Platform
from prela_agents.state import Database, Drafts, KeptETags, Memory, kept, purge
from prela_agents.state.encoding import stamp

SOURCE = "reddit:search/prela"


@pytest.fixture
def memory(db: Database, clock: StandingClock) -> Memory:
    return Memory(db, "scout", clock)


def test_items_are_pending_until_they_are_settled(memory: Memory) -> None:
    assert 2 == memory.take(SOURCE, page(item("a"), item("b")))
    assert [item("a"), item("b")] == memory.pending()
    memory.settle(item("a"))
    assert [item("b")] == memory.pending()
    assert [] == memory.pending(limit=0)
    assert {"flair": "help"} == dict(memory.pending()[0].extra)


def test_what_was_seen_is_not_new_again(memory: Memory) -> None:
    memory.take(SOURCE, page(item("a"), item("a")))
    memory.settle(item("a"))
    assert 1 == memory.take(SOURCE, page(item("a", text="edited"), item("b"), cursor="c2"))
    assert ["b"] == [each.id for each in memory.pending()]


def test_the_cursor_moves_with_its_items_or_not_at_all(memory: Memory, db: Database) -> None:
    assert memory.cursor(SOURCE) is None
    memory.take(SOURCE, page(item("a")))
    assert Cursor("c1") == memory.cursor(SOURCE)
    broken = attrs.evolve(item("c"), extra={"x": object()})
    with pytest.raises(TypeError):
        memory.take(SOURCE, page(item("b"), broken, cursor="c2"))
    assert Cursor("c1") == memory.cursor(SOURCE)
    assert ["a"] == [each.id for each in memory.pending()]
    memory.take(SOURCE, Page[Item]((), None))
    assert Cursor("c1") == memory.cursor(SOURCE)
    assert 1 == len(db.rows("SELECT * FROM cursors"))


def test_agents_remember_apart(memory: Memory, db: Database, clock: StandingClock) -> None:
    other = Memory(db, "sentinel", clock)
    memory.take(SOURCE, page(item("a")))
    assert (None, []) == (other.cursor(SOURCE), other.pending())
    assert 1 == other.take(SOURCE, page(item("a")))
    assert other.queue(draft("e" * 32, agent="sentinel"))
    assert not memory.drafted(draft().about)


def test_the_version_before_is_found(memory: Memory) -> None:
    versions = [item(f"v{n}", url="https://a.test", source=SOURCE, text=str(n)) for n in range(3)]
    for n, each in enumerate(versions):
        memory.take(SOURCE, page(each, cursor=str(n)))
    assert versions[1] == memory.earlier(versions[2])
    assert versions[0] == memory.earlier(versions[1])
    assert memory.earlier(versions[0]) is None
    assert versions[2] == memory.earlier(item("v3", url="https://a.test", source=SOURCE))


def test_there_is_one_draft_about_a_thing(memory: Memory) -> None:
    assert not memory.drafted("reddit:t3_1")
    assert memory.queue(draft())
    assert not memory.queue(draft("e" * 32, parts=("Another answer.",)))
    assert not memory.queue(draft(about="reddit:t3_2"))  # the same id
    assert memory.queue(draft("f" * 32, kind=DraftKind.FACT_SHEET))
    assert memory.queue(draft("0" * 32, platform=Platform.X))
    assert memory.drafted("reddit:t3_1")


def test_claims_turn_stale_when_their_source_changes(memory: Memory, clock: StandingClock) -> None:
    memory.put_claim(claim("c1"))
    memory.put_claim(claim("c2", product="other", url="https://other.test"))
    assert 0 == memory.source_seen("https://rival.test/docs", "h1")
    clock.advance(60)
    assert 1 == memory.source_seen("https://rival.test/docs", "h2")
    assert 0 == memory.source_seen("https://rival.test/docs", "h3")
    (stale,) = memory.claims("rival")
    assert (clock.now(), False) == (stale.stale_since, stale.is_good(clock.now()))
    assert 1 == memory.source_seen("https://other.test", None)
    assert ["c1", "c2"] == [each.id for each in memory.claims()]
    memory.put_claim(claim("c1", source_hash="h2"))
    assert memory.claims("rival")[0].is_good(clock.now())


def test_what_comes_back_deleted_is_forgotten(
    memory: Memory, db: Database, clock: StandingClock
) -> None:
    memory.take(SOURCE, page(item("t3_1"), item("t3_2")))
    memory.queue(draft())
    memory.put_claim(claim(url=item("t3_1").url))
    gone = item("t3_1", deleted=True, text="", title="", author="")
    assert 0 == memory.take(SOURCE, page(gone, item("t3_9", deleted=True, text=""), cursor="c2"))
    assert memory.item("reddit:t3_1") is None
    assert ["t3_2"] == [each.id for each in memory.pending()]
    assert ["t3_2"] == [each.id for each in kept(db, Platform.REDDIT)]
    (reviewed,) = Drafts(db, clock).list()
    assert (DraftState.PURGED, ("",)) == (reviewed.state, reviewed.draft.parts)
    assert [] == memory.claims()
    assert 0 == memory.take(SOURCE, page(item("t3_1"), cursor="c3"))
    assert memory.drafted("reddit:t3_1")
    assert isinstance(db.path, Path)
    db.tidy()
    kept_bytes = b"".join(path.read_bytes() for path in db.path.parent.iterdir())
    assert b"https://reddit.test/t3_2" in kept_bytes
    assert b"Call flush" not in kept_bytes
    assert 1 == kept_bytes.count(b"How do I flush?")  # of the other item


def test_purging_keeps_nothing_that_was_said(
    memory: Memory, db: Database, clock: StandingClock
) -> None:
    memory.take(SOURCE, page(item("t3_1")))
    Memory(db, "radar", clock).take(SOURCE, page(item("t3_1")))
    KeptETags(db, clock).put("k", Saved('"e"', "", "", b"How do I flush?"))
    assert 1 == purge(db, ["reddit:t3_1"], stamp(clock.now()))
    assert 0 == purge(db, ["reddit:t3_1"], stamp(clock.now()))
    assert [] == db.rows("SELECT * FROM items WHERE body IS NOT NULL")
    assert KeptETags(db, clock).get("k") is None
