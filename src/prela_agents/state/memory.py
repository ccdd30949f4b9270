"""The memory of one agent: the port that pipelines see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prela_agents.model import Claim, Cursor, Draft, DraftState, Item, Page
from prela_agents.ports import Clock
from prela_agents.state.claims import Claims
from prela_agents.state.database import Database
from prela_agents.state.encoding import decoded, encoded, stamp
from prela_agents.state.purging import purge

__all__ = ["Memory"]


class Memory:
    """What `agent` remembers in `db`. A `prela_agents.ports.State`."""

    def __init__(self, db: Database, agent: str, clock: Clock) -> None:
        self._db = db
        self._agent = agent
        self._clock = clock
        self._claims = Claims(db, clock)

    def cursor(self, source: str) -> Cursor | None:
        """Give where the source goes on, or None at the first time."""
        row = self._db.row(
            "SELECT value FROM cursors WHERE agent = ? AND source = ?", self._agent, source
        )
        return Cursor(row["value"]) if row is not None else None

    def take(self, source: str, page: Page[Item]) -> int:
        """Keep the page's new items and its cursor, both or neither; gives how many are new."""
        now = stamp(self._clock.now())
        with self._db.transaction():
            new = sum(self._keep(source, item, now) for item in page.items)
            if page.cursor is not None:
                self._db.change(
                    "INSERT INTO cursors VALUES (?, ?, ?, ?) ON CONFLICT (agent, source) "
                    "DO UPDATE SET value = excluded.value, moved_at = excluded.moved_at",
                    self._agent,
                    source,
                    page.cursor.value,
                    now,
                )
        return new

    def _keep(self, source: str, item: Item, now: int) -> int:
        if item.deleted:
            purge(self._db, [item.key], now)
        return self._db.change(
            "INSERT INTO items (agent, key, platform, source, url, body, taken_at, settled_at, "
            "purged_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (agent, key) DO NOTHING",
            self._agent,
            item.key,
            item.platform,
            source,
            item.url,
            None if item.deleted else encoded(item),
            now,
            now if item.deleted else None,
            now if item.deleted else None,
        ) * (not item.deleted)

    def taken_since(self, since: datetime) -> int:
        """Give how many new items were taken from `since` on."""
        row = self._db.row(
            "SELECT count(*) AS n FROM items "
            "WHERE agent = ? AND taken_at >= ? AND body IS NOT NULL",
            self._agent,
            stamp(since),
        )
        return int(row["n"]) if row is not None else 0

    def pending(self, limit: int = 200) -> Sequence[Item]:
        """Give items that were taken and not settled, oldest first."""
        rows = self._db.rows(
            "SELECT body FROM items WHERE agent = ? AND settled_at IS NULL AND body IS NOT NULL "
            "ORDER BY number LIMIT ?",
            self._agent,
            limit,
        )
        return [decoded(row["body"], Item) for row in rows]

    def settle(self, item: Item) -> None:
        """Say that all that was to be done about `item` is done."""
        self._db.change(
            "UPDATE items SET settled_at = ? WHERE agent = ? AND key = ? AND settled_at IS NULL",
            stamp(self._clock.now()),
            self._agent,
            item.key,
        )

    def item(self, key: str) -> Item | None:
        """Give an item by its key, or None when it is not known or was purged."""
        row = self._db.row("SELECT body FROM items WHERE agent = ? AND key = ?", self._agent, key)
        return decoded(row["body"], Item) if row is not None and row["body"] else None

    def earlier(self, item: Item) -> Item | None:
        """Give what the same source had at the same `url` last before `item`, or None."""
        row = self._db.row(
            "SELECT body FROM items WHERE agent = ?1 AND source = ?2 AND url = ?3 "
            "AND body IS NOT NULL AND number < coalesce("
            "(SELECT number FROM items WHERE agent = ?1 AND key = ?4), 9223372036854775807) "
            "ORDER BY number DESC LIMIT 1",
            self._agent,
            item.source,
            item.url,
            item.key,
        )
        return decoded(row["body"], Item) if row is not None else None

    def queue(self, draft: Draft, *, instead_of: str = "") -> bool:
        """Keep a draft for review, unless there is one for the same thing; says whether it was."""
        with self._db.transaction():
            kept = self._queue(draft)
            if instead_of:
                self._supersede(draft, instead_of)
        return kept

    def _queue(self, draft: Draft) -> bool:
        now = stamp(self._clock.now())
        kept = self._db.change(
            "INSERT INTO drafts (id, agent, about, platform, kind, state, content_hash, body, "
            "created_at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (agent, about, platform, kind) DO UPDATE SET state = excluded.state, "
            "content_hash = excluded.content_hash, body = excluded.body, reason = '', "
            "created_at = excluded.created_at, changed_at = excluded.changed_at "
            "WHERE state = 'superseded' AND id = excluded.id ON CONFLICT DO NOTHING",
            draft.id,
            self._agent,
            draft.about,
            draft.platform,
            draft.kind,
            DraftState.QUEUED,
            draft.content_hash,
            encoded(draft),
            stamp(draft.created_at),
            now,
        )
        return bool(kept)

    def _supersede(self, draft: Draft, stem: str) -> None:
        """Take what waits for review, and what was approved to be read here, for overtaken."""
        self._db.change(
            "UPDATE drafts SET state = 'superseded', reason = ?1, changed_at = ?2 "
            "WHERE agent = ?3 AND platform = ?4 AND kind = ?5 AND about != ?6 "
            "AND substr(about, 1, length(?7)) = ?7 "
            "AND (state = 'queued' OR state = 'approved' AND kind = 'document')",
            f"a newer one is there: {draft.id[:8]}",
            stamp(self._clock.now()),
            self._agent,
            draft.platform,
            draft.kind,
            draft.about,
            stem,
        )
        self._db.change(
            "DELETE FROM approvals WHERE draft_id IN "
            "(SELECT id FROM drafts WHERE agent = ? AND state = 'superseded')",
            self._agent,
        )

    def drafted(self, about: str) -> bool:
        """Say whether there was a draft for this that no newer one is in the place of."""
        row = self._db.row(
            "SELECT 1 FROM drafts WHERE agent = ? AND about = ? AND state != 'superseded' LIMIT 1",
            self._agent,
            about,
        )
        return row is not None

    def put_claim(self, claim: Claim) -> None:
        """Keep a claim, in the place of one with the same id."""
        self._claims.put(claim)

    def claims(self, product: str | None = None) -> Sequence[Claim]:
        """Give the claims about a product, or all, good or not, newest first."""
        return self._claims.list(product)

    def source_seen(self, url: str, source_hash: str | None) -> int:
        """Mark as stale the claims whose source at `url` is now another text, or gone."""
        return self._claims.source_seen(url, source_hash)
