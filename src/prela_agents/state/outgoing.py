"""The rows of the outbox: each step of a post's way out is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import attrs

from prela_agents.model import Draft, DraftState, Post, Receipt
from prela_agents.ports import Clock
from prela_agents.state.database import Database, Row
from prela_agents.state.encoding import decoded, moment, stamp

__all__ = ["Entry", "EntryState", "Outgoing"]


class EntryState(StrEnum):
    """Where a post is on its way."""

    APPROVED = "approved"
    SENDING = "sending"
    """The request may be made at any moment, or was."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may be there."""
    REFUSED = "refused"


@attrs.frozen(kw_only=True)
class Entry:
    """One post on its way out. `reply_to` is set of a thread's later parts once it is known."""

    key: str
    draft: Draft
    part: int
    state: EntryState
    attempts: int
    attempted_at: datetime | None
    due_at: datetime
    receipt: Receipt | None
    reply_to: str | None
    reason: str

    @property
    def post(self) -> Post:
        """What the platform gets."""
        return self.draft.post(self.part, self.reply_to)


class Outgoing:
    """The table. What may leave is decided here, by one statement: see `claim`."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def list(self, *states: EntryState) -> Sequence[Entry]:
        """Give the entries in these states, or all, in the order of their drafts and parts."""
        marks = ", ".join("?" * len(states)) if states else "o.state"
        rows = self._db.rows(
            f"{_SELECT} WHERE o.state IN ({marks}) ORDER BY d.number, o.part", *states
        )
        return [_entry(row) for row in rows]

    def due(self, agent: str | None = None) -> Sequence[Entry]:
        """Give what may leave now: approved, its time has come, and the part before it is sent."""
        rows = self._db.rows(
            f"{_SELECT} WHERE o.state = 'approved' AND o.due_at <= ?1 "
            "AND (?2 IS NULL OR d.agent = ?2) AND (o.part = 0 OR p.state = 'sent') "
            "ORDER BY d.number, o.part",
            stamp(self._clock.now()),
            agent,
        )
        return [_entry(row) for row in rows]

    def get(self, key: str) -> Entry | None:
        """Give one entry."""
        row = self._db.row(f"{_SELECT} WHERE o.key = ?", key)
        return _entry(row) if row is not None else None

    def claim(self, key: str) -> bool:
        """Turn `approved` into `sending`, if an approval of the draft's very content is there.

        Says whether it did; nobody may publish without. It is on disk before this returns, so
        that whatever happens next, it is known that something may have.
        """
        now = stamp(self._clock.now())
        with self._db.transaction():
            claimed = self._db.change(
                "UPDATE outbox SET state = 'sending', attempts = attempts + 1, attempted_at = ? "
                "WHERE key = ? AND state = 'approved' AND EXISTS (SELECT 1 FROM drafts AS d "
                "JOIN approvals AS a ON a.draft_id = d.id AND a.content_hash = d.content_hash "
                "WHERE d.id = outbox.draft_id AND d.content_hash = outbox.content_hash)",
                now,
                key,
            )
            if claimed:
                self._follow(key)
        return bool(claimed)

    def sent(self, key: str, receipt: Receipt) -> None:
        """Say that it is out there."""
        self._move(key, EntryState.SENT, receipt=receipt)

    def doubt(self, key: str, reason: str) -> None:
        """Say that it may be out there."""
        self._move(key, EntryState.UNKNOWN, reason=reason)

    def refuse(self, key: str, reason: str) -> None:
        """Say that it is not out there and won't be."""
        self._move(key, EntryState.REFUSED, reason=reason)

    def release(self, key: str, reason: str, due_at: datetime | None = None) -> None:
        """Say that it is certainly not out there, and may leave again, from `due_at` on."""
        self._move(key, EntryState.APPROVED, reason=reason, due_at=due_at)

    def doubt_broken(self) -> int:
        """Take what a process that is no more was sending for unknown; gives how many."""
        broken = self.list(EntryState.SENDING)
        for entry in broken:
            self.doubt(entry.key, "the process ended while it was sending")
        return len(broken)

    def _move(
        self,
        key: str,
        state: EntryState,
        *,
        receipt: Receipt | None = None,
        reason: str = "",
        due_at: datetime | None = None,
    ) -> None:
        with self._db.transaction():
            self._db.change(
                "UPDATE outbox SET state = ?, receipt_id = ?, receipt_url = ?, reason = ?, "
                "due_at = ? WHERE key = ? AND state IN ('sending', 'unknown')",
                state,
                receipt.id if receipt is not None else None,
                receipt.url if receipt is not None else None,
                reason,
                stamp(due_at) if due_at is not None else 0,
                key,
            )
            self._follow(key)

    def _follow(self, key: str) -> None:
        """Give the draft the state that its posts have together."""
        row = self._db.row("SELECT draft_id FROM outbox WHERE key = ?", key)
        if row is None:
            return
        states = {
            each["state"]
            for each in self._db.rows(
                "SELECT state FROM outbox WHERE draft_id = ?", row["draft_id"]
            )
        }
        self._db.change(
            "UPDATE drafts SET state = ?, reason = coalesce((SELECT reason FROM outbox "
            "WHERE draft_id = drafts.id AND reason != '' ORDER BY part DESC LIMIT 1), ''), "
            "changed_at = ? WHERE id = ?",
            _together(states),
            stamp(self._clock.now()),
            row["draft_id"],
        )


def _together(states: set[str]) -> DraftState:
    for state, whole in (
        ("unknown", DraftState.UNKNOWN),
        ("refused", DraftState.REFUSED),
        ("sending", DraftState.SENDING),
    ):
        if state in states:
            return whole
    if states == {"sent"}:
        return DraftState.SENT
    # A thread of which some is out is on its way.
    return DraftState.SENDING if "sent" in states else DraftState.APPROVED


_SELECT = (
    "SELECT o.*, d.body AS draft, p.receipt_id AS before FROM outbox AS o "
    "JOIN drafts AS d ON d.id = o.draft_id "
    "LEFT JOIN outbox AS p ON p.draft_id = o.draft_id AND p.part = o.part - 1"
)


def _entry(row: Row) -> Entry:
    draft = decoded(row["draft"], Draft)
    receipt = None
    if row["receipt_id"] is not None:
        receipt = Receipt(row["receipt_id"], row["receipt_url"])
    attempted = row["attempted_at"]
    return Entry(
        key=row["key"],
        draft=draft,
        part=row["part"],
        state=EntryState(row["state"]),
        attempts=row["attempts"],
        attempted_at=None if attempted is None else moment(attempted),
        due_at=moment(row["due_at"]),
        receipt=receipt,
        reply_to=draft.reply_to if row["part"] == 0 else row["before"],
        reason=row["reason"],
    )
