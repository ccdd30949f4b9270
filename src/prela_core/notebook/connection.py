"""One object to ask, whether the traces are in this process or on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import attrs

from prela_core.analysis import GraphEdge
from prela_core.ask import Subject
from prela_core.errors import NotFoundError
from prela_core.notebook.comparison import Comparison
from prela_core.notebook.frames import arrow_table
from prela_core.notebook.questions import (
    Length,
    Moment,
    collect,
    condition,
    id_of,
    trace_filter,
    window,
)
from prela_core.notebook.results import Groups, Hits, Spans, Traces
from prela_core.notebook.tables import Table, metric_table, table_of_stream
from prela_core.notebook.trace import Trace
from prela_core.store import (
    Bucket,
    Dimension,
    GroupOrder,
    GroupQuery,
    Measure,
    MetricQuery,
    Order,
    Reader,
    SearchHit,
    SpanFilter,
    SpanOrder,
    StoredSpan,
    TraceDetail,
    TraceSummary,
)
from prela_core.store.finding import find_trace, find_trace_id
from prela_core.store.names import named
from prela_core.store.sql import SqlForm, SqlQuestion

__all__ = ["Connection"]

T = TypeVar("T")

Found = str | TraceSummary | StoredSpan | SearchHit

_LISTED = "traces() lists what there is"


class Connection:
    """Traces to ask about: what `prela_core.connect` gives.

    `project_id` is the project that `reader` is asked about, `place` what is shown of where it
    is, `now` tells the time, and `let_go` ends it. Used as a context manager it is closed at the
    end; else `close()` does it, or the end of the process.

    In every method, `since` is how long ago something may have begun (a timedelta, or `30m`,
    `2h`, `3d`), and `start` and `end` are moments (a datetime, or RFC 3339):
    `start <= started_at < end`. A `limit` of None gives all there are. Where a trace is asked for,
    its id will do, the beginning of it, or what was found.

    Every method raises `StoreUnavailableError` or another `UnavailableError` when what has the
    traces does not answer, and `InvalidError` for what can't be asked.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        project_id: str,
        place: str,
        now: Callable[[], datetime],
        let_go: Callable[[], None] = lambda: None,
    ) -> None:
        self.reader = reader
        self.project_id = project_id
        self.place = place
        self._now = now
        self._let_go = let_go

    def traces(
        self,
        query: str = "",
        *,
        limit: int | None = 100,
        order: Order | str = Order.NEWEST,
        since: Length | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        attributes: Mapping[str, str] | None = None,
        **conditions: Any,
    ) -> Traces:
        """List traces, the newest first: `db.traces("status:error model:gpt-4o*", since="2h")`.

        `query` is in the language of `prela_core.ask`. `conditions` are fields of
        `prela_core.store.TraceFilter`, compared exactly, and `attributes` are attributes that a
        span has, with their values as text. All of it must hold. `order` is newest, oldest,
        slowest, fastest, dearest, cheapest, most-spans or fewest-spans.
        """
        times = window(since, start, end, self._now())
        where = trace_filter(query, times, attributes, conditions)
        by = named(Order, order)
        found, more = _some(
            collect(lambda page: self.reader.traces(self.project_id, where, by, page), limit)
        )
        return Traces(found, now=self._now(), more=more)

    def spans(
        self,
        query: str = "",
        *,
        limit: int | None = 100,
        order: SpanOrder | str = SpanOrder.NEWEST,
        since: Length | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Spans:
        """List spans of whatever traces, the newest first: `db.spans("tool:search status:error")`.

        `query` is in the language of `prela_core.ask`, about single spans. `order` is newest,
        oldest, slowest, fastest, dearest or cheapest.
        """
        first, last = window(since, start, end, self._now())
        where = SpanFilter(where=condition(query, Subject.SPAN), start_time=first, end_time=last)
        by = named(SpanOrder, order)
        found, more = _some(
            collect(lambda page: self.reader.find_spans(self.project_id, where, by, page), limit)
        )
        return Spans(found, now=self._now(), more=more)

    def search(
        self,
        words: str,
        query: str = "",
        *,
        limit: int | None = 100,
        since: Length | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        attributes: Mapping[str, str] | None = None,
        **conditions: Any,
    ) -> Hits:
        """Find traces in which `words` and "quoted phrases" all occur, newest first.

        All else is as in `traces`. Raises `InvalidError` without words.
        """
        conditions = conditions | {"q": words}
        times = window(since, start, end, self._now())
        where = trace_filter(query, times, attributes, conditions)
        found, more = _some(
            collect(lambda page: self.reader.search(self.project_id, where, page), limit)
        )
        return Hits(found, now=self._now(), more=more)

    def trace(self, trace: Found) -> Trace:
        """Give the trace of that id with all its spans, or the only recent one that begins so.

        "Recent" is among the newest 1,000. Raises `NotFoundError`, or `InvalidError` when several
        begin so.
        """
        found = find_trace(self.reader, self.project_id, id_of(trace, "trace"), _LISTED)
        fields = {each.name: getattr(found, each.name) for each in attrs.fields(TraceDetail)}
        return Trace(**(fields | {"spans": Spans(found.spans, now=self._now())}))

    def session(self, session_id: str, *, limit: int | None = 1000) -> Traces:
        """List the traces of a session, the oldest first; `NotFoundError` when there is none."""
        session_id = id_of(session_id, "session")
        found = collect(lambda page: self.reader.session(self.project_id, session_id, page), limit)
        if found is None:
            raise NotFoundError(f"there is no session {session_id}; groups('session') lists them")
        return Traces(found[0], now=self._now(), more=found[1])

    def diff(self, before: Found, after: Found) -> Comparison:
        """Compare two traces: what was added, removed, slower, dearer, answered otherwise."""
        ids = [self._whole_id(each) for each in (before, after)]
        return Comparison(self.reader.diff(self.project_id, *ids))

    def graph(self, trace: Found) -> Table:
        """Say who called whom in a trace, and how often: a row for each pair.

        `source` is null for what nobody called. Raises as `trace` does.
        """
        trace_id = self._whole_id(trace)
        graph = self.reader.graph(self.project_id, trace_id)
        return Table(arrow_table(GraphEdge, graph.edges if graph is not None else []))

    def groups(
        self,
        by: Dimension | str,
        *,
        limit: int | None = 100,
        order: GroupOrder | str = GroupOrder.LAST_SEEN,
        since: Length | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
    ) -> Groups:
        """List the services, models or the like that spans name: `db.groups("model")`.

        `by` is service, name, provider, model, agent, tool, user, session or environment. `order`
        is last-seen, first-seen, name, most-spans, most-traces, most-errors, most-tokens or
        dearest.
        """
        first, last = window(since, start, end, self._now())
        asked = GroupQuery(
            by=named(Dimension, by),
            order=named(GroupOrder, order),
            start_time=first,
            end_time=last,
        )
        found, more = _some(
            collect(lambda page: self.reader.groups(self.project_id, asked, page), limit)
        )
        return Groups(found, now=self._now(), more=more)

    def metrics(
        self,
        *measures: Measure | str,
        query: str = "",
        by: Dimension | str | Sequence[Dimension | str] = (),
        bucket: Bucket | str | None = None,
        since: Length | None = None,
        start: Moment | None = None,
        end: Moment | None = None,
        order: Measure | str | None = None,
        descending: bool = True,
        limit: int = 100,
        fill: bool = False,
    ) -> Table:
        """Measure spans by group and time: `db.metrics("p95_duration_ms", by="model", since="7d")`.

        `measures` are those of `prela_core.store.Measure`, by default the count. Only spans that
        `query` describes are measured, in the language of `prela_core.ask`. `by` names up to
        three of service, name, span_type, status, provider, model, agent, tool, user, session and
        environment; `bucket` is minute, hour, day or week. Groups come in the `order` of a
        measure, the first one where none is named; `fill` adds buckets in which nothing is.
        """
        first, last = window(since, start, end, self._now())
        asked = MetricQuery(
            measures=tuple(named(Measure, each) for each in measures) or (Measure.COUNT,),
            by=tuple(named(Dimension, each) for each in ([by] if isinstance(by, str) else by)),
            bucket=None if bucket is None else named(Bucket, bucket),
            where=condition(query, Subject.SPAN),
            start_time=first,
            end_time=last,
            order=None if order is None else named(Measure, order),
            descending=descending,
            limit=limit,
            fill=fill,
        )
        return metric_table(self.reader.metrics(self.project_id, asked))

    def sql(self, query: str, *, max_rows: int = 100_000) -> Table:
        """Answer one SELECT over the tables `spans` and `traces`, in ClickHouse's SQL.

        An answer of more than `max_rows` rows (at most 1,000,000) is refused with
        `InvalidError`, and so is what reads anything else.
        """
        asked = SqlQuestion(text=query, form=SqlForm.ARROW, max_rows=max_rows)
        return table_of_stream(self.reader.sql(self.project_id, asked))

    def close(self) -> None:
        """Let go of the store or the server. Nothing may be asked afterwards."""
        self._let_go()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<Prela: the traces of {self.place}>"

    def _whole_id(self, trace: Found) -> str:
        """Give a trace's id without reading the trace."""
        trace_id = id_of(trace, "trace")
        if not isinstance(trace, str):
            return trace_id
        return find_trace_id(self.reader, self.project_id, trace_id, _LISTED)


def _some(found: tuple[list[T], bool] | None) -> tuple[list[T], bool]:
    return ([], False) if found is None else found
