"""Deletions of a store in plain Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import attrs

from prela_core.model import SpanBatch, to_micros
from prela_core.store.cursors import decode_cursor, encode_cursor, question_digest
from prela_core.store.deletion_log import SPANS_SEEN, TRACES_SEEN, Step, last, receipt
from prela_core.store.deletions import Deletion, DeletionRequest, DeletionState, surviving
from prela_core.store.filters import PageRequest, TraceFilter
from prela_core.store.results import Page

__all__ = ["MemoryDeletions"]


class MemoryDeletions:
    """The `Deletions` of a `MemoryStore`, whose batches it is given.

    `matching` gives the ids of the traces that a filter describes; `replace` has the store hold
    other batches of a project than before. It knows no time: a deletion is gone and done at the
    moment it was asked.
    """

    def __init__(
        self,
        check: Callable[[], None],
        batches: Callable[[], Iterable[SpanBatch]],
        matching: Callable[[str, TraceFilter], Iterable[str]],
        replace: Callable[[str, list[SpanBatch]], None],
    ) -> None:
        self._check = check
        self._batches = batches
        self._matching = matching
        self._replace = replace
        self._steps: dict[tuple[str, str], list[Step]] = {}
        self._meant: dict[tuple[str, str], frozenset[str] | None] = {}

    def surviving(self, batch: SpanBatch) -> SpanBatch:
        """Leave out of `batch` what was deleted."""
        return surviving(batch, lambda trace_id: self._until(batch.project_id, trace_id))

    def count(self, request: DeletionRequest) -> Deletion:
        """Say what `request` would delete now, as the receipt would; nothing is done."""
        self._check()
        step = _first_step(request)
        return receipt([attrs.evolve(step, counts=self._counts(step, self._ids(request)))])

    def ask(self, request: DeletionRequest) -> Deletion:
        """Fix which traces `request` means; returns after it is durable that they be deleted."""
        self._check()
        key = request.project_id, request.deletion_id
        self._meant[key] = self._ids(request)
        self._steps[key] = [_first_step(request)]
        return receipt(self._steps[key])

    def one(self, project_id: str, deletion_id: str) -> Deletion | None:
        """Give a receipt, or None when the project has no such deletion."""
        self._check()
        steps = self._steps.get((project_id, deletion_id))
        return receipt(steps) if steps else None

    def all(self, project_id: str, page: PageRequest) -> Page[Deletion]:
        """List the receipts of a project, the newest first."""
        self._check()
        digest = question_digest("deletions", project_id)
        found = [
            (to_micros(each.asked_at), each.deletion_id, each)
            for (project, _), steps in self._steps.items()
            if project == project_id
            for each in [receipt(steps)]
        ]
        found.sort(key=lambda each: each[:2], reverse=True)
        if page.cursor is not None:
            after = decode_cursor(page.cursor, digest)
            found = [each for each in found if each[:2] < after]
        found = found[page.offset :]
        shown = found[: page.limit]
        return Page(
            items=[item for *_, item in shown],
            next_cursor=encode_cursor(digest, *shown[-1][:2]) if len(found) > page.limit else None,
        )

    def carry_out(self) -> Iterator[tuple[str, Deletion]]:
        """Go on with each deletion that is not done, of whatever project."""
        for key, steps in sorted(self._steps.items(), key=lambda each: each[1][0].asked_at):
            while (now := last(steps)).state is not DeletionState.DONE:
                self._check()
                after = list(DeletionState)[now.state.rank + 1]
                counts: dict[str, int] = {}
                if after is DeletionState.DELETING:
                    counts = self._counts(now, self._meant[key])
                elif after is DeletionState.SETTLING:
                    kept = [self.surviving(each) for each in self._of(now.project_id)]
                    self._replace(now.project_id, kept)
                steps.append(attrs.evolve(now, state=after, counts=counts))
                yield now.project_id, receipt(steps)

    def _of(self, project_id: str) -> list[SpanBatch]:
        return [batch for batch in self._batches() if batch.project_id == project_id]

    def _ids(self, request: DeletionRequest) -> frozenset[str] | None:
        if request.everything:
            return None
        if request.where is None:
            return frozenset(request.trace_ids)
        where = request.where.at(request.asked_at)
        found = set(self._matching(request.project_id, where))
        if request.is_about_times:
            own = self._of(request.project_id)
            told = {span.trace_id for batch in own for span in batch.spans}
            start, end = request.where.start_time, request.where.end_time
            found |= {
                trace.trace_id
                for batch in own
                for trace in batch.traces
                if trace.trace_id not in told
                and (start is None or start <= trace.started_at)
                and (end is None or trace.started_at < end)
            }
        return frozenset(found)

    def _until(self, project_id: str, trace_id: str) -> int:
        return max(
            (
                steps[0].asked_at
                for (project, deletion), steps in self._steps.items()
                if project == project_id
                and ((ids := self._meant[project, deletion]) is None or trace_id in ids)
            ),
            default=-1,
        )

    def _counts(self, step: Step, ids: frozenset[str] | None) -> dict[str, int]:
        def held(name: str) -> list[Any]:
            return [
                each
                for batch in self._of(step.project_id)
                if batch.received_at <= step.asked_at
                for each in getattr(batch, name)
                if ids is None or each.trace_id in ids
            ]

        spans, traces = held("spans"), held("traces")
        counts = {
            SPANS_SEEN: len({(span.trace_id, span.span_id) for span in spans}),
            TRACES_SEEN: len({each.trace_id for each in spans + traces}),
            "spans": len(spans),
            "trace_announcements": len(traces),
        }
        return {name: count for name, count in counts.items() if count}


def _first_step(request: DeletionRequest) -> Step:
    return Step(
        project_id=request.project_id,
        deletion_id=request.deletion_id,
        asked_at=request.asked_at,
        is_everything=request.everything,
        said=request.said.decode(),
        at=request.asked_at,
        state=DeletionState.WAITING,
    )
