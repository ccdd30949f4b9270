"""What only the embedded engine has: files, a schema, retention, limits on questions."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import clickhouse_connect
import pytest

import prela_core
from prela_core.errors import SettingsError, StoreUnavailableError
from prela_core.io import clickhouse_answers, clickhouse_statements
from prela_core.io.clickhouse_connections import Use
from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter, migrations
from prela_core.store.fragments import Query
from prela_core.store.queries import has_rows, newest_hour
from prela_core.store.sql import SqlQuestion
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
SOURCE = Path(prela_core.__file__).parents[1]
STEPS = [f"{step.number:04d} {step.name}" for step in migrations.migrations()]
OF_THE_ENGINE = [
    f"{step.number:04d} {step.name}" for step in migrations.migrations(migrations.DURABLE)
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ClickHouseStore]:
    with closing(open_embedded(tmp_path, retention_days=0, readers=1)) as opened:
        yield opened


def insert(store: ClickHouseStore, *spans: Any) -> None:
    store.insert([SpanBatch("p", MICROS, spans)])


def ids(store: ClickHouseStore) -> list[str]:
    page = store.traces("p", TraceFilter(), Order.OLDEST, PageRequest())
    return [row.trace_id for row in page.items]


def ask(store: ClickHouseStore, sql: str, **values: Any) -> Any:
    with store._asking.borrowed(Use.READ, writing=False) as client:
        return client.query(sql, parameters=values).result_rows


def definition_of(store: ClickHouseStore, table: str) -> str:
    sql = "SELECT create_table_query FROM system.tables WHERE name = {name:String}"
    return str(ask(store, sql, name=table)[0][0])


def command(store: ClickHouseStore, sql: str) -> None:
    with store.connection() as client:
        client.command(sql)


def ttl_of(store: ClickHouseStore, table: str) -> str:
    _, _, after = definition_of(store, table).partition(" TTL ")
    return after.partition(" SETTINGS")[0]


def test_what_was_inserted_is_there_after_opening_again(tmp_path: Path) -> None:
    with closing(open_embedded(tmp_path, retention_days=0)) as store:
        insert(store, span_record(trace_id="t"))
    with closing(open_embedded(tmp_path, retention_days=0)) as store:
        assert ["t"] == ids(store)
        assert [] == store.migrate()


def test_steps_are_named_once(tmp_path: Path) -> None:
    store = ClickHouseStore(
        lambda: clickhouse_connect.get_client(dsn=f"chdb://{tmp_path}"), retention_days=0
    )
    with closing(store):
        assert STEPS == store.migrate()
        assert [] == store.migrate()


def test_many_may_migrate_at_once(tmp_path: Path) -> None:
    def replica() -> ClickHouseStore:
        return ClickHouseStore(
            lambda: clickhouse_connect.get_client(dsn=f"chdb://{tmp_path}"),
            readers=1,
            retention_days=30,
        )

    stores = [replica() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        taken = [each.result() for each in [pool.submit(store.migrate) for store in stores]]
    assert set(STEPS) <= {step for steps in taken for step in steps}
    assert [[]] * 4 == [store.migrate() for store in stores]
    insert(stores[0], span_record(trace_id="t", started_at=MICROS + 10**15))
    assert ["t"] == ids(stores[3])
    assert [(len(STEPS),)] == ask(stores[0], "SELECT uniqExact(number) FROM schema_migrations")
    for store in stores:
        store.close()


def test_a_step_that_was_cut_off_is_taken_again(store: ClickHouseStore) -> None:
    insert(store, span_record(trace_id="t"))
    command(store, "DROP VIEW traces")
    command(store, "TRUNCATE TABLE schema_migrations")
    assert OF_THE_ENGINE == store.migrate()
    assert [("t",)] == ask(store, "SELECT trace_id FROM traces")


def test_a_small_part_is_one_file(store: ClickHouseStore) -> None:
    insert(store, span_record(trace_id="t"))
    parts = "SELECT DISTINCT part_storage_type FROM system.parts WHERE table = 'spans' AND active"
    assert [("Packed",)] == ask(store, parts)


def test_words_stored_before_their_index_are_indexed_in_the_background(
    store: ClickHouseStore,
) -> None:
    command(store, "ALTER TABLE spans DROP INDEX words")
    command(store, "DELETE FROM schema_migrations WHERE number = 6")
    insert(store, span_record(trace_id="t", name="prerefund"))
    assert store.indexed_rows() is None
    found = store.search("p", TraceFilter(q="refund"), PageRequest())
    assert ["0006 words"] == store.migrate()
    command(store, "ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1")
    assert (1, 1) == store.indexed_rows()
    assert found == store.search("p", TraceFilter(q="refund"), PageRequest())


def test_a_server_that_knows_no_text_index_does_without(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(store, "ALTER TABLE spans DROP INDEX words")
    command(store, "DELETE FROM schema_migrations WHERE number IN (6, 16, 17)")
    steps = migrations.migrations()
    older = [
        attrs.evolve(step, sql=re.sub("TYPE text|MODIFY SETTING ", r"\g<0>of_later_", step.sql))
        for step in steps
    ]
    assert 3 == sum("of_later" in step.sql for step in older if step.number in {6, 16, 17})
    monkeypatch.setattr(migrations, "migrations", lambda _: older)
    assert [] == store.migrate()
    insert(store, span_record(trace_id="t", name="prerefund"))
    assert store.indexed_rows() is None
    assert 1 == len(store.search("p", TraceFilter(q="refund"), PageRequest()).items)


def test_the_view_of_traces_says_what_the_answers_say(store: ClickHouseStore) -> None:
    insert(
        store,
        span_record(trace_id="t", span_id="a", name="old"),
        span_record(trace_id="t", span_id="b", parent_span_id="a", started_at=MICROS + 500_000),
    )
    store.insert([SpanBatch("p", MICROS + 1, [span_record(trace_id="t", span_id="a", name="new")])])
    (row,) = store.traces("p", TraceFilter(), Order.NEWEST, PageRequest()).items
    assert [
        (row.service_name, row.duration_ms, row.status, row.root_span_id, row.span_count)
    ] == ask(
        store,
        "SELECT service_name, duration_ms, status, root_span_id, span_count FROM traces"
        " WHERE trace_id = 't'",
    )


class TestRetention:
    def test_it_follows_the_setting_at_each_opening(self, tmp_path: Path) -> None:
        for days, ttl in (
            (90, "toDateTime(started_at) + toIntervalDay(90)"),
            (9, "toDateTime(started_at) + toIntervalDay(9)"),
            (0, ""),
            (0, ""),
            (30, "toDateTime(started_at) + toIntervalDay(30)"),
        ):
            with closing(open_embedded(tmp_path, retention_days=days, readers=1)) as store:
                assert (ttl, ttl) == (ttl_of(store, "spans"), ttl_of(store, "trace_announcements"))
                assert [] == store.migrate()

    def test_what_is_too_old_goes_with_a_merge_and_the_rest_stays(self, tmp_path: Path) -> None:
        with closing(open_embedded(tmp_path, retention_days=30, readers=1)) as store:
            late = to_micros(NOON.replace(year=2090))
            insert(store, span_record(trace_id="old", started_at=10**15))
            insert(store, span_record(trace_id="late", started_at=late))
            command(store, "OPTIMIZE TABLE spans FINAL")
            assert ["late"] == ids(store)

    def test_a_text_that_reads_like_a_ttl_is_none(self, tmp_path: Path) -> None:
        with closing(open_embedded(tmp_path, retention_days=1, readers=1)):
            pass
        with closing(open_embedded(tmp_path, retention_days=11, readers=1)) as store:
            assert "toDateTime(started_at) + toIntervalDay(11)" == ttl_of(store, "spans")

    def test_one_out_of_range_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError):
            open_embedded(tmp_path, retention_days=-1, readers=1)


def test_it_is_durable_when_an_insert_returns(store: ClickHouseStore) -> None:
    for table in ("spans", "trace_announcements"):
        assert "fsync_after_insert = 1" in definition_of(store, table)
        assert "fsync_part_directory = 1" in definition_of(store, table)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/passwd', LineAsString)",
        "SELECT * FROM url('http://127.0.0.1:1/', LineAsString)",
        "INSERT INTO schema_migrations (number, name) VALUES (9, 'x')",
        "DROP TABLE spans",
        "SET max_execution_time = 0",
    ],
)
def test_questions_can_only_read_the_store(store: ClickHouseStore, sql: str) -> None:
    with (
        pytest.raises(StoreUnavailableError),
        store.connection() as client,
    ):
        client.query(sql, settings=clickhouse_statements.READ_SETTINGS)
    insert(store, span_record(trace_id="t"))
    assert ["t"] == ids(store)


def test_a_question_that_takes_too_much_is_refused(
    store: ClickHouseStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(store, *(span_record(trace_id=str(at)) for at in range(50)))
    bounded = clickhouse_statements.READ_SETTINGS | {"max_result_rows": 5}
    monkeypatch.setattr(clickhouse_statements, "READ_SETTINGS", bounded)
    with pytest.raises(StoreUnavailableError, match="narrow it"):
        ids(store)


def test_after_closing_it_is_unavailable(tmp_path: Path) -> None:
    store = open_embedded(tmp_path, retention_days=0, readers=1)
    store.close()
    store.close()
    with pytest.raises(StoreUnavailableError):
        store.ping()
    with pytest.raises(StoreUnavailableError):
        insert(store, span_record())


def test_closing_ends_sql_that_runs(tmp_path: Path) -> None:
    opened = open_embedded(tmp_path)
    text = "SELECT count() FROM numbers(1000000000000) WHERE cityHash64(number) = 7"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(opened.sql, "p", SqlQuestion(text=text))
        running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] != ''"
        while ask(opened, running) == [(0,)] and not asked.done():
            pass
        opened.close()

        with pytest.raises(StoreUnavailableError, match="was ended"):
            asked.result()


def test_a_second_process_is_refused_and_harms_nothing(
    store: ClickHouseStore, tmp_path: Path
) -> None:
    insert(store, span_record(trace_id="t"))
    program = (
        f"import sys; sys.path.insert(0, {str(SOURCE)!r})\n"
        "from pathlib import Path\n"
        "from prela_core.errors import PrelaError\n"
        "from prela_core.io.clickhouse_opening import open_embedded\n"
        "try:\n"
        f"    open_embedded(Path({str(tmp_path)!r}))\n"
        "except PrelaError as error:\n"
        "    print(type(error).__name__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], check=False, capture_output=True, text=True
    )
    assert "StoreUnavailableError" == done.stdout.strip()
    insert(store, span_record(trace_id="u"))
    assert {"t", "u"} == set(ids(store))


def test_what_stays_is_asked_until_it_is_so_and_then_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def rows_of(client: Any, query: Query, **options: Any) -> Any:
        asked.append(query.sql)
        return clickhouse_statements.rows_of(client, query, **options)

    monkeypatch.setattr(clickhouse_answers, "rows_of", rows_of)
    is_large = has_rows(2).sql
    options: dict[str, Any] = {"retention_days": 0, "windows_from": 2, "keeps_after": None}
    with closing(open_embedded(tmp_path, **options)) as store:
        insert(store, span_record(trace_id="t"))
        for number, rows in enumerate((1, 1, 2, 2, 2)):
            if rows == 2:
                insert(store, span_record(trace_id="u"))
            page = PageRequest(limit=50 + number)  # one that was asked for is kept
            assert rows == len(store.traces("p", TraceFilter(), Order.NEWEST, page).items)
    assert 3 == asked.count(is_large)


def test_the_last_hour_with_rows_before_a_moment_is_of_the_project_alone(
    store: ClickHouseStore,
) -> None:
    noon, hour = to_micros(NOON), 3_600_000_000

    def last(project: str, before: int) -> list[int]:
        found = store._asking.ask(newest_hour(project, before))
        return [(row[0] * 1_000_000 - noon) // hour for row in found]

    store.insert(
        [
            SpanBatch(project, noon, [span_record(span_id="s", started_at=noon + at * hour)])
            for project, at in (("p", 0), ("p", -3), ("p", -300), ("q", 5))
        ]
    )
    assert [[0], [0], [-3], [-300], []] == [
        last("p", noon + at) for at in (9 * hour, 1, -1, -4 * hour, -301 * hour)
    ]
    assert ([5], []) == (last("q", noon + 9 * hour), last("nobody", noon))
