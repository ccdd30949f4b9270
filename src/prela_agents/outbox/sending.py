"""Letting approved posts leave, once each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import attrs

from prela_agents.errors import LimitedError, NotSentError, RefusedError
from prela_agents.model import Platform
from prela_agents.outbox.policies import POLICIES
from prela_agents.ports import Clock, Policy, Publisher
from prela_agents.state import Entry, EntryState, Outgoing

__all__ = ["Outbox", "Sendings"]

_SETTLES = timedelta(minutes=2)
"""A post may be under way this long before the platform shows it to who reads."""

_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_LONGEST_LIMIT = timedelta(days=366).total_seconds()
"""What a platform says to wait may be a slip, such as milliseconds, that no calendar holds."""


@attrs.define
class Sendings:
    """What came of a round, as counts, and in sentences what failed, and what waits for a login.

    What waits has not failed: nothing can be done about it before somebody gives that login.
    """

    sent: int = 0
    refused: int = 0
    postponed: int = 0
    unknown: int = 0
    failures: list[str] = attrs.field(factory=list)
    waiting: list[str] = attrs.field(factory=list)


class Outbox:
    """Sends, and finds out what became of what it is not sure of.

    Only the process that holds the lease `outbox` may use it: then what is found in `sending`
    was left there by a process that is no more.

    An entry goes `approved` to `sending` on disk before the request is made, and to `sent` after
    the answer. Whatever breaks in between leaves it `sending` or `unknown`, and from there it
    goes on by reading the platform alone: found, it is `sent`; not found once it must be visible,
    it is `approved` again; as long as the platform can't be read, it stays.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        publishers: Mapping[Platform, Publisher],
        clock: Clock,
        policies: Sequence[Policy] = POLICIES,
    ) -> None:
        self._outgoing = outgoing
        self._publishers = publishers
        self._clock = clock
        self._policies = tuple(policies)

    async def send(self, agent: str | None = None) -> Sendings:
        """Clear up what is unknown, then send all that is due, of one agent or of all."""
        done = Sendings()
        await self._reconcile(done)
        tried: set[str] = set()
        # What was sent makes a thread's next part due.
        while due := [each for each in self._outgoing.due(agent) if each.key not in tried]:
            for entry in due:
                tried.add(entry.key)
                await self._send(entry, done)
        return done

    async def reconcile(self) -> Sendings:
        """Find out what became of what may be out there; sends nothing."""
        done = Sendings()
        await self._reconcile(done)
        return done

    async def _reconcile(self, done: Sendings) -> None:
        self._outgoing.doubt_broken()
        for entry in self._outgoing.list(EntryState.UNKNOWN):
            await self._look(entry, done)

    async def _look(self, entry: Entry, done: Sendings) -> None:
        publisher = self._publishers.get(entry.draft.platform)
        if publisher is None:
            done.unknown += 1
            done.failures.append(f"{entry.key}: {entry.draft.platform} is not set up to be read")
            return
        try:
            receipt = await publisher.find(entry.post, entry.key)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing is known now
            done.unknown += 1
            done.failures.append(f"{entry.key}: it can't be told whether it is out: {error}")
            return
        if receipt is not None:
            self._outgoing.sent(entry.key, receipt)
            done.sent += 1
        elif self._must_be_visible(entry):
            self._outgoing.release(entry.key, "it was not there")
        else:
            done.unknown += 1

    def _must_be_visible(self, entry: Entry) -> bool:
        at = entry.attempted_at
        return at is None or self._clock.now() - at >= _SETTLES

    async def _send(self, entry: Entry, done: Sendings) -> None:
        publisher = self._publishers.get(entry.draft.platform)
        if publisher is None:
            done.waiting.append(
                f"{entry.key}: {entry.draft.platform} is not set up to publish; "
                "`prela agents status` says what it takes"
            )
            return
        if not self._outgoing.claim(entry.key):
            return
        for policy in self._policies:
            if (objection := policy.objection(entry.draft)) is not None:
                self._outgoing.refuse(entry.key, objection)
                done.refused += 1
                return
        try:
            receipt = await publisher.publish(entry.post, entry.key)
        except NotSentError as error:
            self._outgoing.release(entry.key, str(error), self._clock.now() + _pause(entry, error))
            done.postponed += 1
            done.failures.append(str(error))
        except RefusedError as error:
            self._outgoing.refuse(entry.key, str(error))
            done.refused += 1
            done.failures.append(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it may be out there
            self._outgoing.doubt(entry.key, str(error))
            done.unknown += 1
            done.failures.append(str(error))
        else:
            self._outgoing.sent(entry.key, receipt)
            done.sent += 1


def _pause(entry: Entry, error: NotSentError) -> timedelta:
    pause = min(_PAUSE * (1 << min(entry.attempts, 10)), _LONGEST_PAUSE)
    if isinstance(error, LimitedError):
        pause = max(pause, timedelta(seconds=min(error.retry_after, _LONGEST_LIMIT)))
    return pause
