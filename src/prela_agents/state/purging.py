"""Forgetting what was taken back where it was said."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_agents.model import Draft, DraftState, Item, NewIssue, Platform
from prela_agents.state.database import Database
from prela_agents.state.encoding import decoded, encoded

__all__ = ["kept", "never_seen", "purge"]

_STAYS = (DraftState.SENT, DraftState.SENDING, DraftState.UNKNOWN)
"""What is out, or may be: its words are ours, and say what has to be looked after."""


def kept(db: Database, platform: Platform) -> Sequence[Item]:
    """Give a platform's items that are kept with what was said in them, each once."""
    rows = db.rows(
        "SELECT body FROM items WHERE platform = ? AND purged_at IS NULL GROUP BY key ORDER BY key",
        platform,
    )
    return [decoded(row["body"], Item) for row in rows]


def never_seen(db: Database, keys: Sequence[str]) -> list[str]:
    """Give those of `keys` that no item has or had, in their order."""
    return [key for key in keys if not db.rows("SELECT 1 FROM items WHERE key = ? LIMIT 1", key)]


def purge(db: Database, keys: Sequence[str], now: int) -> int:
    """Forget the items with these keys, for all agents, and drafts about them that have not left.

    Issues that were planned are not made, and claims with words from there go. Gives how many items
    were forgotten; one that several agents kept is one.
    """
    with db.transaction():
        if keys:
            db.change("DELETE FROM etags")  # answers that are kept may hold the words as well
        return sum(_purge(db, key, now) > 0 for key in keys)


def _purge(db: Database, key: str, now: int) -> int:
    for row in db.rows("SELECT url FROM items WHERE key = ? AND purged_at IS NULL", key):
        db.change("DELETE FROM claims WHERE url = ?", row["url"])
    for row in db.rows("SELECT id, state, body FROM drafts WHERE about = ?", key):
        _blank(db, row["id"], DraftState(row["state"]), decoded(row["body"], Draft), now)
    for row in db.rows(
        "SELECT issue_id FROM issue_links WHERE item_key = ? AND new IS NOT NULL", key
    ):
        _unname(db, row["issue_id"])
    db.change("DELETE FROM issue_links WHERE item_key = ? AND done_at IS NULL", key)
    db.change(
        "UPDATE issue_links SET title = '', new = NULL, attachment = '' WHERE item_key = ?", key
    )
    return db.change(
        "UPDATE items SET body = NULL, purged_at = ?1, settled_at = coalesce(settled_at, ?1) "
        "WHERE key = ?2 AND purged_at IS NULL",
        now,
        key,
    )


def _unname(db: Database, issue_id: str) -> None:
    """Take an issue, whose title may be what was said, out of the plans of others."""
    for row in db.rows(
        "SELECT item_key, new FROM issue_links WHERE instr(new, ?) AND issue_id != ?",
        issue_id,
        issue_id,
    ):
        new = decoded(row["new"], NewIssue)
        others = tuple(each for each in new.perhaps if each.id != issue_id)
        db.change(
            "UPDATE issue_links SET new = ? WHERE item_key = ?",
            encoded(attrs.evolve(new, perhaps=others)),
            row["item_key"],
        )


def _blank(db: Database, draft_id: str, state: DraftState, draft: Draft, now: int) -> None:
    """Empty a draft; of what has left, only the note goes, as it quotes what is answered."""
    stays = state in _STAYS
    blank = attrs.evolve(draft, note="")
    if not stays:
        blank = attrs.evolve(blank, title="", parts=("",), quotes=(), sources=())
        db.change("DELETE FROM approvals WHERE draft_id = ?", draft_id)
    db.change("DELETE FROM outbox WHERE draft_id = ? AND state = 'approved'", draft_id)
    db.change(
        "UPDATE drafts SET body = ?, content_hash = ?, state = ?, changed_at = ? WHERE id = ?",
        encoded(blank),
        blank.content_hash,
        state if stays else DraftState.PURGED,
        now,
        draft_id,
    )
