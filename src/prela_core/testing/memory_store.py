"""A store in plain Python: for your tests, and the oracle that the real one is held against.

It keeps every answer's definition as short as it can be said, and no index at all: asking it
takes time in proportion to all that it holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import attrs
import msgspec
from msgspec import Raw

from prela_core.analysis.reading import Analyses
from prela_core.errors import InvalidError
from prela_core.model import SpanBatch, TraceRecord, from_micros, to_micros
from prela_core.store import (
    Arrivals,
    ArrivalsRequest,
    GroupQuery,
    GroupSummary,
    MetricQuery,
    MetricTable,
    OpenTrace,
    Order,
    Page,
    PageRequest,
    Reindexed,
    ReindexScope,
    SearchHit,
    SpanFilter,
    SpanOrder,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    TraceSummary,
)
from prela_core.store.arrivals import Mark, decode_mark, next_mark
from prela_core.store.cursors import first_asked, question_digest
from prela_core.store.export import ExportForm, Selection
from prela_core.store.search_plan import words_of
from prela_core.store.sql import SqlQuestion
from prela_core.store.summary import EMPTY_METADATA, detail, open_whole, summarise, summarise_empty
from prela_core.testing.asking import span_meets
from prela_core.testing.clock import ManualClock
from prela_core.testing.exporting import exported
from prela_core.testing.finding import found_spans
from prela_core.testing.groups import grouped
from prela_core.testing.matching import (
    check,
    describes,
    order_value,
    spans_with_words,
)
from prela_core.testing.memory_deletions import MemoryDeletions
from prela_core.testing.metrics import tabulate
from prela_core.testing.paging import paged
from prela_core.testing.searching import hit_of
from prela_core.testing.versions import Version, reread_versions, version_held

__all__ = ["MemoryStore"]


@attrs.frozen
class _Announcement:
    received_at: int
    record: TraceRecord


@attrs.frozen
class _Arrival:
    mark: Mark
    project_id: str
    span: StoredSpan


class MemoryStore(Analyses):
    """A complete `Store` that forgets everything at its end.

    Set `fault` to an error, and every call raises it until it is None again. One thread may
    insert while others read. `clock` gives seconds since 1970, from which `since:2h` is counted;
    without one it is always `NOON`.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        self._clock = clock or ManualClock().seconds
        self.fault: Exception | None = None
        self._arrived: list[_Arrival] = []
        self._spans: dict[tuple[str, str], dict[str, Version]] = {}
        self._announced: dict[tuple[str, str], _Announcement] = {}
        self._metadata_told: dict[tuple[str, str], _Announcement] = {}
        self._batches: list[SpanBatch] = []
        self.deletions = MemoryDeletions(
            self._check,
            lambda: list(self._batches),
            lambda project_id, where: [trace_id for trace_id, _ in self._traces(project_id, where)],
            self._replace,
        )

    def migrate(self) -> list[str]:
        """Do nothing: there is no schema."""
        self._check()
        return []

    def prepare(self) -> None:
        """Do nothing: there is nothing to load."""
        self._check()

    def insert(self, batches: Sequence[SpanBatch]) -> None:
        """Keep all spans of `batches`, or none when one of them can't be kept."""
        self._check()
        batches = [self.deletions.surviving(batch) for batch in batches]
        versions = [
            (batch.project_id, version_held(span, batch.received_at))
            for batch in batches
            for span in batch.spans
        ]
        for project_id, version in versions:
            held = self._spans.setdefault((project_id, version.span.trace_id), {})
            known = held.get(version.span.span_id)
            if known is None or version.number >= known.number:
                held[version.span.span_id] = version
        self._arrived += [
            _Arrival(Mark(place), project_id, version.span)
            for place, (project_id, version) in enumerate(versions, len(self._arrived) + 1)
        ]
        for batch in batches:
            for trace in batch.traces:
                key = batch.project_id, trace.trace_id
                said = self._announced.get(key)
                if said is None or batch.received_at >= said.received_at:
                    self._announced[key] = _Announcement(batch.received_at, trace)
                told = self._metadata_told.get(key)
                if trace.metadata != b"{}" and (
                    told is None or batch.received_at >= told.received_at
                ):
                    self._metadata_told[key] = _Announcement(batch.received_at, trace)

        self._batches += batches

    def _replace(self, project_id: str, batches: list[SpanBatch]) -> None:
        """Hold `batches` of a project, and nothing else of it."""
        for held in (self._spans, self._announced, self._metadata_told):
            for key in [key for key in held if key[0] == project_id]:
                del held[key]
        self._batches = [batch for batch in self._batches if batch.project_id != project_id]
        self.insert(batches)

    def reindex(self, scope: ReindexScope, *, dry_run: bool = False) -> Iterator[Reindexed]:
        """Read stored spans again, by the conventions and prices of now."""
        self._check()
        for each in reread_versions(scope, self._spans, dry_run=dry_run):
            yield each
            self._check()

    def traces(
        self, project_id: str, where: TraceFilter, order: Order, page: PageRequest
    ) -> Page[TraceSummary]:
        """List the traces that `where` describes."""
        self._check()
        digest = question_digest("traces", project_id, where, order)
        asked_at = first_asked(page.cursor, self._now())
        rows = [
            summarise(spans, self._metadata(project_id, trace_id))
            for trace_id, spans in self._traces(project_id, where.at(asked_at))
        ]
        return paged(
            [(order_value(row, order), row.trace_id, row) for row in rows],
            digest,
            page,
            descending=order.descending,
            asked_at=asked_at,
        )

    def trace(self, project_id: str, trace_id: str) -> TraceDetail | None:
        """Give one trace with all its spans, or None when the project has no such trace."""
        self._check()
        spans = self._visible(project_id, trace_id)
        metadata = self._metadata(project_id, trace_id)
        if spans:
            ordered = sorted(spans, key=lambda span: (span.started_at, span.span_id))
            return detail(summarise(ordered, metadata), ordered)
        said = self._announced.get((project_id, trace_id))
        if said is None:
            return None
        started_at = from_micros(said.record.started_at)
        return detail(summarise_empty(trace_id, said.record.service_name, started_at, metadata), [])

    def open_trace(self, project_id: str, trace_id: str) -> OpenTrace | None:
        """Begin to read a trace of any size, in groups of 100 spans."""
        whole = self.trace(project_id, trace_id)
        return None if whole is None else open_whole(whole, 100)

    def stamp(self, project_id: str, trace_id: str) -> str | None:
        """Give a text that is another one once the trace is; None when there is no such trace."""
        whole = self.trace(project_id, trace_id)
        return None if whole is None else f"{zlib.crc32(msgspec.json.encode(whole)):x}"

    def spans(self, project_id: str, trace_id: str, page: PageRequest) -> Page[StoredSpan] | None:
        """List the spans of a trace by start, then by id; None when there is no such trace."""
        self._check()
        if self.trace(project_id, trace_id) is None:
            return None
        spans = self._visible(project_id, trace_id)
        return paged(
            [(to_micros(span.started_at), span.span_id, span) for span in spans],
            question_digest("spans", project_id, trace_id),
            page,
            descending=False,
        )

    def find_spans(
        self, project_id: str, where: SpanFilter, order: SpanOrder, page: PageRequest
    ) -> Page[StoredSpan]:
        """List the spans, of whatever traces, that `where` describes."""
        self._check()
        traces = (spans for _, spans in self._traces(project_id, TraceFilter()))
        return found_spans(
            traces, project_id=project_id, where=where, order=order, page=page, now=self._now()
        )

    def search(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[SearchHit]:
        """Find the traces that hold `where.q` (required), newest first, one hit a trace."""
        self._check()
        words = words_of(where)
        asked_at = first_asked(page.cursor, self._now())
        found = []
        for trace_id, spans in self._traces(project_id, where.at(asked_at)):
            held = sorted(spans_with_words(spans, words), key=lambda span: span.span_id)
            newest = max(held, key=lambda span: span.started_at)
            found.append((to_micros(newest.started_at), trace_id, hit_of(newest, words)))
        digest = question_digest("search", project_id, where)
        return paged(found, digest, page, descending=True, asked_at=asked_at)

    def groups(self, project_id: str, asked: GroupQuery, page: PageRequest) -> Page[GroupSummary]:
        """List the services, models, users or the like that visible spans name."""
        self._check()
        traces = (self._visible(*key) for key in list(self._spans) if key[0] == project_id)
        asked_at = first_asked(page.cursor, self._now())
        return paged(
            grouped(traces, asked.at(asked_at)),
            question_digest("groups", project_id, asked),
            page,
            descending=asked.order.descending,
            asked_at=asked_at,
        )

    def metrics(self, project_id: str, asked: MetricQuery) -> MetricTable:
        """Measure the visible spans of a window, by group and by bucket of time."""
        self._check()
        return tabulate(
            (self._visible(*key) for key in list(self._spans) if key[0] == project_id),
            asked.at(self._now()),
        )

    def arrivals(self, project_id: str, wanted: ArrivalsRequest) -> Arrivals:
        """Give what was stored since; here the order is counted, and `since` is by `created_at`."""
        self._check()
        after = decode_mark(project_id, wanted)
        now = Mark(len(self._arrived))
        if after is None:
            return Arrivals(items=[], next_cursor=next_mark(project_id, now))
        held = [each for each in self._arrived if self._holds(project_id, each)]
        if wanted.since is None:
            held = [each for each in held if each.mark > after]
        else:
            held = [each for each in held if to_micros(each.span.created_at) >= wanted.since]
        where = SpanFilter(where=wanted.condition(self._now()))
        held = [
            each
            for each in held
            if span_meets(where, each.span, self._visible(project_id, each.span.trace_id))
        ]
        shown = held[: wanted.limit]
        end = shown[-1].mark if len(held) > wanted.limit else now
        return Arrivals(items=[each.span for each in shown], next_cursor=next_mark(project_id, end))

    def export(self, project_id: str, selection: Selection, form: ExportForm) -> Iterator[bytes]:
        """Give a file of the spans that `selection` means."""
        self._check()
        held = {key[1]: self._visible(*key) for key in list(self._spans) if key[0] == project_id}
        announced = {
            key[1]: (said.received_at, said.record, self._metadata(*key))
            for key, said in list(self._announced.items())
            if key[0] == project_id
        }
        return exported(held, announced, selection.at(self._now()), form)

    def sql(self, project_id: str, question: SqlQuestion) -> bytes:
        """Refuse with `InvalidError`: there is no engine for SQL here."""
        del project_id, question
        self._check()
        raise InvalidError("a store in memory takes no SQL")

    def _holds(self, project_id: str, arrival: _Arrival) -> bool:
        span = arrival.span
        kept = self._spans.get((project_id, span.trace_id), {})
        return arrival.project_id == project_id and span.span_id in kept

    def ping(self) -> None:
        """Return at once, unless there is a `fault`."""
        self._check()

    def close(self) -> None:
        """Forget everything."""
        self._arrived.clear()
        self._spans.clear()
        self._announced.clear()
        self._metadata_told.clear()
        self._batches.clear()

    def _now(self) -> int:
        return int(self._clock() * 1_000_000)

    def _check(self) -> None:
        if self.fault is not None:
            raise self.fault

    def _visible(self, project_id: str, trace_id: str) -> list[StoredSpan]:
        held = self._spans.get((project_id, trace_id), {})
        return [version.span for version in list(held.values())]

    def _metadata(self, project_id: str, trace_id: str) -> Raw:
        said = self._metadata_told.get((project_id, trace_id))
        return EMPTY_METADATA if said is None else Raw(said.record.metadata)

    def _traces(
        self, project_id: str, where: TraceFilter
    ) -> Iterable[tuple[str, list[StoredSpan]]]:
        check(where)
        for project, trace_id in list(self._spans):
            if project == project_id:
                spans = self._visible(project, trace_id)
                if describes(where, spans):
                    yield trace_id, spans
