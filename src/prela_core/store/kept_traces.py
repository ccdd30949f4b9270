"""The traces of a small project, kept as the rows of their spans, and listed without the engine.

(docs/decisions/0035-kept-traces.md)
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from prela_core.store.conditions import EXACT_COLUMNS, exact_values, wanted_status
from prela_core.store.cursors import Position, encode_cursor, question_digest
from prela_core.store.filters import Order, PageRequest, TraceFilter
from prela_core.store.kept_rows import KEPT_COLUMNS
from prela_core.store.plans import position_of, summary_from_row
from prela_core.store.results import Page, TraceSummary
from prela_core.store.rows_together import VERSION, row_of_trace

__all__ = ["KeptTraces", "can_list"]

Row = Sequence[Any]

_PLACES = {name: at for at, name in enumerate(KEPT_COLUMNS)}
_TEXTS = tuple(
    _PLACES[name]
    for name in dict.fromkeys(("trace_id", "span_id", "parent_span_id", "status", *EXACT_COLUMNS))
)
_STARTED = _PLACES["started_at"]
_NO_METADATA = 2
"""So many bytes of metadata, `{}`, say nothing."""


def can_list(where: TraceFilter, order: Order) -> bool:
    """Say whether what is kept tells which traces `where` means, in such an order."""
    asks_more = where.q is not None or where.where is not None or where.attributes
    return order is Order.NEWEST and not asks_more


@attrs.define(eq=False)
class _Trace:
    spans: dict[str, Row] = attrs.field(factory=dict)
    position: Position | None = None
    row: Row | None = None
    """As `row_of_trace` has it; None where it is to be made."""


class KeptTraces:
    """The visible spans of one project, as far as lists of its traces tell of them.

    Rows may come in any order and more than once. One thread at a time calls.
    """

    def __init__(self) -> None:
        self._traces: dict[str, _Trace] = {}
        self._metadata: dict[str, tuple[int, str]] = {}
        self._order: list[Position] = []
        self._changed: set[str] = set()
        self._texts: dict[str, str] = {}
        self.size = 0
        """About how many bytes of text are kept, each text once."""
        self.spans = 0

    @property
    def oldest(self) -> int | None:
        """When the first trace starts, in microseconds; None without any."""
        self._sort()
        return self._order[0][0] if self._order else None

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows of spans, of which that with the largest version counts."""
        for row in rows:
            trace = self._traces.get(row[0])
            if trace is None:
                trace = self._traces[self._once(row[0])] = _Trace()
            other = trace.spans.get(row[1])
            if other is None:
                self.spans += 1
            elif other[VERSION] >= row[VERSION]:
                continue
            own = list(row)
            for at in _TEXTS:
                own[at] = self._once(own[at])
            trace.spans[own[1]] = tuple(own)
            trace.row = None
            self._changed.add(own[0])

    def announce(self, announced: Iterable[Row]) -> None:
        """Take what was said of traces: an id, a version, and metadata as JSON."""
        for trace_id, version, metadata in announced:
            if len(metadata.encode()) > _NO_METADATA:
                before = self._metadata.get(trace_id)
                if before is None or before[0] < version:
                    self._metadata[trace_id] = version, metadata
                    self.size += len(metadata)

    def page(self, project_id: str, where: TraceFilter, page: PageRequest) -> Page[TraceSummary]:
        """List traces, newest first, as `plans.traces` does; `where` is one that `can_list` says.

        Raises as that does.
        """
        digest = question_digest("traces", project_id, where, Order.NEWEST)
        after = position_of(page, digest)
        limit = page.offset + page.limit + 1
        found: list[Row] = []
        for row in self._matching(where, after):
            found.append(row)
            if len(found) == limit:
                break
        shown = found[page.offset : page.offset + page.limit]
        return Page(
            items=[summary_from_row(row, self._said(row[0])) for row in shown],
            next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0])
            if len(found) == limit
            else None,
        )

    def _matching(self, where: TraceFilter, after: Position | None) -> Iterator[Row]:
        self._sort()
        wanted = [(_PLACES[name], value) for name, value in exact_values(where).items()]
        status = None if where.status is None else wanted_status(where.status)
        ends = [] if where.end_time is None else [(where.end_time, "")]
        until = min([*ends, *([] if after is None else [after])], default=None)
        at = len(self._order) if until is None else bisect_left(self._order, until)
        while at:
            at -= 1
            start, trace_id = self._order[at]
            if where.start_time is not None and start < where.start_time:
                return
            trace = self._traces[trace_id]
            spans = trace.spans.values()
            if not all(any(span[place] == value for span in spans) for place, value in wanted):
                continue
            if trace.row is None:
                trace.row = row_of_trace(trace_id, [*spans])
            row = trace.row
            took = row[4] - start
            if (
                (status is None or row[5] == status)
                and (where.min_duration_ms is None or took >= where.min_duration_ms * 1000)
                and (where.max_duration_ms is None or took <= where.max_duration_ms * 1000)
            ):
                yield row

    def _sort(self) -> None:
        """Put each trace that changed where it stands now."""
        anew = len(self._changed) > len(self._order) // 8
        for trace_id in self._changed:
            trace = self._traces[trace_id]
            position = min(span[_STARTED] for span in trace.spans.values()), trace_id
            if position != trace.position and not anew:
                if trace.position is not None:
                    del self._order[bisect_left(self._order, trace.position)]
                insort(self._order, position)
            trace.position = position
        if anew:
            positions = (trace.position for trace in self._traces.values())
            self._order = sorted(each for each in positions if each is not None)
        self._changed.clear()

    def _said(self, trace_id: str) -> str | None:
        said = self._metadata.get(trace_id)
        return None if said is None else said[1]

    def _once(self, text: str) -> str:
        """Give the one object that is kept for `text`: most occur in many rows."""
        kept = self._texts.get(text)
        if kept is None:
            kept = self._texts[text] = text
            self.size += len(text)
        return kept
