"""The traces of a small project, kept as the rows of their spans, and listed without the engine.

(docs/decisions/0035-kept-traces.md)
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from sys import getsizeof
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
_SPAN_BYTES, _TRACE_BYTES, _TEXT_BYTES = 450, 750, 100
"""What each takes beside the characters: objects, numbers, places in tables."""
_MOST_WORK = 12_000
"""What a page may take, in traces that are looked at: some ten milliseconds."""
_MAKING = 5
"""The making of a trace's row, in the same, and as much as it has spans."""
_LOOKED_AT = 10
"""So many spans are looked at as quickly as a trace."""
_LEAST, _LARGEST = -(2**63), 2**63 - 1


def can_list(where: TraceFilter, order: Order) -> bool:
    """Say whether what is kept may tell which traces `where` means, in such an order."""
    if where.q is not None or where.where is not None or where.attributes:
        return False
    if not all(_is_moment(each) for each in (where.start_time, where.end_time)):
        return False
    return order is Order.NEWEST and all(map(_is_text, exact_values(where).values()))


def _is_moment(value: object) -> bool:
    return value is None or (isinstance(value, int) and _LEAST <= value <= _LARGEST)


def _is_text(value: str) -> bool:
    """Say whether the engine can be asked for it: a part of a character can't be sent."""
    return value.isascii() or not any("\ud800" <= each <= "\udfff" for each in value)


@attrs.define(eq=False)
class _Trace:
    spans: dict[str, Row] = attrs.field(factory=dict)
    position: Position | None = None
    row: Row | None = None
    """As `row_of_trace` has it; None where it is to be made."""


@attrs.frozen
class _Said:
    version: int
    started_at: int
    metadata: str


class KeptTraces:
    """The visible spans of one project, as far as lists of its traces tell of them.

    Rows may come in any order and more than once. One thread at a time calls.
    """

    def __init__(self) -> None:
        self._traces: dict[str, _Trace] = {}
        self._said: dict[str, _Said] = {}
        self._order: list[Position] = []
        self._changed: set[str] = set()
        self._texts: dict[str, str] = {}
        self._gone: set[str] = set()
        """Traces that were forgotten, of which the engine may know more."""
        self._is_whole = True
        self._first_said: int | None = None
        self._spans = 0
        self.size = 0
        """About how many bytes of memory are taken."""

    @property
    def rows(self) -> int:
        """How many spans and announcements are kept."""
        return self._spans + len(self._said)

    def add(self, rows: Iterable[Row]) -> None:
        """Take rows of spans, of which that with the largest version counts."""
        for row in rows:
            trace = self._traces.get(row[0])
            if trace is None:
                self._is_whole &= row[0] not in self._gone
                trace = self._traces[self._once(row[0])] = _Trace()
                self.size += _TRACE_BYTES
            other = trace.spans.get(row[1])
            if other is None:
                self._spans += 1
                self.size += _SPAN_BYTES
            elif other[VERSION] > row[VERSION]:
                continue
            own = list(row)
            for at in _TEXTS:
                own[at] = self._once(own[at])
            trace.spans[own[1]] = tuple(own)
            trace.row = None
            self._changed.add(own[0])

    def announce(self, announced: Iterable[Row]) -> None:
        """Take what was said of traces: an id, a version, a start, and metadata as JSON."""
        for trace_id, version, started_at, metadata in announced:
            before = self._said.get(trace_id)
            if len(metadata) > _NO_METADATA and (before is None or before.version <= version):
                if before is None:
                    self.size += _SPAN_BYTES
                else:
                    self.size -= getsizeof(before.metadata)
                self._said[self._once(trace_id)] = _Said(version, started_at, metadata)
                self.size += getsizeof(metadata)
                first = self._first_said
                self._first_said = started_at if first is None else min(first, started_at)

    def forget_before(self, moment: int) -> bool:
        """Forget what started before `moment`; say whether what is left is whole.

        It is not where a trace, with what was said of it, is only partly from before.
        """
        self._sort()
        until = bisect_left(self._order, (moment, ""))
        for _, trace_id in self._order[:until]:
            trace = self._traces.pop(trace_id)
            self._spans -= len(trace.spans)
            self._said.pop(trace_id, None)
            self._gone.add(trace_id)
            self._is_whole &= all(span[_STARTED] < moment for span in trace.spans.values())
        del self._order[:until]
        if self._first_said is not None and self._first_said < moment:
            old = [trace_id for trace_id, said in self._said.items() if said.started_at < moment]
            for trace_id in old:
                del self._said[trace_id]
            self._gone.update(old)
            self._is_whole &= self._traces.keys().isdisjoint(old)
            self._first_said = min((said.started_at for said in self._said.values()), default=None)
        return self._is_whole

    def page(
        self, project_id: str, where: TraceFilter, page: PageRequest
    ) -> Page[TraceSummary] | None:
        """List traces, newest first, as `plans.traces` does; `where` is one that `can_list` says.

        None where what is kept does not tell, or would be looked through for long. Raises as
        `plans.traces` does.
        """
        digest = question_digest("traces", project_id, where, Order.NEWEST)
        after = position_of(page, digest)
        limit = page.offset + page.limit + 1
        found = self._found(where, after, limit)
        if found is None:
            return None
        shown = found[page.offset : page.offset + page.limit]
        return Page(
            items=[summary_from_row(row, self._metadata(row[0])) for row in shown],
            next_cursor=encode_cursor(digest, int(shown[-1][-1]), shown[-1][0])
            if len(found) == limit
            else None,
        )

    def _found(self, where: TraceFilter, after: Position | None, limit: int) -> list[Row] | None:
        self._sort()
        wanted = [(_PLACES[name], value) for name, value in exact_values(where).items()]
        status = None if where.status is None else wanted_status(where.status)
        ends = [] if where.end_time is None else [(where.end_time, "")]
        until = min([*ends, *([] if after is None else [after])], default=None)
        at = len(self._order) if until is None else bisect_left(self._order, until)
        work = 0
        found: list[Row] = []
        while at and len(found) < limit:
            at -= 1
            start, trace_id = self._order[at]
            if where.start_time is not None and start < where.start_time:
                return found
            trace = self._traces[trace_id]
            spans = trace.spans.values()
            work += 1 + len(spans) // _LOOKED_AT
            if work > _MOST_WORK:
                return None
            if not all(any(span[place] == value for span in spans) for place, value in wanted):
                continue
            if trace.row is None:
                work += _MAKING + len(spans)
                if work > _MOST_WORK:
                    return None
                trace.row = row_of_trace(trace_id, [*spans])
            row = trace.row
            took = row[4] - start
            if (
                (status is None or row[5] == status)
                and (where.min_duration_ms is None or took >= where.min_duration_ms * 1000)
                and (where.max_duration_ms is None or took <= where.max_duration_ms * 1000)
            ):
                found.append(row)
        is_all = len(found) == limit or not self._gone  # else some are in the engine alone
        return found if is_all else None

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

    def _metadata(self, trace_id: str) -> str | None:
        said = self._said.get(trace_id)
        return None if said is None else said.metadata

    def _once(self, text: str) -> str:
        """Give the one object that is kept for `text`: most occur in many rows."""
        kept = self._texts.get(text)
        if kept is None:
            kept = self._texts[text] = text
            self.size += getsizeof(text) + _TEXT_BYTES
        return kept
