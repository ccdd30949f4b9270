"""The store: where spans are kept and asked about, and what it promises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_core.model import SpanBatch
from prela_core.store.filters import Order, PageRequest, TraceFilter
from prela_core.store.results import Page, SearchHit, StoredSpan, TraceDetail, TraceSummary

__all__ = ["Reader", "Store", "Writer"]


class Writer(Protocol):
    """The writing half."""

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Store all spans of `batches`; returns only after they are durable.

        Inserting the same spans again, in any order or number, changes nothing that a
        reader sees. Raises `StoreUnavailableError` when the store can't write now; then some
        spans may have been stored, and inserting all of them again is safe. Raises
        `InvalidError` when one of them holds a value that can never be stored.
        """


class Reader(Protocol):
    """The asking half. Every answer is about one project, and right before any merge.

    Of the versions of a span, the most complete is seen (one that ended before one that did
    not), then the one received last. All methods raise `StoreUnavailableError` when the store
    does not answer, `MalformedError` for a cursor that is not theirs.
    """

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with its spans, or None when the project has no such trace."""

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace by start, then by id; None when there is no such trace."""

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q` (required), one hit a trace, newest hit first.

        All conditions but `q` are about the trace, as in `traces`, and may be met by other spans
        than the one that holds the words. Raises `InvalidError` without words, and for bounds
        on the duration.
        """

    def ping(self) -> None:
        """Return when the store answers queries now."""


class Store(Writer, Reader, Protocol):
    """A place for spans, from opening to closing."""

    def migrate(self) -> list[str]:
        """Bring the schema up to date and name the steps taken; safe to run at once by many."""

    def close(self) -> None:
        """Let go of the store. Nothing may be called afterwards."""
