"""Following the deletions of a platform that wants them followed."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_agents.errors import PlatformError
from prela_agents.ports import Clock, History, Recheck
from prela_agents.state import Database, kept, purge
from prela_agents.state.encoding import stamp

__all__ = ["Purged", "follow_deletions"]

_AT_ONCE = 100


@attrs.define
class Purged:
    """How many items were looked at and how many of them forgotten, and what failed."""

    looked_at: int = 0
    forgotten: int = 0
    failures: list[str] = attrs.field(factory=list)


async def follow_deletions(
    db: Database, history: History, rechecks: Sequence[Recheck], clock: Clock
) -> Purged:
    """Look at every kept item of each platform again, and forget what is gone there.

    The history forgets first: breaking off in between leaves the item here to be found again.
    """
    done = Purged()
    for recheck in rechecks:
        items = kept(db, recheck.platform)
        for at in range(0, len(items), _AT_ONCE):
            some = items[at : at + _AT_ONCE]
            try:
                gone = await recheck.gone(some)
            except PlatformError as error:
                done.failures.append(str(error))
                continue
            done.looked_at += len(some)
            keys = [each.key for each in some if each.id in gone]
            if keys:
                history.purge(keys)
                done.forgotten += purge(db, keys, stamp(clock.now()))
    if done.forgotten:
        db.tidy()
    return done
