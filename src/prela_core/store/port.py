"""The store: where spans are kept and asked about, and what it promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from prela_core.model import SpanBatch
from prela_core.store.arrivals import Arrivals, ArrivalsRequest
from prela_core.store.filters import Order, PageRequest, TraceFilter
from prela_core.store.metrics import MetricQuery, MetricTable
from prela_core.store.reindex import Reindexed, ReindexScope
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

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        """Measure the visible spans of a window, by group and by bucket of time.

        Raises `InvalidError` when the answer would have over `MAX_POINTS` rows.
        """

    def arrivals(self, project_id: str, wanted: ArrivalsRequest) -> Arrivals:
        """Give the spans that were stored since, in the order in which they were stored.

        From cursor to cursor nothing is left out: what is not yet visible waits for what was
        stored before it. What was stored again comes again, unless a merge was faster;
        `prela_core.store.following.Following` tells it.
        """

    def ping(self) -> None:
        """Return when the store answers queries now."""


class Store(Writer, Reader, Protocol):
    """A place for spans, from opening to closing."""

    def migrate(self) -> list[str]:
        """Bring the schema up to date and name the steps taken; safe to run at once by many."""

    def reindex(self, scope: ReindexScope, *, dry_run: bool = False) -> Iterator[Reindexed]:
        """Read stored spans again, by the conventions and prices of now.

        Yields how far it is after each group of rows, which is durable then; nothing is done
        before the first `next`. Readers see each span once throughout. A newer version of a span,
        inserted before or after, is still the one seen. It may be ended between two groups,
        and run again: what was read again is not changed again. With `dry_run` it only counts.
        Raises `StoreUnavailableError` when the store does not answer.
        """

    def close(self) -> None:
        """Let go of the store. Nothing may be called afterwards."""
