"""The book of what was spent, and the answers kept with their ETags: across processes."""

from __future__ import annotations

from datetime import datetime

from prela_agents.http.etags import Saved
from prela_agents.ports import Clock
from prela_agents.state.database import Database
from prela_agents.state.encoding import stamp

__all__ = ["KeptETags", "KeptSpend"]

_MOST = 500
_LARGEST_BYTES = 2 * 1024 * 1024


class KeptSpend:
    """A `prela_agents.http.Spend` in the state file."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, platform: str, usd: float, at: datetime) -> None:
        """Write down that `usd` were spent."""
        self._db.change("INSERT INTO spend VALUES (?, ?, ?)", platform, usd, stamp(at))

    def since(self, platform: str, moment: datetime) -> float:
        """Give the dollars spent there since `moment`."""
        return self.by_platform(moment).get(platform, 0.0)

    def by_platform(self, moment: datetime) -> dict[str, float]:
        """Give the dollars spent since `moment` on each platform where some were."""
        rows = self._db.rows(
            "SELECT platform, sum(usd) AS usd FROM spend WHERE spent_at >= ? GROUP BY platform",
            stamp(moment),
        )
        return {row["platform"]: float(row["usd"]) for row in rows}


class KeptETags:
    """A `prela_agents.http.ETags` in the state file: the last 500 answers of up to 2 MiB."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def get(self, key: str) -> Saved | None:
        """Give what is kept below `key`."""
        row = self._db.row("SELECT * FROM etags WHERE key = ?", key)
        if row is None:
            return None
        return Saved(row["etag"], row["last_modified"], row["content_type"], row["body"])

    def put(self, key: str, saved: Saved) -> None:
        """Keep `saved`, unless it is too large."""
        if len(saved.body) > _LARGEST_BYTES:
            return
        with self._db.transaction():
            self._db.change(
                "INSERT OR REPLACE INTO etags VALUES (?, ?, ?, ?, ?, ?)",
                key,
                saved.etag,
                saved.last_modified,
                saved.content_type,
                saved.body,
                stamp(self._clock.now()),
            )
            self._db.change(
                "DELETE FROM etags WHERE key NOT IN "
                "(SELECT key FROM etags ORDER BY saved_at DESC LIMIT ?)",
                _MOST,
            )
