"""The statements as they are sent, kept as files so that a change of one can be read.

After a change on purpose, write them anew and look at the difference:

    PRELA_REWRITE=1 python -m pytest tests/prela_core/store/test_queries.py
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.ask import Subject, parse
from prela_core.store import (
    Bucket,
    Dimension,
    GroupQuery,
    Measure,
    MetricQuery,
    Order,
    ReindexScope,
    SpanFilter,
    SpanOrder,
    TraceFilter,
    find_queries,
    group_queries,
    located,
    metric_queries,
    queries,
    reindex,
    rows_together,
    search_queries,
    trace_queries,
)
from prela_core.store.fragments import Query
from prela_core.store.located import Located
from prela_core.store.word_index import Narrowing

SNAPSHOTS = Path(__file__).parent / "sql"

EVERYTHING = TraceFilter(
    service_name="svc",
    status="failed",
    span_type="LLM",
    name="a name",
    model="gpt-4o",
    user_id="user",
    session_id="session",
    agent_name="agent",
    environment="prod",
    min_duration_ms=1.5,
    max_duration_ms=2000.0,
    start_time=1_000_000,
    end_time=9_000_000,
    q='two "one phrase"',
    attributes=(("tenant", "acme"), ("tier", "1")),
)
SEARCH = TraceFilter(
    q="refund", user_id="user", status="success", start_time=1_000_000, end_time=9_000_000
)

ASKED = TraceFilter(
    where=parse(
        'status:error duration>2s cost<$1 model:claude* not "a b" '
        "any(type:tool attr.env:prod parent(agent:planner)) all(score.ok>=1)"
    )
)
FOUND = SpanFilter(
    where=parse("tokens>1k input:refund any(status:error) child(type:tool)", Subject.SPAN)
)

SCOPE = ReindexScope(project_id="p", start_time=1_000_000, end_time=9_000_000)

COSTS = MetricQuery(
    measures=(Measure.COST, Measure.P95_DURATION),
    by=(Dimension.MODEL, Dimension.TOOL),
    bucket=Bucket.HOUR,
    where=parse("status:error", Subject.SPAN),
    start_time=1_000_000,
    end_time=9_000_000,
    with_other=True,
)

NARROWING = Narrowing(
    ["new", "old", "none"], ["new", "old"], [["refund", "refunds"]], 9, is_sure=True, spread=[]
)
STATEMENTS: dict[str, Query] = {
    "days, all": reindex.days(ReindexScope()),
    "days, narrowed": reindex.days(SCOPE),
    "groups of a day": reindex.groups(ReindexScope(), "p", 3),
    "groups of a day, narrowed": reindex.groups(SCOPE, "p", 3),
    "rows of a group": reindex.rows_of_group(
        ReindexScope(), "p", 3, after=(0, "", ""), upto=(7_200, "u", "v")
    ),
    "rows of a group, narrowed": reindex.rows_of_group(
        SCOPE, "p", 3, after=(3_600, "t", "s"), upto=(7_200, "u", "v")
    ),
    "candidates, any": queries.candidates("p", TraceFilter(), lo=None, hi=None, limit=9),
    "candidates, in a window": queries.candidates("p", TraceFilter(), lo=5, hi=7, limit=9),
    "candidates, by user": queries.candidates("p", TraceFilter(user_id="u"), lo=5, hi=7, limit=9),
    "candidates, by everything": queries.candidates("p", EVERYTHING, lo=5, hi=7, limit=9),
    "candidates, by user, few": queries.candidates(
        "p", TraceFilter(user_id="u"), lo=5, hi=7, limit=9, few=True
    ),
    "candidates, by everything, few": queries.candidates(
        "p", EVERYTHING, lo=5, hi=7, limit=9, few=True
    ),
    "hashes of traces": located.hashes_of(["a", "b"]),
    "hours of traces": located.hours_of("p", [7, 8]),
    "rows, of ids": queries.rows(
        "p",
        TraceFilter(),
        Order.NEWEST,
        known=Located([(3600, "a"), (7200, "b")]),
        lo=5,
        hi=None,
        after=None,
        limit=9,
    ),
    "rows, all by cost after a row": queries.rows(
        "p", TraceFilter(), Order.DEAREST, known=None, lo=None, hi=None, after=(3, "a"), limit=9
    ),
    "rows, by everything": queries.rows(
        "p", EVERYTHING, Order.FASTEST, known=None, lo=5, hi=7, after=(3, "a"), limit=9
    ),
    "hit candidates": search_queries.hit_candidates("p", TraceFilter(q="a b"), lo=5, hi=7, limit=9),
    "hit candidates, narrowed": search_queries.hit_candidates("p", SEARCH, lo=5, hi=7, limit=9),
    "hit candidates, from a time on": search_queries.hit_candidates(
        "p", TraceFilter(q="refund", start_time=5), lo=5, hi=None, limit=9
    ),
    "hit candidates, by the index": search_queries.hit_candidates(
        "p", TraceFilter(q="refund"), lo=5, hi=7, limit=9, narrowing=NARROWING
    ),
    "newest rows, of some parts": search_queries.newest_rows(
        "p", TraceFilter(q="refund"), NARROWING, lo=None, hi=7, most=9, among=["new"]
    ),
    "other candidates": search_queries.other_candidates(
        "p", TraceFilter(q="refund"), NARROWING, lo=None, hi=7, limit=9
    ),
    "rows of spans": rows_together.span_rows(
        "p", TraceFilter(user_id="u", status="error"), Located([(3600, "a"), (7200, "b")])
    ),
    "hits, in known traces from a time on": search_queries.hit_of_each(
        "p", TraceFilter(q="refund", start_time=5), Located([(3600, "a")])
    ),
    "hits, all from a time on": search_queries.hits(
        "p", TraceFilter(q="refund", start_time=5), lo=5, after=None, limit=9
    ),
    "hits, in known traces": search_queries.hit_of_each(
        "p", TraceFilter(q="refund"), Located([(3600, "a")])
    ),
    "hits, narrowed": search_queries.hits("p", SEARCH, lo=None, after=(3, "a"), limit=9),
    "spans of a trace": queries.spans_of("p", "t", after=None, offset=3, limit=9),
    "outline of a trace": queries.spans_of(
        "p", "t", after=None, offset=0, limit=99_999, bodies=False
    ),
    "spans of a trace, after one": queries.spans_of("p", "t", after=(3, "a"), offset=0, limit=9),
    "group of a trace": trace_queries.group_of("p", "t", [3600], after=None, limit=9),
    "group of a trace, after one": trace_queries.group_of(
        "p", "t", [3600], after=(3, "a"), limit=9
    ),
    "row of a trace": trace_queries.row_of("p", "t", [3600]),
    "row of a trace, of several hours": trace_queries.row_of("p", "t", [3600, 7200]),
    "extent of a trace": trace_queries.extent_of("p", "t"),
    "all of a trace": trace_queries.all_of("p", "t", [3600]),
    "candidates, asked": queries.candidates("p", ASKED, lo=5, hi=7, limit=9),
    "rows, asked": queries.rows(
        "p", ASKED, Order.NEWEST, known=Located([(3600, "a")]), lo=5, hi=7, after=None, limit=9
    ),
    "found candidates": find_queries.found_candidates("p", FOUND, lo=5, hi=7, limit=9),
    "found keys": find_queries.found_keys(
        "p", FOUND, SpanOrder.NEWEST, known=Located([(3600, "a")]), lo=5, hi=7, after=None, limit=9
    ),
    "found keys, all by cost after one": find_queries.found_keys(
        "p", FOUND, SpanOrder.DEAREST, known=None, lo=5, hi=7, after=(3, "t", "s"), limit=9
    ),
    "spans by key": find_queries.spans_by_key(
        "p", Located([(3600, "t"), (3600, "u")]), [("t", "a"), ("t", "b"), ("u", "a")]
    ),
    "metadata": queries.metadata_of("p", ["a", "b"]),
    "announced": queries.announced("p", "t"),
    "measures, all together": metric_queries.measured(
        "p", MetricQuery(measures=tuple(Measure)), None
    ),
    "measures, of groups": metric_queries.measured("p", COSTS, [("m", "t"), ("", "t")]),
    "measures, of all groups": metric_queries.pointed("p", COSTS),
    "measures, in order": metric_queries.ranked("p", COSTS, COSTS.measures),
    "groups, listed": group_queries.groups_of(
        "p", GroupQuery(by=Dimension.USER), after=(3, "u"), offset=0, limit=9
    ),
}

_BREAKS = re.compile(r" (?=(?:SELECT|FROM|WHERE|AND|GROUP BY|HAVING|ORDER BY|LIMIT)\b)|\(|\)")


def readable(query: Query) -> str:
    """Break the statement into lines, and tell its values beneath it."""
    sql = " ".join(query.sql.split()).replace("( ", "(")
    lines = [""]
    subqueries: list[bool] = []  # for each open parenthesis, whether it holds a SELECT
    at = 0

    def new_line() -> None:
        lines.append("    " * sum(subqueries))

    for match in _BREAKS.finditer(sql):
        lines[-1] += sql[at : match.start()]
        at = match.end()
        if match[0] == "(":
            lines[-1] += "("
            subqueries.append(sql.startswith("SELECT", at))
            if subqueries[-1]:
                new_line()
        elif match[0] == ")":
            if subqueries.pop():
                new_line()
            lines[-1] += ")"
        elif subqueries and not subqueries[-1]:
            lines[-1] += " "
        else:
            new_line()
    lines[-1] += sql[at:]
    values = [f"-- {name}: {json.dumps(each)}" for name, each in sorted(query.parameters.items())]
    return "\n".join([*(line.rstrip() for line in lines), *values]) + "\n"


@pytest.mark.parametrize("name", list(STATEMENTS))
def test_statements_are_as_they_were(name: str) -> None:
    file = SNAPSHOTS / f"{name.replace(', ', '-').replace(' ', '_')}.sql"
    text = readable(STATEMENTS[name])
    if os.environ.get("PRELA_REWRITE"):
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(text)
    assert file.read_text() == text


def test_there_is_no_file_too_many() -> None:
    names = {f"{name.replace(', ', '-').replace(' ', '_')}.sql" for name in STATEMENTS}
    assert names == {file.name for file in SNAPSHOTS.glob("*.sql")}


@pytest.mark.parametrize("name", list(STATEMENTS))
def test_every_value_is_bound_and_every_binding_has_its_value(name: str) -> None:
    query = STATEMENTS[name]
    bound = set(
        re.findall(
            r"\{(\w+):(?:String|Int64|UInt16|UInt32|UInt64|Float64"
            r"|Array\((?:String|UInt32|UInt64|DateTime\('UTC'\)"
            r"|Tuple\(DateTime\('UTC'\), String\))\))\}",
            query.sql,
        )
    )
    assert set(query.parameters) == bound
    assert query.sql.count("{") == len(re.findall(r"\{\w+:", query.sql))


OF_NO_PROJECT = {"days, all", "hashes of traces"}
"""Asked by whoever holds the store, never for a client, or of no table."""


@pytest.mark.parametrize("name", [name for name in STATEMENTS if name not in OF_NO_PROJECT])
def test_every_reading_is_of_one_project(name: str) -> None:
    """Each FROM of a table is followed by the condition on the project."""
    sql = " ".join(STATEMENTS[name].sql.split())
    tables = r"FROM (?:spans(?: FINAL)?|trace_announcements)"
    readings = re.findall(
        rf"{tables} WHERE project_id = {{project:String}}(?: AND|$| [A-Z)]|\))", sql
    )
    assert len(re.findall(rf"{tables}\b(?! FINAL)", sql)) == len(readings) > 0


HOSTILE = "zq'; DROP TABLE spans; --{x:String}\\\0"
hostile = st.text(max_size=8).map(lambda text: HOSTILE + text)


@given(st.data())
def test_no_value_is_ever_part_of_a_statement(data: st.DataObject) -> None:
    """Two filters of the same shape give the same text, whatever they hold."""

    def filled(texts: Any) -> TraceFilter:
        return TraceFilter(
            service_name=texts(),
            status="error",
            span_type=texts(),
            name=texts(),
            model=texts(),
            user_id=texts(),
            session_id=texts(),
            agent_name=texts(),
            environment=texts(),
            min_duration_ms=1.0,
            start_time=1,
            end_time=2,
            q=f'"{texts()}"',
            attributes=((texts(), texts()),),
        )

    wild = filled(lambda: data.draw(hostile).replace('"', ""))
    tame = filled(lambda: "x")
    project = data.draw(hostile)
    for one, other in (
        (
            queries.candidates(project, wild, lo=1, hi=2, limit=3),
            queries.candidates("p", tame, lo=1, hi=2, limit=3),
        ),
        (
            queries.rows(
                project,
                wild,
                Order.NEWEST,
                known=Located([(0, project)]),
                lo=1,
                hi=2,
                after=(1, project),
                limit=3,
            ),
            queries.rows(
                "p",
                tame,
                Order.NEWEST,
                known=Located([(0, "t")]),
                lo=1,
                hi=2,
                after=(1, "t"),
                limit=3,
            ),
        ),
        (
            search_queries.hits(project, wild, lo=1, after=(1, project), limit=3),
            search_queries.hits("p", tame, lo=1, after=(1, "t"), limit=3),
        ),
        (
            search_queries.hit_of_each(project, wild, Located([(0, project)])),
            search_queries.hit_of_each("p", tame, Located([(0, "t")])),
        ),
        (
            search_queries.hit_candidates(project, wild, lo=1, hi=2, limit=3),
            search_queries.hit_candidates("p", tame, lo=1, hi=2, limit=3),
        ),
        (
            search_queries.newest_rows(
                project, wild, attrs.evolve(NARROWING, held=[project]), lo=1, hi=2, most=3
            ),
            search_queries.newest_rows("p", tame, NARROWING, lo=1, hi=2, most=3),
        ),
        (
            search_queries.other_candidates(
                project, wild, attrs.evolve(NARROWING, parts=[project]), lo=1, hi=2, limit=3
            ),
            search_queries.other_candidates("p", tame, NARROWING, lo=1, hi=2, limit=3),
        ),
        (
            rows_together.span_rows(project, wild, Located([(0, project)])),
            rows_together.span_rows("p", tame, Located([(0, "t")])),
        ),
        (
            queries.spans_of(project, project, after=(1, project), offset=0, limit=3),
            queries.spans_of("p", "t", after=(1, "t"), offset=0, limit=3),
        ),
        (
            trace_queries.group_of(project, project, [0], after=(1, project), limit=3),
            trace_queries.group_of("p", "t", [0], after=(1, "t"), limit=3),
        ),
        (trace_queries.row_of(project, project, [0]), trace_queries.row_of("p", "t", [0])),
        (trace_queries.all_of(project, project, [0]), trace_queries.all_of("p", "t", [0])),
        (trace_queries.extent_of(project, project), trace_queries.extent_of("p", "t")),
        (located.hashes_of([project]), located.hashes_of(["t"])),
        (queries.metadata_of(project, [project]), queries.metadata_of("p", ["t"])),
        (
            reindex.rows_of_group(
                ReindexScope(),
                project,
                3,
                after=(0, project, project),
                upto=(0, project, project),
            ),
            reindex.rows_of_group(ReindexScope(), "p", 3, after=(0, "t", "s"), upto=(0, "t", "s")),
        ),
        (
            reindex.groups(ReindexScope(), project, 3),
            reindex.groups(ReindexScope(), "p", 3),
        ),
        (
            reindex.days(ReindexScope(project_id=project)),
            reindex.days(ReindexScope(project_id="p")),
        ),
        (queries.announced(project, project), queries.announced("p", "t")),
    ):
        assert other.sql == one.sql
        assert "zq" not in one.sql
