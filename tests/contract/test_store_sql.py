"""SQL of users, over every store that has an engine: what it answers, and what it never does."""

from __future__ import annotations

import io
import json
from typing import Any

import attrs
import pyarrow as pa
import pytest

from prela_core.errors import InvalidError
from prela_core.model import SpanBatch, SpanRecord, TraceRecord, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.sql import SqlForm, SqlQuestion
from prela_core.testing import NOON, span_record

pytestmark = pytest.mark.parametrize("adapter", ["embedded", "server"], indirect=True)
"""Those that have an engine."""

SECRET = "hunter2"  # noqa: S105 - a word that no answer may hold


@attrs.frozen
class Project:
    """One of the projects of a store."""

    store: Any
    project: str

    def insert(self, received_at: int, *spans: SpanRecord, traces: Any = ()) -> None:
        at = to_micros(NOON) + received_at
        self.store.insert([SpanBatch(self.project, at, spans, traces)])


@pytest.fixture(scope="module")
def project(adapter: Any) -> Project:
    mine = Project(adapter.store, "mine")
    other = Project(adapter.store, "other")
    other.insert(
        1,
        span_record(trace_id="t-other", span_id="o", name=SECRET, attributes=b'{"word":"hunter2"}'),
        traces=[TraceRecord("t-other", "their-agent", to_micros(NOON), b'{"x":"hunter2"}', b"{}")],
    )
    mine.insert(
        2,
        span_record(trace_id="t1", span_id="a", name="1", span_type="agent", status="pending"),
        span_record(trace_id="t1", span_id="b", name="2", parent_span_id="a", duration_ms=40.0),
        span_record(trace_id="t2", span_id="a", name="3", status="error"),
        traces=[TraceRecord("t1", "shop-agent", to_micros(NOON), b'{"release":"7"}', b"{}")],
    )
    # A repeat, and a later version that starts elsewhere: each span is there once all the same.
    mine.insert(
        3,
        span_record(trace_id="t1", span_id="b", name="2", parent_span_id="a", duration_ms=40.0),
        span_record(trace_id="t1", span_id="a", name="1", started_at=to_micros(NOON) - 10**12),
    )
    return mine


def rows(project: Any, text: str, **how: Any) -> list[list[Any]]:
    answer = project.store.sql(project.project, SqlQuestion(text=text, **how))
    document = json.loads(answer)
    assert len(document["rows"]) == document["row_count"]
    found: list[list[Any]] = document["rows"]
    return found


def test_each_visible_span_is_there_once(project: Any) -> None:
    found = rows(project, "SELECT trace_id, span_id, name FROM spans ORDER BY ALL")

    assert [["t1", "a", "1"], ["t1", "b", "2"], ["t2", "a", "3"]] == found


def test_traces_are_those_of_the_lists(project: Any) -> None:
    columns = (
        *("trace_id", "service_name", "duration_ms", "status", "root_span_id", "name"),
        *("span_count", "error_count", "input_tokens", "output_tokens", "cost_usd", "models"),
    )
    asked = ["SELECT ", ", ".join(columns), ", started_at, metadata FROM traces", _NEWEST]

    found = rows(project, "".join(asked))

    listed = project.store.traces(*_all_of(project.project)).items
    assert [[getattr(each, name) for name in columns] for each in listed] == [
        row[: len(columns)] for row in found
    ]
    assert [each.started_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ") for each in listed] == [
        row[-2] for row in found
    ]
    assert [json.loads(bytes(each.metadata)) for each in listed] == [
        json.loads(row[-1]) for row in found
    ]


_NEWEST = " ORDER BY started_at DESC"


@pytest.mark.parametrize(
    "text",
    [
        "SELECT count() FROM spans",
        "SELECT count(*) FROM spans AS s -- nobody\n",
        "WITH own AS (SELECT name FROM spans) SELECT count() FROM own",
        "SELECT count() FROM spans WHERE trace_id IN (SELECT trace_id FROM traces)",
        "SELECT sum(span_count) FROM traces",
        "SELECT c FROM (SELECT count() AS c FROM spans UNION ALL SELECT 3) LIMIT 1",
        "SELECT (SELECT count() FROM spans)",
        "SELECT count() FROM spans AS one INNER JOIN spans AS two USING (trace_id, span_id)",
        "SELECT max(n) FROM (SELECT row_number() OVER (ORDER BY started_at) AS n FROM spans)",
        (
            "WITH RECURSIVE u AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM u WHERE n < 3)"
            " SELECT max(n) FROM u"
        ),
        "SELECT countIf(1) FROM `spans`",
        "SELECT length(repeat('a', 1 AS n)) + length(leftPad(name, 2, '0')) FROM traces LIMIT 1",
        "SELECT toUInt8(3) FROM numbers(1)",
        "SELECT max(toInt64(name)) FROM spans",  # no row of others is looked at by it
        "SELECT count() FROM spans WHERE toInt64(name) > 0",
        "SELECT length(groupArray(name)) FROM spans AS settings WHERE name != '{x:String} %s'",
    ],
)
def test_what_can_be_asked(project: Any, text: str) -> None:
    assert [[3]] == rows(project, text)


FORBIDDEN = [
    # other projects, and the store's own tables, by every way to a table
    "SELECT * FROM default.spans",
    "SELECT * FROM trace_announcements",
    "SELECT * FROM dead_letters",
    "SELECT * FROM schema_migrations",
    "SELECT * FROM cells",
    "SELECT * FROM default.cells",
    "SELECT * FROM cell_marks",
    "SELECT 1 WHERE 1 IN (SELECT trace_hash FROM cell_traces)",
    "SELECT * FROM `default`.`spans`",
    'SELECT * FROM "default"."traces"',
    "SELECT 1 WHERE 'x' IN trace_announcements",
    "SELECT 1 WHERE 'x' IN default.spans",
    "SELECT 1 WHERE 'x' GLOBAL NOT IN (system.users)",
    "SELECT count() FROM (SELECT 1 AS x) AS a JOIN default.spans AS b ON 1 = 1",
    "SELECT (SELECT max(name) FROM default.spans)",
    "WITH x AS (SELECT * FROM default.spans) SELECT * FROM x",
    "WITH dead_letters AS (SELECT 1) SELECT * FROM dead_letters",
    "SELECT 1 UNION ALL SELECT count() FROM default.spans",
    "SELECT 1 INTERSECT SELECT count() FROM default.spans",
    "SELECT exists(SELECT 1 FROM default.spans)",
    "SELECT arrayMap(x -> (SELECT max(name) FROM default.spans), [1])",
    "SELECT 1 ORDER BY (SELECT 1 FROM default.spans)",
    "SELECT 1 LIMIT (SELECT 1 FROM default.spans)",
    "SELECT sum(1) OVER (ORDER BY (SELECT 1 FROM default.spans))",
    "SELECT * REPLACE ((SELECT max(name) FROM default.spans) AS name) FROM spans",
    "FROM default.spans SELECT 1",
    "TABLE default.spans",
    "SELECT project_id FROM spans",
    "SELECT version FROM spans",
    "SELECT _part FROM spans",
    "SELECT * FROM merge('default', '.*')",
    "SELECT * FROM merge('.*')",
    "SELECT * FROM remote('127.0.0.1', default.spans)",
    "SELECT * FROM cluster('default', default.spans)",
    "SELECT * FROM mergeTreeIndex(default, spans)",
    "SELECT * FROM loop(default.spans)",
    "SELECT * FROM view(SELECT * FROM default.spans)",
    "SELECT * FROM viewExplain('EXPLAIN', '', (SELECT 1))",
    "SELECT * FROM (EXPLAIN SELECT * FROM default.spans)",
    "SELECT joinGet('default.spans', 'name', 1)",
    "SELECT hasColumnInTable('default', 'spans', 'name')",
    # the system
    "SELECT * FROM system.tables",
    "SELECT * FROM system.one",
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM INFORMATION_SCHEMA.COLUMNS",
    "SHOW TABLES",
    "SHOW CREATE TABLE spans",
    "DESCRIBE TABLE spans",
    "EXISTS TABLE spans",
    "EXPLAIN SELECT 1",
    "SELECT version()",
    "SELECT currentUser(), hostName(), currentDatabase()",
    "SELECT getSetting('max_threads')",
    "SELECT @@version",
    "SELECT getMacro('shard')",
    "SELECT dictGet('default.d', 'a', 1)",
    "SELECT * FROM dictionary('d')",
    "SELECT sleep(3)",
    "SELECT sleepEachRow(1) FROM numbers(100)",
    # work beyond what the input is long, which no clock ends
    (
        "SELECT arraySum(arrayMap(x -> editDistance(repeat('ab',20000),"
        " concat(repeat('ba',20000), toString(x))), range(30)))"
    ),
    "SELECT arrayMap((x, y) -> damerauLevenshteinDistance(x, y), ['a'], ['b'])",
    "SELECT arrayMap(levenshteinDistance, ['a'], ['b'])",
    "SELECT jaroWinklerSimilarity(name, name) FROM spans",
    "SELECT ngramDistance(name, name) FROM spans",
    "SELECT base58Encode(name) FROM spans",
    "SELECT arrayFold((acc, x) -> concat(acc, 'a'), range(1000), '')",
    "SELECT printf('%999999999d', 1)",
    "SELECT repeat('a', 10001)",
    "SELECT repeat('a', 5000 * 5000)",
    "SELECT repeat('a', number) FROM numbers(3)",
    "WITH 7 AS n SELECT REPEAT('a', n)",
    "SELECT arrayMap(repeat, ['a'], [1000000000])",
    "SELECT space(100000), 1",
    "SELECT leftPad('a', 1000000000, 'b')",
    "SELECT rpad('a', toUInt64(1000000000))",
    "SELECT arrayWithConstant(1000000000, 1)",
    "SELECT arrayResize([1], 1000000000)",
    "KILL QUERY WHERE 1",
    "USE system",
    "SET readonly = 0",
    "SYSTEM SHUTDOWN",
    # files, addresses, programs
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT file('/etc/passwd')",
    "SELECT * APPLY(file) FROM spans",
    "SELECT COLUMNS('name') APPLY(file) FROM spans",
    "SELECT arrayMap(file, ['/etc/passwd'])",
    "SELECT arrayMap(`file`, ['/etc/passwd'])",
    "SELECT arrayMap(FILE, ['/etc/passwd'])",
    "SELECT mapApply(getSetting, map('a', 'b'))",
    "SELECT currentUser",
    "SELECT file FROM (SELECT name AS file FROM spans)",
    "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
    "SELECT * FROM urlCluster('c', 'http://127.0.0.1/')",
    "SELECT * FROM s3('http://127.0.0.1/x')",
    "SELECT * FROM s3Cluster('c', 'http://127.0.0.1/x')",
    "SELECT * FROM hdfs('hdfs://127.0.0.1/x')",
    "SELECT * FROM executable('cat', 'TSV', 'x String')",
    "SELECT * FROM mysql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'd', 't', 'u', 'p')",
    "SELECT * FROM sqlite('/tmp/x', 't')",
    "SELECT * FROM mongodb('127.0.0.1:1', 'd', 'c', 'u', 'p', 'a Int8')",
    "SELECT * FROM redis('127.0.0.1:1', 'k', 'k String')",
    "SELECT * FROM jdbc('x', 'y')",
    "SELECT * FROM deltaLake('/tmp/x')",
    "SELECT * FROM iceberg('/tmp/x')",
    "SELECT * FROM input('x String')",
    "SELECT * FROM Python(rows)",
    "SELECT * FROM rows",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM spans INTO OUTFILE '/tmp/prela-stolen'",
    "SELECT 1 INTO OUTFILE '/tmp/prela-stolen' TRUNCATE FORMAT CSV",
    "SELECT 1 FORMAT CSV",
    # writing
    "INSERT INTO spans SELECT * FROM spans",
    "INSERT INTO FUNCTION file('/tmp/prela-stolen') SELECT 1",
    "CREATE TABLE x (a Int8) ENGINE = Memory",
    "CREATE TEMPORARY TABLE x (a Int8)",
    "CREATE FUNCTION f AS x -> x",
    "DROP TABLE spans",
    "TRUNCATE TABLE spans",
    "ALTER TABLE spans DELETE WHERE 1",
    "DELETE FROM spans WHERE 1",
    "OPTIMIZE TABLE spans FINAL",
    "ATTACH TABLE x",
    "GRANT ALL ON *.* TO x",
    "BACKUP TABLE spans TO Disk('x', 'y')",
    "SELECT 1 PARALLEL WITH DROP TABLE spans",
    # several statements, settings, and ways out of the text
    "SELECT 1; DROP TABLE spans",
    "SELECT 1; SELECT 2",
    "SELECT 1 SETTINGS readonly = 0",
    "SELECT count() FROM (SELECT 1 SETTINGS additional_table_filters = {})",
    "SELECT 1) UNION ALL (SELECT name FROM default.spans",
    "SELECT 1) SETTINGS readonly = 0 --",
    "SELECT {prela_project:String}",
    "SELECT * FROM {prela_project:Identifier}",
    "SELECT `a (children 1)\n  Identifier b` FROM spans",
    "SELECT `x`, 1 AS `y\nTableIdentifier spans` FROM default.spans",
    "SELECT * FROM `spans (alias x)`.`y`",
    "SELECT $$x$$ FROM system.one",
    "SELECT * FROM spans SAMPLE 0.1",
    "SELECT * FROM spans FINAL",
    "",
    "   ",
    "-- nothing",
    "no sql at all",
    "SELECT\x00 1",
    "SELECT " + "(" * 2000 + "1" + ")" * 2000,
    "SELECT 1" + " " * 30_000,
]


@pytest.mark.parametrize("text", FORBIDDEN, ids=range(len(FORBIDDEN)))
def test_what_can_not_be_asked(project: Any, text: str) -> None:
    with pytest.raises(InvalidError) as refused:
        rows(project, text)

    assert SECRET not in str(refused.value)
    assert "project_id =" not in str(refused.value)


def test_what_the_attacks_want_is_there(project: Any) -> None:
    found = project.store.traces(*_all_of("other")).items

    assert ["t-other"] == [each.trace_id for each in found]


def _all_of(project: str) -> tuple[Any, ...]:
    return project, TraceFilter(), Order.NEWEST, PageRequest()


def test_a_function_of_many_elements_is_refused(project: Any) -> None:
    with pytest.raises(InvalidError):
        rows(project, "SELECT sum(length(range(number + 1000))) FROM numbers(60000)")


def test_a_failed_query_leaves_nothing_for_the_next_one(project: Any) -> None:
    other = Project(project.store, "third")
    other.insert(1, span_record(trace_id="t", span_id="s", name="no number"))

    for form in SqlForm:
        with pytest.raises(InvalidError, match="Cannot parse"):
            rows(other, "SELECT toInt64(name) FROM spans", form=form)
        assert [[3]] == rows(project, "SELECT count() FROM spans")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT number FROM numbers(20001)", "over 10,000 rows"),
        ("SELECT arrayMap(x -> range(10000), range(400000))", "memory"),
        ("SELECT nowhere FROM spans", "identifier `nowhere`"),
        ("SELECT count( FROM spans", "Syntax error"),
        ("SELECT shout(name) FROM spans", "function shout"),
        ("SELECT * FROM span", "no table span; the tables are spans and traces"),
        ("SELECT toInt64('x')", "Cannot parse string 'x'"),
    ],
)
def test_what_is_wrong_is_said(project: Any, text: str, words: str) -> None:
    with pytest.raises(InvalidError) as refused:
        rows(project, text)

    assert words in str(refused.value)
    for inner in ("DB::Exception", "prela_", "Code:", "version DESC"):
        assert inner not in str(refused.value)


def test_answers_come_as_csv_and_as_arrow(project: Any) -> None:
    text = "SELECT name, started_at, models FROM traces ORDER BY started_at DESC LIMIT 1"

    csv = project.store.sql(project.project, SqlQuestion(text=text, form=SqlForm.CSV))
    stream = project.store.sql(project.project, SqlQuestion(text=text, form=SqlForm.ARROW))

    assert b'"name","started_at","models"\n' == csv.splitlines(keepends=True)[0]
    table = pa.ipc.open_stream(io.BytesIO(stream)).read_all()
    assert [{"name": "3", "started_at": NOON, "models": []}] == table.to_pylist()
    assert pa.timestamp("us", "UTC") == table.schema.field("started_at").type


def test_the_order_that_was_asked_for_is_kept(project: Any) -> None:
    found = rows(
        project,
        "SELECT number FROM numbers(300000) ORDER BY cityHash64(number)",
        max_rows=300_000,
    )
    again = rows(
        project,
        "SELECT groupArray(number) FROM"
        " (SELECT number FROM numbers(300000) ORDER BY cityHash64(number))",
    )

    assert again[0][0] == [row[0] for row in found]
