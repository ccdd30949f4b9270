"""Drafts as reviewers see them, and what they decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from prela_agents.errors import AgentError, UnapprovedError
from prela_agents.model import Approval, Draft, DraftKind, DraftState, Platform
from prela_agents.ports import Clock, Policy
from prela_agents.state.database import Database, Row
from prela_agents.state.encoding import decoded, encoded, moment, stamp

__all__ = ["NEVER_LEAVE", "Drafts", "Reviewed"]

_CAN_CHANGE = (DraftState.QUEUED, DraftState.APPROVED, DraftState.REJECTED, DraftState.REFUSED)
"""Before any of it may be out; what the platform refused may be mended and approved again."""

NEVER_LEAVE = frozenset({DraftKind.FACT_SHEET, DraftKind.DOCUMENT})
"""People read them here; nothing publishes them."""


@attrs.frozen(kw_only=True)
class Reviewed:
    """A draft and where it is on its way. `reason` says why it was rejected or refused."""

    draft: Draft
    state: DraftState
    changed_at: datetime
    reason: str = ""
    approval: Approval | None = None


class Drafts:
    """The drafts of all agents. `policies` are asked before an approval is taken."""

    def __init__(self, db: Database, clock: Clock, policies: Sequence[Policy] = ()) -> None:
        self._db = db
        self._clock = clock
        self._policies = tuple(policies)

    def list(
        self,
        *,
        state: DraftState | None = None,
        agent: str | None = None,
        platform: Platform | None = None,
    ) -> Sequence[Reviewed]:
        """Give drafts, the newest first."""
        rows = self._db.rows(
            f"{_SELECT} WHERE (?1 IS NULL OR d.state = ?1) AND (?2 IS NULL OR d.agent = ?2) "
            "AND (?3 IS NULL OR d.platform = ?3) ORDER BY d.number DESC",
            state,
            agent,
            platform,
        )
        return [_reviewed(row) for row in rows]

    def count(self) -> int:
        """Give how many drafts there ever were; they are numbered so."""
        row = self._db.row("SELECT coalesce(max(number), 0) AS n FROM drafts")
        return int(row["n"]) if row is not None else 0

    def ids_after(self, count: int, agent: str) -> Sequence[str]:
        """Give the ids of an agent's drafts that came after the first `count` of all."""
        rows = self._db.rows(
            "SELECT id FROM drafts WHERE number > ? AND agent = ? ORDER BY number", count, agent
        )
        return [row["id"] for row in rows]

    def get(self, draft_id: str) -> Reviewed | None:
        """Give the draft with this id, or the only one whose id begins so; None for no such."""
        rows = self._db.rows(f"{_SELECT} WHERE d.id = ?", draft_id) or self._db.rows(
            f"{_SELECT} WHERE substr(d.id, 1, length(?1)) = ?1 AND length(?1) >= 4 LIMIT 2",
            draft_id,
        )
        return _reviewed(rows[0]) if len(rows) == 1 else None

    def edit(
        self, draft_id: str, *, parts: Sequence[str] | None = None, title: str | None = None
    ) -> Reviewed:
        """Change the words. Any approval is void then, and the draft waits for review again.

        Raises `AgentError` for a draft that is gone, or is out or on its way.
        """
        with self._db.transaction():
            found = self._changeable(draft_id)
            draft = attrs.evolve(
                found.draft,
                parts=found.draft.parts if parts is None else tuple(parts),
                title=found.draft.title if title is None else title,
            )
            if draft.content_hash != found.draft.content_hash:
                self._withdraw(draft.id)
                self._write(draft, DraftState.QUEUED, "")
        return self._must(draft_id)

    def approve(self, draft_id: str, content_hash: str, by: str) -> Reviewed:
        """Let the draft leave with just the content that has this hash.

        Raises `UnapprovedError` when it has another content by now, or a policy objects, and
        `AgentError` for a draft that is gone, or is out or on its way. Approving it twice is
        approving it once.
        """
        with self._db.transaction():
            found = self._changeable(draft_id)
            draft = found.draft
            if draft.content_hash != content_hash:
                raise UnapprovedError(
                    f"draft {draft.id} was changed since you read it; read it again"
                )
            for policy in self._policies:
                if (objection := policy.objection(draft)) is not None:
                    raise UnapprovedError(f"draft {draft.id} may not leave: {objection}")
            if found.state is DraftState.APPROVED:
                return found
            self._withdraw(draft.id)
            now = stamp(self._clock.now())
            self._db.change(
                "INSERT INTO approvals VALUES (?, ?, ?, ?)", draft.id, content_hash, by, now
            )
            if draft.kind not in NEVER_LEAVE:
                for number in range(len(draft.parts)):
                    self._db.change(
                        "INSERT INTO outbox (key, draft_id, part, content_hash, state) "
                        "VALUES (?, ?, ?, ?, 'approved')",
                        draft.key(number),
                        draft.id,
                        number,
                        content_hash,
                    )
            self._write(draft, DraftState.APPROVED, "")
        return self._must(draft_id)

    def reject(self, draft_id: str, reason: str = "") -> Reviewed:
        """Keep the draft from leaving; an approval is void. Raises `AgentError` as `edit` does."""
        with self._db.transaction():
            found = self._changeable(draft_id)
            self._withdraw(found.draft.id)
            self._write(found.draft, DraftState.REJECTED, reason)
        return self._must(draft_id)

    def _must(self, draft_id: str) -> Reviewed:
        found = self.get(draft_id)
        if found is None:
            raise AgentError(
                f"there is no draft {draft_id!r}, or more than one begins so; "
                "`prela agents drafts list` shows all"
            )
        return found

    def _changeable(self, draft_id: str) -> Reviewed:
        found = self._must(draft_id)
        touched = self._db.row(
            "SELECT 1 FROM outbox WHERE draft_id = ? AND state NOT IN ('approved', 'refused')",
            found.draft.id,
        )
        if found.state not in _CAN_CHANGE or touched is not None:
            is_whole = found.state not in _CAN_CHANGE
            why = f"it is {found.state}" if is_whole else "some of its posts are out, or may be"
            raise AgentError(f"draft {found.draft.id} can't be changed: {why}")
        return found

    def _withdraw(self, draft_id: str) -> None:
        self._db.change("DELETE FROM approvals WHERE draft_id = ?", draft_id)
        self._db.change("DELETE FROM outbox WHERE draft_id = ?", draft_id)

    def _write(self, draft: Draft, state: DraftState, reason: str) -> None:
        self._db.change(
            "UPDATE drafts SET body = ?, content_hash = ?, state = ?, reason = ?, changed_at = ? "
            "WHERE id = ?",
            encoded(draft),
            draft.content_hash,
            state,
            reason,
            stamp(self._clock.now()),
            draft.id,
        )


_SELECT = (
    "SELECT d.*, a.content_hash AS approved_hash, a.approved_by, a.approved_at FROM drafts AS d "
    "LEFT JOIN approvals AS a ON a.draft_id = d.id AND a.content_hash = d.content_hash"
)


def _reviewed(row: Row) -> Reviewed:
    approval = None
    if row["approved_hash"] is not None:
        at = moment(row["approved_at"])
        approval = Approval(row["id"], row["approved_hash"], row["approved_by"], at)
    return Reviewed(
        draft=decoded(row["body"], Draft),
        state=DraftState(row["state"]),
        changed_at=moment(row["changed_at"]),
        reason=row["reason"],
        approval=approval,
    )
