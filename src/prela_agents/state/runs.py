"""Runs: when, how they ended, and under which trace."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import attrs

from prela_agents.model import Outcome, RunState
from prela_agents.ports import Clock
from prela_agents.state.database import Database, Row
from prela_agents.state.encoding import decoded, encoded, moment, stamp

__all__ = ["Run", "Runs"]


@attrs.frozen(kw_only=True)
class Run:
    """One run. `state` and `outcome` are None while it goes on, and until the next run of the agent
    when its process did not live to end it; `ended_at` is None for good then.
    """  # noqa: D205 - one sentence

    id: str
    agent: str
    live: bool
    started_at: datetime
    ended_at: datetime | None
    state: RunState | None
    outcome: Outcome | None
    trace_id: str | None


class Runs:
    """The table."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def start(self, run_id: str, agent: str, *, live: bool, trace_id: str | None) -> None:
        """Write down that a run began."""
        self._db.change(
            "INSERT INTO runs (id, agent, live, started_at, trace_id) VALUES (?, ?, ?, ?, ?)",
            run_id,
            agent,
            int(live),
            stamp(self._clock.now()),
            trace_id,
        )

    def end(self, run_id: str, outcome: Outcome) -> None:
        """Write down how it ended."""
        self._db.change(
            "UPDATE runs SET ended_at = ?, state = ?, outcome = ? WHERE id = ?",
            stamp(self._clock.now()),
            outcome.state,
            encoded(outcome),
            run_id,
        )

    def end_broken(self, agent: str, outcome: Outcome) -> int:
        """Write down of runs that did not live to their end how that was; gives how many.

        For the holder of the agent's lease alone, before it starts a run.
        """
        return self._db.change(
            "UPDATE runs SET state = ?, outcome = ? WHERE agent = ? AND state IS NULL",
            outcome.state,
            encoded(outcome),
            agent,
        )

    def list(self, agent: str | None = None, limit: int = 50) -> Sequence[Run]:
        """Give the last runs of an agent, or of all, newest first."""
        rows = self._db.rows(
            "SELECT * FROM runs WHERE ?1 IS NULL OR agent = ?1 "
            "ORDER BY started_at DESC, rowid DESC LIMIT ?2",
            agent,
            limit,
        )
        return [_run(row) for row in rows]


def _run(row: Row) -> Run:
    ended, state, outcome = row["ended_at"], row["state"], row["outcome"]
    return Run(
        id=row["id"],
        agent=row["agent"],
        live=bool(row["live"]),
        started_at=moment(row["started_at"]),
        ended_at=None if ended is None else moment(ended),
        state=None if state is None else RunState(state),
        outcome=None if outcome is None else decoded(outcome, Outcome),
        trace_id=row["trace_id"],
    )
