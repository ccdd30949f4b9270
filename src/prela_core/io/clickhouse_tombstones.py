"""What was deleted, kept out of the store when it comes late."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from prela_core.model import SpanBatch
from prela_core.store.deletion_queries import cutoffs, tombstones
from prela_core.store.deletions import surviving
from prela_core.store.fragments import Query
from prela_core.store.rows import Rewritten

__all__ = ["KNOWN_SECONDS", "Tombstones"]

Ask = Callable[[Query], list[Sequence[Any]]]

KNOWN_SECONDS = 5.0
"""How long what is known of deletions that other processes were asked for is good enough."""


class Tombstones:
    """Knows until when each project had something deleted, and asks for more only of late batches.

    What is received now is later than any deletion, so that most inserts cost nothing. The
    moments are asked for anew every few seconds; `learn` tells of a deletion at once.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._until: dict[str, int] = {}
        self._asked_at: float | None = None

    def learn(self, project_id: str, asked_at: int) -> None:
        """Know of a deletion of this project from now on."""
        with self._lock:
            self._until[project_id] = max(asked_at, self._until.get(project_id, 0))

    def may_hit(self, received: Sequence[tuple[str, int]], ask: Ask) -> bool:
        """Say whether something that was received at such a moment may be deleted already."""
        if self._asked_at is None or self._now() - self._asked_at >= KNOWN_SECONDS:
            for project_id, asked_at in ask(cutoffs()):
                self.learn(project_id, int(asked_at))
            self._asked_at = self._now()
        return any(at <= self._until.get(project_id, -1) for project_id, at in received)

    def surviving(self, batches: Sequence[SpanBatch], ask: Ask) -> list[SpanBatch]:
        """Leave out of `batches` what was deleted."""
        kept = []
        for batch in batches:
            if self.may_hit([(batch.project_id, batch.received_at)], ask):
                ids = {span.trace_id for span in batch.spans}
                ids |= {trace.trace_id for trace in batch.traces}
                until = self.until(batch.project_id, ids, ask)
                kept.append(surviving(batch, until.__getitem__))
            else:
                kept.append(batch)
        return kept

    def kept(self, rows: Sequence[Rewritten], ask: Ask) -> list[Rewritten]:
        """Leave out of stored rows that were read again what was deleted meanwhile."""
        kept = list(rows)
        for project_id in {row.project_id for row in rows}:
            own = [row for row in rows if row.project_id == project_id]
            if self.may_hit([(project_id, min(row.received_at for row in own))], ask):
                until = self.until(project_id, {row.span.trace_id for row in own}, ask)
                kept = [
                    row
                    for row in kept
                    if row.project_id != project_id or until[row.span.trace_id] < row.received_at
                ]
        return kept

    def until(self, project_id: str, trace_ids: set[str], ask: Ask) -> dict[str, int]:
        """Say of each trace until when what was received of it is deleted; -1 for never."""
        found = {trace: int(at) for trace, at in ask(tombstones(project_id, sorted(trace_ids)))}
        everything = found.get("") or -1
        return {trace: max(everything, found.get(trace, -1)) for trace in trace_ids}
