"""The outbox, by itself: sending and finding out, and following deletions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prela_agents.outbox import Outbox, Purged, Sendings, follow_deletions
from prela_agents.ports import Clock
from prela_agents.run.places import Places
from prela_agents.run.settings import Settings
from prela_agents.run.workshop import opened_history, state_path
from prela_agents.state import Database, KeptETags, KeptSpend, Lease, Outgoing, purge
from prela_agents.state.encoding import stamp
from prela_agents.tracing import TracedPublisher

__all__ = ["forget", "look", "outbox_of", "purge_gone", "send_all"]


def outbox_of(db: Database, places: Places, clock: Clock) -> Outbox:
    """Make the outbox, whose posts are traced. The caller holds the lease `outbox`."""
    outgoing = Outgoing(db, clock)
    publishers = {
        platform: TracedPublisher(each, outgoing) for platform, each in places.publishers().items()
    }
    return Outbox(outgoing, publishers, clock)


async def send_all(settings: Settings, clock: Clock) -> Sendings:
    """Send what is approved, of all agents. Raises `BusyError` while another process does."""
    async with _opened(settings, clock) as (db, places):
        with Lease(settings.directory, "outbox", db, clock):
            return await outbox_of(db, places, clock).send()


async def look(settings: Settings, clock: Clock) -> Sendings:
    """Find out what became of what is unknown. Raises `BusyError` while another process sends."""
    async with _opened(settings, clock) as (db, places):
        with Lease(settings.directory, "outbox", db, clock):
            return await outbox_of(db, places, clock).reconcile()


async def purge_gone(settings: Settings, clock: Clock) -> Purged:
    """Forget what was taken back where it was said."""
    async with _opened(settings, clock) as (db, places):
        with opened_history(settings, clock) as history:
            return await follow_deletions(db, history, places.rechecks(), clock)


def forget(settings: Settings, clock: Clock, keys: list[str]) -> int:
    """Forget the items with these keys; gives how many were known."""
    with (
        Database(state_path(settings)) as db,
        opened_history(settings, clock) as history,
    ):
        history.purge(keys)
        forgotten = purge(db, keys, stamp(clock.now()))
        db.tidy()
        return forgotten


@asynccontextmanager
async def _opened(settings: Settings, clock: Clock) -> AsyncIterator[tuple[Database, Places]]:
    with Database(state_path(settings)) as db:
        places = Places(settings, clock, KeptETags(db, clock), KeptSpend(db))
        try:
            yield db, places
        finally:
            await places.aclose()
