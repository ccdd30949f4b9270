"""The store over a ClickHouse server: a server that is away, slow, or answers with an error."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.fronts import ClickHouse, clickhouse

from prela_core.errors import PrelaError, StoreUnavailableError
from prela_core.io import clickhouse_statements
from prela_core.io.clickhouse_errors import RefusedByStoreError
from prela_core.io.clickhouse_opening import open_server
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter, migrations
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
STEPS = [f"{step.number:04d} {step.name}" for step in migrations.migrations()]


def _open(server: ClickHouse, **options: Any) -> ClickHouseStore:
    return open_server("127.0.0.1", port=server.port, retention_days=0, readers=1, **options)


@pytest.fixture(scope="module")
def running(tmp_path_factory: Any) -> Iterator[ClickHouse]:
    with clickhouse(tmp_path_factory.mktemp("server")) as server:
        with closing(_open(server)) as store:
            store.migrate()
        yield server


@pytest.fixture
def server(running: ClickHouse) -> Iterator[ClickHouse]:
    yield running
    running.heal()


@pytest.fixture
def store(server: ClickHouse) -> Iterator[ClickHouseStore]:
    with closing(_open(server)) as opened:
        yield opened


def insert(store: ClickHouseStore, project: str, *trace_ids: str) -> None:
    spans = [span_record(trace_id=trace_id) for trace_id in trace_ids]
    store.insert([SpanBatch(project, MICROS, spans)])


def ids(store: ClickHouseStore, project: str) -> list[str]:
    page = store.traces(project, TraceFilter(), Order.OLDEST, PageRequest())
    return [row.trace_id for row in page.items]


CALLS: dict[str, Callable[[ClickHouseStore], object]] = {
    "ping": lambda store: store.ping(),
    "migrate": lambda store: store.migrate(),
    "insert": lambda store: insert(store, "faults", "t"),
    "traces": lambda store: ids(store, "faults"),
    "trace": lambda store: store.trace("faults", "t"),
    "spans": lambda store: store.spans("faults", "t", PageRequest()),
    "search": lambda store: store.search("faults", TraceFilter(q="x"), PageRequest()),
}


def refusal(store: ClickHouseStore, call: str, kind: type[PrelaError]) -> str:
    """Make a call that must fail, and give what the caller is told."""
    with pytest.raises(PrelaError) as caught:
        CALLS[call](store)
    assert kind is type(caught.value)
    told = str(caught.value)
    for leak in ("127.0.0.1", "http", "DB::", "canary", "Connection", "Errno", "driver", "SELECT"):
        assert leak not in told
    return told


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_is_away_is_said_to_be_and_found_again(
    server: ClickHouse, store: ClickHouseStore, call: str
) -> None:
    CALLS[call](store)
    server.tell("away")
    refusal(store, call, StoreUnavailableError)
    refusal(store, call, StoreUnavailableError)
    server.tell("back")
    CALLS[call](store)


@pytest.mark.parametrize("call", CALLS)
def test_a_store_can_be_opened_before_its_server(server: ClickHouse, call: str) -> None:
    server.tell("away")
    with closing(_open(server)) as store:
        refusal(store, call, StoreUnavailableError)
        server.tell("back")
        CALLS[call](store)


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_is_silent_for_too_long(server: ClickHouse, call: str) -> None:
    with closing(_open(server, timeout=1)) as store:
        CALLS[call](store)
        server.tell("delay", seconds=60)
        refusal(store, call, StoreUnavailableError)
        server.tell("delay", seconds=0)
        CALLS[call](store)


def test_a_slow_server_is_waited_for(server: ClickHouse, store: ClickHouseStore) -> None:
    server.tell("delay", seconds=0.2)
    insert(store, "slow", "t")
    assert ["t"] == ids(store, "slow")


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("code", "status"),
    [
        (60, 404),  # UNKNOWN_TABLE
        (81, 404),  # UNKNOWN_DATABASE
        (202, 500),  # TOO_MANY_SIMULTANEOUS_QUERIES
        (242, 500),  # TABLE_IS_READ_ONLY
        (243, 500),  # NOT_ENOUGH_SPACE
        (252, 500),  # TOO_MANY_PARTS
        (516, 403),  # AUTHENTICATION_FAILED
        (0, 502),  # a proxy's own
        (0, 503),
    ],
)
def test_an_error_of_the_server_is_the_stores(
    server: ClickHouse, store: ClickHouseStore, call: str, code: int, status: int
) -> None:
    server.tell("fail", code=code, status=status)
    told = refusal(store, call, StoreUnavailableError)
    assert not code or f"(code {code}" in told
    server.tell("fail", code=0)
    CALLS[call](store)


@pytest.mark.parametrize("connected", [False, True])
@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_is_not_clickhouses(
    server: ClickHouse,
    store: ClickHouseStore,
    call: str,
    connected: bool,  # noqa: FBT001 - a table
) -> None:
    if connected:
        CALLS[call](store)
    server.tell("fail", code=0, status=200)
    refusal(store, call, StoreUnavailableError)
    server.tell("fail", code=0)
    CALLS[call](store)


@pytest.mark.parametrize("code", [158, 159, 241, 396])
def test_a_question_that_is_too_expensive_says_so(
    server: ClickHouse, store: ClickHouseStore, code: int
) -> None:
    store.ping()
    server.tell("fail", code=code)
    assert "narrow it" in refusal(store, "traces", StoreUnavailableError)


@pytest.mark.parametrize("code", [6, 27, 53, 117, 321])
def test_rows_that_can_never_be_stored_are_the_senders_fault(
    server: ClickHouse, store: ClickHouseStore, code: int
) -> None:
    insert(store, "refused", "t")
    server.tell("fail", code=code)
    refusal(store, "insert", RefusedByStoreError)


def test_an_insert_that_landed_unanswered_can_be_repeated(
    server: ClickHouse, store: ClickHouseStore
) -> None:
    insert(store, "cut", "t1")
    server.tell("cut", times=4)
    with pytest.raises(StoreUnavailableError):
        insert(store, "cut", "t2", "t3")
    server.tell("cut", times=0)
    insert(store, "cut", "t2", "t3")
    assert ["t1", "t2", "t3"] == sorted(ids(store, "cut"))


def test_a_question_whose_answer_was_cut_off_is_asked_again(
    server: ClickHouse, store: ClickHouseStore
) -> None:
    insert(store, "again", "t")
    assert ["t"] == ids(store, "again")
    server.tell("cut", times=1)
    assert ["t"] == ids(store, "again")


def test_what_is_asked_for_does_not_reach_the_log(
    server: ClickHouse, store: ClickHouseStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    store.ping()
    server.tell("away")
    with pytest.raises(StoreUnavailableError):
        store.trace("canary", "canary")
    assert "canary" not in caplog.text


def test_many_ids_are_divided_among_parameters(server: ClickHouse, store: ClickHouseStore) -> None:
    many = [f"{number:03d}".ljust(1000, "'") for number in range(300)]
    insert(store, "many", *many)
    page = store.traces("many", TraceFilter(), Order.OLDEST, PageRequest(limit=1000))
    assert many == sorted(row.trace_id for row in page.items)
    forms = [name for request in server.seen() for name in request["form"]]
    assert "param_ids_part1" in forms


def test_steps_are_named_once_over_http(tmp_path: Path) -> None:
    with clickhouse(tmp_path) as server, closing(_open(server)) as store:
        assert STEPS == store.migrate()
        assert [] == store.migrate()


def test_settings_that_bound_a_question_reach_the_server(
    server: ClickHouse, store: ClickHouseStore
) -> None:
    assert [] == ids(store, "nobody")
    insert(store, "nobody", "t")
    asked = server.seen()
    question = next(each for each in reversed(asked) if "readonly" in each["url"])
    assert {"max_execution_time", "max_memory_usage", "max_result_rows"} <= set(question["url"])
    written = next(each for each in reversed(asked) if each["sql"].startswith("INSERT"))
    assert {"async_insert", "max_partitions_per_insert_block"} <= set(written["url"])


def test_a_wrong_password_is_no_fault_of_the_caller(tmp_path: Path) -> None:
    with clickhouse(tmp_path, "--password", "canary") as server:
        with closing(_open(server, password="other")) as store:  # noqa: S106 - of this test
            assert "516" in refusal(store, "ping", StoreUnavailableError)
        with closing(_open(server, password="canary")) as store:  # noqa: S106 - likewise
            store.ping()


@pytest.mark.parametrize("call", CALLS)
def test_nothing_is_asked_after_closing(server: ClickHouse, call: str) -> None:
    store = _open(server)
    store.ping()
    store.close()
    refusal(store, call, StoreUnavailableError)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/passwd', LineAsString)",
        "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
        "INSERT INTO schema_migrations (number, name) VALUES (9, 'x')",
        "DROP TABLE spans",
    ],
)
def test_questions_can_only_read_the_store(
    server: ClickHouse, store: ClickHouseStore, sql: str
) -> None:
    insert(store, "readonly", "t")
    with (
        pytest.raises(StoreUnavailableError, match="164"),  # READONLY
        store.connection() as client,
    ):
        client.query(sql, settings=clickhouse_statements.READ_SETTINGS)
    assert ["t"] == ids(store, "readonly")


def test_a_question_with_too_long_an_answer_is_refused(
    server: ClickHouse, store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(store, "long", *map(str, range(50)))
    bounded = clickhouse_statements.READ_SETTINGS | {"max_result_rows": 5}
    monkeypatch.setattr(clickhouse_statements, "READ_SETTINGS", bounded)
    with pytest.raises(StoreUnavailableError, match="narrow it"):
        ids(store, "long")


def test_many_threads_may_use_it_at_once(server: ClickHouse) -> None:
    def work(number: int) -> list[str]:
        insert(store, f"thread-{number}", "t1", "t2")
        return sorted(ids(store, f"thread-{number}"))

    with (
        closing(open_server("127.0.0.1", port=server.port, readers=3)) as store,
        ThreadPoolExecutor(8) as pool,
    ):
        assert [["t1", "t2"]] * 40 == list(pool.map(work, range(40)))
