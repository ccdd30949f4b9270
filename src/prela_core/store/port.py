"""The store: where spans are kept and asked about, and what it promises."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from prela_core.model import SpanBatch
from prela_core.store.arrivals import Arrivals, ArrivalsRequest
from prela_core.store.deletions import Deletions
from prela_core.store.export import ExportForm, Selection
from prela_core.store.filters import Order, PageRequest, SpanFilter, SpanOrder, TraceFilter
from prela_core.store.groups import GroupQuery, GroupSummary
from prela_core.store.metrics import MetricQuery, MetricTable
from prela_core.store.reindex import Reindexed, ReindexScope
from prela_core.store.results import (
    OpenTrace,
    Page,
    SearchHit,
    StoredSpan,
    TraceDetail,
    TraceSummary,
)
from prela_core.store.sql import SqlQuestion

if TYPE_CHECKING:
    # Imported for their names alone: the analyses are made of this room's results.
    from prela_core.analysis import AgentGraph, CriticalPath, TraceDiff

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
    does not answer, `MalformedError` for a cursor that is not theirs. Times from now in a
    condition, as in `since:2h`, are counted from the first page of an answer on all its pages.
    """

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with all its spans, or None when the project has no such trace."""

    def outline(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give what `trace` gives, for who draws it: its spans may lack nearly all of their text.

        That is attributes, events, links, scores, inputs and outputs, which are then empty.
        """

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        """Begin to read a trace of any size; None when the project has no such trace.

        Reading on raises what `trace` raises, and holds nothing up that others ask meanwhile.
        """

    def stamp(self, project_id: str, trace_id: str) -> str | None:
        """Give a text that is another one once `trace` is; None when there is no such trace.

        It costs less than the trace: no text of a span is read for it.
        """

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace by start, then by id; None when there is no such trace."""

    def find_spans(
        self, project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest
    ) -> Page[StoredSpan]:
        """List the spans, of whatever traces, that `where` describes."""

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q` (required), one hit a trace, newest hit first.

        All conditions but `q` are about the trace, as in `traces`, and may be met by other spans
        than the one that holds the words. Raises `InvalidError` without words, and for bounds
        on the duration.
        """

    def groups(self, project_id: str, asked: GroupQuery, page: PageRequest) -> Page[GroupSummary]:
        """List the services, models, users or the like that visible spans name."""

    def critical_path(self, project_id: str, trace_id: str) -> CriticalPath | None:
        """Give a trace's critical path, or None when there is no such trace.

        This and the other analyses raise `InvalidError` for a trace of over 50,000 spans.
        """

    def graph(self, project_id: str, trace_id: str) -> AgentGraph | None:
        """Say who called whom in a trace, or None when there is no such trace."""

    def diff(self, project_id: str, before: str, after: str) -> TraceDiff:
        """Compare two traces by their ids. Raises `NotFoundError` when one is missing."""

    def session(
        self, project_id: str, session_id: str, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List the traces of a session, the oldest first; None when there is no such session."""

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

    def export(self, project_id: str, selection: Selection, form: ExportForm) -> Iterator[bytes]:
        """Give a file of the spans that `selection` means, as it is made, piece by piece.

        Each span is there once, whole, as it is seen everywhere else; `ExportForm.JSONL` also
        has what was said of traces as a whole. What is inserted meanwhile may be there or not.
        Errors come with the first piece, or later where the store fails then.
        """

    def sql(self, project_id: str, question: SqlQuestion) -> bytes:
        """Answer one SELECT over the tables `spans` and `traces`, in the form it asks for.

        The tables hold the visible spans of the project and its traces, nothing else can be
        read, and a query is bounded in rows, time and memory. Raises `InvalidError` for what is
        no such SELECT, what is wrong with it, and what goes beyond the bounds.
        """

    def ping(self) -> None:
        """Return when the store answers queries now."""


class Store(Writer, Reader, Protocol):
    """A place for spans, from opening to closing."""

    @property
    def deletions(self) -> Deletions:
        """Where deletions are asked for, carried out and looked at."""

    def migrate(self) -> list[str]:
        """Bring the schema up to date and name the steps taken; safe to run at once by many."""

    def prepare(self) -> None:
        """Load, and connect to, what the first insert needs, so that it takes as long as the next.

        Nothing that is stored changes. Raises `StoreUnavailableError` when the store is away.
        """

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
