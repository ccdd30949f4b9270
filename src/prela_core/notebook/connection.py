"""One object to ask, whether the traces are in this process or on a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self, TypeVar

import attrs

from prela_core.errors import InvalidError, NotFoundError
from prela_core.notebook.moments import micros_ago, micros_of
from prela_core.notebook.results import Hits, Traces
from prela_core.notebook.trace import Trace
from prela_core.store import (
    MAX_LIMIT,
    Order,
    Page,
    PageRequest,
    Reader,
    SearchHit,
    StoredSpan,
    TraceDetail,
    TraceFilter,
    TraceSummary,
)

__all__ = ["Connection"]

T = TypeVar("T")

_ORDERS = {order.name.lower().replace("_", "-"): order for order in Order}
_NAMED = 3


class Connection:
    """Traces to ask about: what `prela_core.connect` gives.

    `project_id` is the project that `reader` is asked about, `place` what is shown of where it
    is, `now` tells the time, and `let_go` ends it. Used as a context manager it is closed at the
    end; else `close()` does it, or the end of the process.

    Every method raises `StoreUnavailableError` or another `UnavailableError` when what has the
    traces does not answer.
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
        *,
        limit: int | None = 100,
        order: Order | str = Order.NEWEST,
        since: timedelta | str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        attributes: Mapping[str, str] | None = None,
        **conditions: Any,
    ) -> Traces:
        """List traces, the newest first: `db.traces(status="error", model="gpt-4o", since="2h")`.

        `conditions` are the fields of `prela_core.store.TraceFilter`, and all of them must hold.
        `since` is how long ago a trace may have begun (a timedelta, or `30m`, `2h`, `3d`);
        `start` and `end` are moments (a datetime, or RFC 3339): `start <= started_at < end`.
        `attributes` are attributes that a span has, with their values as text. `order` is
        newest, oldest, slowest, fastest, dearest, cheapest, most-spans or fewest-spans. A `limit`
        of None gives all there are.

        Raises `InvalidError` for what can be no condition, order or limit.
        """
        where = self._where(since, start, end, attributes, conditions)
        found, more = _collect(
            lambda page: self.reader.traces(self.project_id, where, _order(order), page), limit
        )
        return Traces(found, now=self._now(), more=more)

    def search(
        self,
        words: str,
        *,
        limit: int | None = 100,
        since: timedelta | str | None = None,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
        attributes: Mapping[str, str] | None = None,
        **conditions: Any,
    ) -> Hits:
        """Find traces in which `words` and "quoted phrases" all occur, newest first.

        All else is as in `traces`. Raises `InvalidError` without words.
        """
        conditions = conditions | {"q": words}
        where = self._where(since, start, end, attributes, conditions)
        found, more = _collect(lambda page: self.reader.search(self.project_id, where, page), limit)
        return Hits(found, now=self._now(), more=more)

    def trace(self, trace: str | TraceSummary | StoredSpan | SearchHit) -> Trace:
        """Give the trace of that id with all its spans, or the only recent one that begins so.

        What was found may stand for its trace: `db.trace(db.traces()[0])`. "Recent" is among the
        newest 1,000. Raises `NotFoundError`, or `InvalidError` when several begin so.
        """
        trace_id = trace if isinstance(trace, str) else trace.trace_id
        found = self.reader.trace(self.project_id, trace_id)
        if found is None:
            found = self.reader.trace(self.project_id, self._whole_id(trace_id))
        if found is None:
            raise NotFoundError(f"there is no trace {trace_id}")
        fields = {each.name: getattr(found, each.name) for each in attrs.fields(TraceDetail)}
        return Trace(**fields)

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

    def _where(
        self,
        since: timedelta | str | None,
        start: datetime | str | None,
        end: datetime | str | None,
        attributes: Mapping[str, str] | None,
        conditions: Mapping[str, Any],
    ) -> TraceFilter:
        if since is not None and start is not None:
            raise InvalidError("since and start both say when to begin; give one of them")
        begin = None if start is None else micros_of(start)
        try:
            return TraceFilter(
                **conditions,
                start_time=begin if since is None else micros_ago(since, self._now()),
                end_time=None if end is None else micros_of(end),
                attributes=tuple((attributes or {}).items()),
            )
        except TypeError:
            known = [each.name for each in attrs.fields(TraceFilter) if each.name != "attributes"]
            wrong = ", ".join(sorted(set(conditions) - set(known)))
            raise InvalidError(
                f"there is no condition {wrong}; there are {', '.join(known)}"
            ) from None

    def _whole_id(self, beginning: str) -> str:
        recent = self.reader.traces(
            self.project_id, TraceFilter(), Order.NEWEST, PageRequest(limit=MAX_LIMIT)
        )
        ids = [
            row.trace_id for row in recent.items if beginning and row.trace_id.startswith(beginning)
        ]
        if len(ids) > 1:
            some = ", ".join(ids[:_NAMED])
            raise InvalidError(
                f"{len(ids)} traces begin with {beginning}: {some}; give more of the id"
            )
        if not ids:
            raise NotFoundError(f"there is no trace {beginning}; traces() lists what there is")
        return ids[0]


def _collect(ask: Callable[[PageRequest], Page[T]], limit: int | None) -> tuple[list[T], bool]:
    """Ask for pages until there are `limit` rows or no more; also say whether there are more."""
    if limit is not None and limit < 1:
        raise InvalidError(f"limit must be at least 1, or None for all, not {limit}")
    found: list[T] = []
    cursor: str | None = None
    while True:
        wanted = MAX_LIMIT if limit is None else min(limit - len(found), MAX_LIMIT)
        page = ask(PageRequest(limit=wanted, cursor=cursor))
        found += page.items
        cursor = page.next_cursor
        if cursor is None or len(found) == limit:
            return found, cursor is not None


def _order(word: Order | str) -> Order:
    if isinstance(word, Order):
        return word
    try:
        return _ORDERS.get(word.lower()) or Order(word)
    except ValueError:
        raise InvalidError(f"{word!r} is not one of {', '.join(_ORDERS)}") from None
