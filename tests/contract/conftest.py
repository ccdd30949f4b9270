"""The stores that the store's contract is held over, each behind the same few calls."""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, cast

import attrs
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from tests.fronts import database, server
from tests.served import listening

from prela_core.io.clickhouse_opening import open_embedded, open_server
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.io.http_client import HttpClient
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, PageRequest, Store, TraceFilter
from prela_core.testing import NOON, ManualClock, MemoryStore
from prela_server.accounts import Identity, Scope
from prela_server.edge.problems import handlers
from prela_server.query.export_routes import export_routes
from prela_server.query.routes import query_routes

_numbers = itertools.count(1)


@attrs.frozen
class Adapter:
    """A store, and what makes it merge what it holds."""

    store: Store
    merge: Callable[[], None]


@attrs.define
class Place:
    """A project of its own in a store."""

    store: Store
    project: str
    merge: Callable[[], None]
    received_at: int = to_micros(NOON)

    def insert(self, *spans: SpanRecord, traces: Sequence[TraceRecord] = ()) -> SpanBatch:
        """Insert spans as one batch, received a millisecond after the one before."""
        self.received_at += 1000
        batch = SpanBatch(self.project, self.received_at, spans, traces)
        self.store.insert([batch])
        return batch

    def traces(self, order: Order = Order.NEWEST, **wanted: Any) -> Any:
        page = {name: wanted.pop(name) for name in ("limit", "cursor", "offset") if name in wanted}
        return self.store.traces(self.project, TraceFilter(**wanted), order, PageRequest(**page))

    def ids(self, order: Order = Order.NEWEST, **wanted: Any) -> list[str]:
        return [row.trace_id for row in self.traces(order, **wanted).items]

    def trace(self, trace_id: str) -> Any:
        return self.store.trace(self.project, trace_id)

    def spans(self, trace_id: str, **page: Any) -> Any:
        return self.store.spans(self.project, trace_id, PageRequest(**page))

    def search(self, q: str | None, **wanted: Any) -> Any:
        page = {name: wanted.pop(name) for name in ("limit", "cursor", "offset") if name in wanted}
        return self.store.search(self.project, TraceFilter(q=q, **wanted), PageRequest(**page))

    def hits(self, q: str, **wanted: Any) -> list[str]:
        return [hit.trace_id for hit in self.search(q, **wanted).items]

    def session(self, session_id: str, **page: Any) -> Any:
        return self.store.session(self.project, session_id, PageRequest(**page))

    def elsewhere(self) -> Place:
        """Give another project in the same store."""
        return Place(self.store, f"project-{next(_numbers)}", self.merge)


def _merge(store: ClickHouseStore) -> None:
    with store.connection() as client:
        for table in ("spans", "trace_announcements"):
            client.command(f"OPTIMIZE TABLE {table} FINAL")


_THOROUGH = os.environ.get("PRELA_TESTS") == "thorough"
_AS_EMBEDDED = {
    "test_store_analyses",
    "test_store_collapse",
    "test_store_lists",
    "test_store_reindex",
}
"""What the engine answers by itself; other modules show that a server is asked the same way."""

_LISTS = {"test_store", "test_store_deletion", "test_store_lists", "test_store_reindex"}
"""Where lists are answered from memory; nothing else is."""

_SAMPLED = {
    "test_store",
    "test_store_asked",
    "test_store_export",
    "test_store_find",
    "test_store_metrics",
    "test_store_search",
}
_ONE_OF = 4
"""Of these modules a server is asked one test of four, the same ones each time, and besides all
that is about how it is asked: how values are bound, what it refuses, and what goes on at once."""

_WHOLE = (
    "test_every_field_comes_back",
    "test_it_answers_while",
    "test_it_can_be_migrated",
    "test_odd_texts",
    "test_projects_never",
    "test_what_cannot_be_stored",
)

_DELETED_ON_SERVERS = ("test_the_receipt", "test_what_comes_late", "test_everything", "test_odd")
_NO_ID = "no trace has this id: line ends are refused in one"
_NOT_OVER_HTTP = {
    "test_store_collapse": "the store's own; the oracle answers over HTTP in the other modules",
    "test_store_reindex": "the store's own, for whoever holds it",
    "test_store_deletion": "the store's own; deletions over HTTP are asked of a whole server",
    "test_ping_returns": "only questions are asked here; test_http_client asks a whole server",
    "test_it_can_be_migrated_again_at_any_time": "only the reading half is asked over HTTP",
    "test_a_type_that_no_span_can_have_finds_nothing": "refused, for it is likely misspelt",
    "test_an_empty_text_means_the_spans_that_say_nothing": "refused: it can't be said in a query",
    "test_odd_texts_are_values_like_any_other[http-tab": _NO_ID,
    "test_odd_texts_are_values_like_any_other[http-all controls": _NO_ID,
    "test_what_is_no_cursor_is_refused[http-cursor6]": "refused as too long before it is read",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items[:] = [each for each in items if "[kept" not in each.name or each.path.stem in _LISTS]
    for item in items:
        for name, reason in _NOT_OVER_HTTP.items():
            if "[http" in item.name and (item.path.stem == name or item.name.startswith(name)):
                item.add_marker(pytest.mark.skip(reason=reason))
        if item.path.stem in _AS_EMBEDDED and "[server" in item.name and not _THOROUGH:
            item.add_marker(pytest.mark.skip(reason="the engine is as embedded"))
        is_left_out = zlib.crc32(item.name.encode()) % _ONE_OF != 0
        is_left_out &= not item.name.startswith(_WHOLE)
        if item.path.stem in _SAMPLED and "[server" in item.name and is_left_out and not _THOROUGH:
            item.add_marker(pytest.mark.skip(reason="a server is asked one of four of these"))
        is_deletion = item.path.stem == "test_store_deletion" and "[server" in item.name
        if is_deletion and not _THOROUGH and not item.name.startswith(_DELETED_ON_SERVERS):
            item.add_marker(pytest.mark.skip(reason="the engine is as embedded"))


class OverHttp:
    """The reading half over a socket: client, routes and parameters, with the oracle behind them.

    A key is the name of its project.
    """

    def __init__(self, url: str, store: MemoryStore) -> None:
        self._url = url
        self._clients: dict[str, HttpClient] = {}
        self.insert = store.insert

    def __getattr__(self, name: str) -> Any:
        def ask(project_id: str, *question: Any) -> Any:
            client = self._clients.get(project_id)
            if client is None:
                client = self._clients[project_id] = HttpClient(self._url, project_id)
            return getattr(client, name)(project_id, *question)

        return ask

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


@contextmanager
def _over_http() -> Iterator[Store]:
    async def guard(request: Request, scope: Scope) -> Identity:
        project_id = request.headers["X-API-Key"]
        return Identity(project_id=project_id, key_id="", scopes=frozenset({scope}))

    store = MemoryStore()
    routes = [*query_routes(store, guard), *export_routes(store, guard)]
    app = Starlette(routes=routes, exception_handlers=handlers())
    with listening(app) as url, closing(OverHttp(url, store)) as client:
        yield cast("Store", client)


@pytest.fixture(scope="session")
def clickhouse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """One server for all modules: each has a database of its own there."""
    with server(tmp_path_factory.mktemp("server")) as options:
        yield options


@pytest.fixture(scope="module", params=["memory", "embedded", "kept", "server", "http"])
def adapter(request: Any, tmp_path_factory: Any) -> Iterator[Adapter]:
    if request.param == "memory":
        yield Adapter(MemoryStore(), lambda: None)
        return
    if request.param == "http":
        with _over_http() as store:
            yield Adapter(store, lambda: None)
        return
    options: dict[str, Any] = {
        # The spans of these tests are older than any retention by the time they run.
        "retention_days": 0,
        "readers": 2,
        "clock": ManualClock().seconds,
        # The harder ways, which stores of this size would not take.
        "windows_from": 0,
        "keeps_after": None,
        "others_write": False,
    }
    if request.param == "server":
        with (
            database(request.getfixturevalue("clickhouse_server")) as place,
            closing(open_server(**place, **options)) as store,
        ):
            store.migrate()
            yield Adapter(store, lambda: _merge(store))
        return
    del options["others_write"]  # none could
    if request.param == "kept":
        options["keeps_after"] = 0
    data = tmp_path_factory.mktemp("store")
    with closing(open_embedded(data, **options)) as store:
        yield Adapter(store, lambda: _merge(store))


@pytest.fixture
def place(adapter: Adapter) -> Place:
    return Place(adapter.store, f"project-{next(_numbers)}", adapter.merge)


@pytest.fixture
def in_memory() -> Callable[[], Place]:
    """Make a project in an oracle of its own."""
    return lambda: Place(MemoryStore(), f"project-{next(_numbers)}", lambda: None)


@pytest.fixture
def plain() -> Callable[[object], Any]:
    """Turn an answer into dicts, lists and numbers, as its JSON has them."""

    def convert(answer: object) -> Any:
        return msgspec.json.decode(msgspec.json.encode(answer))

    return convert
