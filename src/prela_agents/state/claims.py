"""The ledger of claims, which all agents share."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from prela_agents.model import Claim
from prela_agents.ports import Clock
from prela_agents.state.database import Database, Row
from prela_agents.state.encoding import decoded, encoded, moment, stamp

__all__ = ["Claims"]


class Claims:
    """Claims by their ids, and what became of their sources."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def put(self, claim: Claim) -> None:
        """Keep a claim, in the place of one with the same id."""
        self._db.change(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
            "product = excluded.product, url = excluded.url, source_hash = excluded.source_hash, "
            "fetched_at = excluded.fetched_at, stale_since = excluded.stale_since, "
            "body = excluded.body",
            claim.id,
            claim.product,
            claim.url,
            claim.source_hash,
            stamp(claim.fetched_at),
            None if claim.stale_since is None else stamp(claim.stale_since),
            encoded(claim),
        )

    def list(self, product: str | None = None) -> Sequence[Claim]:
        """Give the claims about a product, or all, newest first."""
        rows = self._db.rows(
            "SELECT body, stale_since FROM claims WHERE ?1 IS NULL OR product = ?1 "
            "ORDER BY fetched_at DESC, id",
            product,
        )
        return [_claim(row) for row in rows]

    def source_seen(self, url: str, source_hash: str | None) -> int:
        """Mark as stale the claims whose source is now another text; gives how many became so."""
        return self._db.change(
            "UPDATE claims SET stale_since = ? WHERE url = ? AND stale_since IS NULL "
            "AND source_hash IS NOT ?",
            stamp(self._clock.now()),
            url,
            source_hash,
        )


def _claim(row: Row) -> Claim:
    claim = decoded(row["body"], Claim)
    since = row["stale_since"]
    return attrs.evolve(claim, stale_since=None if since is None else moment(since))
