"""Deleting: what may be asked to be deleted, the receipt for it, and the port that does it.

A deletion is about what was received until it was asked. What belongs to it is never stored
again, even when it comes late, from a bus or a dead letter; what is received afterwards is new.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import attrs
from msgspec import Raw

from prela_core.errors import InvalidError
from prela_core.model import SpanBatch
from prela_core.store.filters import PageRequest, TraceFilter
from prela_core.store.results import Page

__all__ = [
    "MAX_TRACE_IDS",
    "Deletion",
    "DeletionRequest",
    "DeletionState",
    "Deletions",
    "surviving",
]

MAX_TRACE_IDS = 10_000


class DeletionState(StrEnum):
    """How far a deletion is; each state comes after the one above it."""

    WAITING = "waiting"
    """What it is about is fixed, and nothing deleted yet."""
    DELETING = "deleting"
    """Rows are being taken away; some may still be found."""
    SETTLING = "settling"
    """Nothing is found any more; inserts that were on their way then are waited for."""
    ERASING = "erasing"
    """The bytes of what was deleted are being taken from the disks."""
    DONE = "done"

    @property
    def rank(self) -> int:
        """Say which of the states it is, from 0."""
        return list(DeletionState).index(self)


@attrs.frozen(kw_only=True)
class DeletionRequest:
    """What is to be deleted of a project: traces by their ids, by a filter, or everything.

    `asked_at` is in microseconds since 1970: what was received later is not meant. A filter that
    is about times alone means traces without spans as well. `said` is the JSON object that the
    receipt shows as its selection. Raises `InvalidError` unless exactly one of the three is there.
    """

    deletion_id: str
    project_id: str
    asked_at: int
    trace_ids: tuple[str, ...] = ()
    where: TraceFilter | None = None
    everything: bool = False
    said: bytes = b"{}"

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be meant."""
        if bool(self.trace_ids) + (self.where is not None) + self.everything != 1:
            raise InvalidError(
                "say what to delete: trace ids, a filter, or everything, and only one of them"
            )
        if self.where == TraceFilter():
            raise InvalidError("an empty filter means every trace; ask for everything instead")
        if len(self.trace_ids) > MAX_TRACE_IDS:
            raise InvalidError(f"at most {MAX_TRACE_IDS} trace ids can be deleted at once")

    @property
    def is_about_times(self) -> bool:
        """Whether it is a filter that asks for nothing but when a trace started."""
        return self.where is not None and self.where == TraceFilter(
            start_time=self.where.start_time, end_time=self.where.end_time
        )


@attrs.frozen(kw_only=True)
class Deletion:
    """The receipt of a deletion.

    `traces` and `spans` are what readers saw of what was deleted; `rows` counts, by table, what
    was stored of it: versions of spans that another one beat count as well, and each letter that
    held some of it counts for `dead_letters`. They are zero while it waits, and complete when it
    is done. From `gone_at` on nothing of it is found. Times are aware datetimes in UTC.
    """

    deletion_id: str
    state: DeletionState
    selection: Raw
    asked_at: datetime
    gone_at: datetime | None = None
    completed_at: datetime | None = None
    traces: int = 0
    spans: int = 0
    rows: dict[str, int] = attrs.field(factory=dict)


class Deletions(Protocol):
    """Where deletions are asked for, carried out and looked at.

    All methods raise `StoreUnavailableError` when the store does not answer.
    """

    def count(self, request: DeletionRequest) -> Deletion:
        """Say what `request` would delete now, as the receipt would; nothing is done."""

    def ask(self, request: DeletionRequest) -> Deletion:
        """Fix which traces `request` means; returns after it is durable that they be deleted.

        Nothing is deleted before `carry_out`.
        """

    def one(self, project_id: str, deletion_id: str) -> Deletion | None:
        """Give a receipt, or None when the project has no such deletion."""

    def all(self, project_id: str, page: PageRequest) -> Page[Deletion]:
        """List the receipts of a project, the newest first."""

    def carry_out(self) -> Iterator[tuple[str, Deletion]]:
        """Go on with each deletion that is not done, of whatever project.

        Yields the project and the receipt after each step, which is durable then, and now and
        then during a long one. It may be ended between two, or killed at any moment, and begun
        again, by several at once too. One that waits for a time to pass is left for the next call.
        """


def surviving(batch: SpanBatch, until: Callable[[str], int]) -> SpanBatch:
    """Leave out what was deleted: traces that `until` gives the batch's receipt for, or later."""

    def is_kept(trace_id: str) -> bool:
        return until(trace_id) < batch.received_at

    spans = [span for span in batch.spans if is_kept(span.trace_id)]
    traces = [trace for trace in batch.traces if is_kept(trace.trace_id)]
    if len(spans) == len(batch.spans) and len(traces) == len(batch.traces):
        return batch
    return attrs.evolve(batch, spans=spans, traces=traces)
