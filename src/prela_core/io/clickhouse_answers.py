"""Answering plans: their questions one after the other, some of them beside another.

A plan may know what it will ask next before it has the answer that it asks for now. Where a
connection is idle, that is asked meanwhile; what the plan then asks is answered from there, and
what it no longer wants to know was in vain.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from prela_core.io.clickhouse_connections import Connections, Use
from prela_core.io.clickhouse_statements import rows_of
from prela_core.store.fragments import Query
from prela_core.store.plans import Plan

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["Answers"]

T = TypeVar("T")
Rows = list[Sequence[Any]]


class Answers:
    """Answers plans on the connections of one store, and keeps the answers that stay true."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._known: dict[tuple[Any, ...], tuple[float, Rows]] = {}

    def answer(self, plan: Plan[T]) -> T:
        """Give what `plan` comes to; raises as `rows_of` does."""
        begun: list[tuple[Query, Future[Rows | None]]] = []
        with self._connections.borrowed(Use.READ, writing=False) as client:
            try:
                query = next(plan)
                while True:
                    begun += [(each, self._begin(each)) for each in query.meanwhile]
                    ahead = (found.result() for each, found in begun if each is query)
                    rows = next(ahead, None)
                    query = plan.send(self._rows(client, query) if rows is None else rows)
            except StopIteration as stop:
                answer: T = stop.value
                return answer
            finally:
                for _, found in begun:
                    found.exception()  # nothing of a plan is left running

    def _begin(self, query: Query) -> Future[Rows | None]:
        """Ask on a connection of its own; the answer is None where none is idle."""
        future: Future[Rows | None] = Future()

        def ask() -> None:
            try:
                spare = self._connections.spare(Use.READ, writing=False)
                if spare is None:
                    future.set_result(None)
                    return
                with spare as client:
                    rows = rows_of(client, query)
            except BaseException as error:  # noqa: BLE001 - whoever asks for the answer gets it
                future.set_exception(error)
            else:
                future.set_result(rows)

        threading.Thread(target=ask, daemon=True).start()
        return future

    def _rows(self, client: Client, query: Query) -> Rows:
        if not query.stays:
            return rows_of(client, query)
        now = time.monotonic()
        asked = (query.sql, *query.parameters.values())
        until, rows = self._known.get(asked, (now, []))
        if until <= now:
            rows = rows_of(client, query)
            if rows and all(all(row) for row in rows):
                self._known[asked] = now + query.stays, rows
        return rows
