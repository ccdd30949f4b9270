"""The outbox, by itself: sending and finding out, and following deletions."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from prela_agents.model import Receipt
from prela_agents.outbox import Outbox, Purged, Sendings, follow_deletions
from prela_agents.ports import Clock
from prela_agents.run.places import Places
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import TURN_SECONDS, opened_history, state_path
from prela_agents.state import (
    Database,
    EntryState,
    KeptETags,
    KeptSpend,
    Lease,
    Outgoing,
    never_seen,
    purge,
)
from prela_agents.state.encoding import stamp
from prela_agents.tracing import TracedPublisher, recorded, run_span
from prela_core.errors import NotFoundError

__all__ = ["forget", "held_outbox", "look", "purge_gone", "say", "send_all"]


@contextmanager
def held_outbox(settings: Settings, db: Database, places: Places, clock: Clock) -> Iterator[Outbox]:
    """Hold the outbox, whose posts are traced. Raises `BusyError` while another process does.

    What was being sent when the block is broken off is unknown from then on.
    """
    with Lease(settings.directory, "outbox", db, clock):
        outgoing = Outgoing(db, clock)
        publishers = {
            platform: TracedPublisher(each, outgoing)
            for platform, each in places.publishers().items()
        }
        try:
            yield Outbox(outgoing, publishers, clock)
        finally:
            outgoing.doubt_broken()


async def send_all(settings: Settings, clock: Clock) -> Sendings:
    """Send what is approved, of all agents. Raises `BusyError` while another process does."""
    async with _opened(settings, clock) as (db, places):
        with held_outbox(settings, db, places, clock) as outbox, _traced(settings, live=True):
            return await outbox.send()


async def look(settings: Settings, clock: Clock) -> Sendings:
    """Find out what became of what is unknown. Raises `BusyError` while another process sends."""
    async with _opened(settings, clock) as (db, places):
        with held_outbox(settings, db, places, clock) as outbox, _traced(settings, live=False):
            return await outbox.reconcile()


def say(settings: Settings, clock: Clock, key: str, *, url: str | None) -> None:
    """Take someone's word for what became of an unknown post: it is at `url`, or, None, nowhere.

    For a platform that can't be read any more. Raises `NotFoundError` for a post that is not
    unknown, and `BusyError` while a process sends.
    """
    with (
        Database(state_path(settings)) as db,
        Lease(settings.directory, "outbox", db, clock),
    ):
        outgoing = Outgoing(db, clock)
        outgoing.doubt_broken()
        entry = outgoing.get(key)
        if entry is None or entry.state is not EntryState.UNKNOWN:
            raise NotFoundError(
                f"no post {key} is unknown; `prela agents outbox --json` has the keys of all"
            )
        if url is None:
            outgoing.release(key, "someone said that it is not there")
        else:
            outgoing.sent(key, Receipt(url.rstrip("/").rpartition("/")[2], url))


async def purge_gone(settings: Settings, clock: Clock) -> Purged:
    """Forget what was taken back where it was said."""
    async with _opened(settings, clock) as (db, places):
        with opened_history(settings, clock, patience=TURN_SECONDS) as history:
            return await follow_deletions(db, history, places.rechecks(), clock)


def forget(settings: Settings, clock: Clock, keys: list[str]) -> Purged:
    """Forget the items with these keys, and say which of them none ever had.

    What was forgotten before is no failure.
    """
    with (
        Database(state_path(settings)) as db,
        opened_history(settings, clock) as history,
    ):
        unknown = [f"no item has the key {key}" for key in never_seen(db, keys)]
        history.purge(keys)
        forgotten = purge(db, keys, stamp(clock.now()))
        db.tidy()
        return Purged(len(keys) - len(unknown), forgotten, unknown)


@contextmanager
def _traced(settings: Settings, *, live: bool) -> Iterator[None]:
    with (
        recorded("prela-outbox", settings.exporter),
        run_span("outbox", uuid.uuid4().hex, live=live),
    ):
        yield


@asynccontextmanager
async def _opened(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Database, Places]]:
    with Database(state_path(settings)) as db:
        places = Places(settings, clock, KeptETags(db, clock), KeptSpend(db))
        try:
            yield db, places
        finally:
            await places.aclose()
