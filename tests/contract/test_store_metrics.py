"""Measures: exactly what plain Python makes of a few thousand varied spans, on every store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import attrs
import pytest
from tests.measuring import DAY, HOUR, MICROS, varied_batches

from prela_core.ask import Subject, parse
from prela_core.errors import InvalidError, MalformedError
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.store import (
    Bucket,
    Dimension,
    GroupOrder,
    GroupQuery,
    GroupSummary,
    Measure,
    MetricQuery,
    MetricTable,
    Order,
    PageRequest,
    TraceFilter,
)
from prela_core.store.groups import LISTS
from prela_core.testing import MemoryStore, span_record

PROJECT = "measured"
TRACES = 300
ALL = tuple(Measure)
CONDITIONS = (
    "",
    "",
    "type:llm",
    "status:error or duration>1s",
    "not model:gpt* user:u1",
    "any(type:tool status:error)",
    "started>=2026-01-15",
    "cost>1 input_tokens>10",
)
WEEK = {"start_time": MICROS - 3 * DAY, "end_time": MICROS + 4 * DAY}


@attrs.frozen
class Measured:
    """A store and the oracle, with the same spans in them."""

    store: Any
    oracle: MemoryStore

    def both(self, **asked: Any) -> tuple[MetricTable, MetricTable]:
        query = MetricQuery(**asked)
        return self.oracle.metrics(PROJECT, query), self.store.metrics(PROJECT, query)


@pytest.fixture(scope="module")
def oracle() -> MemoryStore:
    store = MemoryStore()
    store.insert(varied_batches(PROJECT, traces=TRACES))
    return store


@pytest.fixture(scope="module")
def measured(adapter: Any, oracle: MemoryStore) -> Iterator[Measured]:
    batches = varied_batches(PROJECT, traces=TRACES)
    random.Random(1).shuffle(batches)  # noqa: S311 - the same in every run
    half = len(batches) // 2
    for part in (batches[:half], batches[half:-9]):
        adapter.store.insert(part)
    if isinstance(adapter.store, ClickHouseStore):
        # What is stored afterwards makes some of the cells void.
        list(adapter.store.cells.refresh(quiet=-60 * DAY))
    adapter.store.insert([*batches[-9:], *batches[:9]])
    adapter.store.insert(varied_batches("another", traces=20, seed=9))
    return Measured(adapter.store, oracle)


class TestAgainstPlainPython:
    def test_everything_at_once(self, measured: Measured) -> None:
        wanted, found = measured.both(measures=ALL)
        assert wanted == found
        assert wanted.rows[0].values["count"] > 1200

    @pytest.mark.parametrize("by", list(Dimension))
    def test_every_field_to_group_by(self, measured: Measured, by: Dimension) -> None:
        wanted, found = measured.both(measures=ALL, by=(by,), limit=1000)
        assert wanted == found
        assert len(wanted.rows) > 1

    @pytest.mark.parametrize("bucket", list(Bucket))
    def test_every_bucket(self, measured: Measured, bucket: Bucket) -> None:
        wanted, found = measured.both(measures=ALL, bucket=bucket, **WEEK)
        assert wanted == found
        assert len(wanted.rows) > 1

    @pytest.mark.parametrize("seed", range(8))
    def test_any_question(self, measured: Measured, seed: int) -> None:
        rng = random.Random(seed)  # noqa: S311 - the same in every run
        begin = MICROS + rng.randrange(-4 * DAY, 4 * DAY)
        length = rng.choice((0, 1, HOUR, 5 * HOUR, DAY, 3 * DAY))
        asked: dict[str, Any] = {
            "measures": tuple(rng.sample(ALL, rng.randrange(1, 6))),
            "by": tuple(rng.sample(list(Dimension), rng.randrange(3))),
            "bucket": rng.choice((None, *list(Bucket)[1:])),
            "order": rng.choice((None, *ALL)),
            "descending": rng.random() < 0.7,
            "limit": rng.choice((1, 2, 5, 30)),
            "with_other": rng.random() < 0.5,
            "fill": rng.random() < 0.5,
            "where": parse(rng.choice(CONDITIONS), Subject.SPAN),
            "start_time": rng.choice((None, begin)),
            "end_time": rng.choice((None, begin + length)),
        }
        wanted, found = measured.both(**asked)
        assert wanted == found

    def test_sums_over_groups_are_those_of_the_traces(self, measured: Measured) -> None:
        measures = (Measure.COST, Measure.INPUT_TOKENS)
        _, by_model = measured.both(measures=measures, by=(Dimension.MODEL,))
        rows = measured.oracle.traces(
            PROJECT, TraceFilter(), Order.NEWEST, PageRequest(limit=1000)
        ).items
        assert sum(row.input_tokens for row in rows) == sum(
            row.values["input_tokens"] or 0 for row in by_model.rows
        )
        assert sum(row.cost_usd for row in rows) == pytest.approx(
            sum(row.values["cost_usd"] or 0 for row in by_model.rows), abs=1e-6
        )

    def test_merges_change_nothing(self, measured: Measured, adapter: Any) -> None:
        asked: dict[str, Any] = {"measures": ALL, "bucket": Bucket.DAY, "by": (Dimension.SERVICE,)}
        before = measured.both(**asked)[1]
        adapter.merge()
        wanted, found = measured.both(**asked)
        assert wanted == found == before


class TestLists:
    @pytest.mark.parametrize("by", list(LISTS))
    def test_page_by_page_as_plain_python_has_them(self, measured: Measured, by: Dimension) -> None:
        for order in GroupOrder:
            asked = GroupQuery(by=by, order=order, **(WEEK if order is GroupOrder.NAME else {}))
            wanted = measured.oracle.groups(PROJECT, asked, PageRequest(limit=1000))
            assert wanted.items
            found = list(_paged(measured.store, asked, limit=max(len(wanted.items) // 2, 1)))
            assert wanted.items == found

    @pytest.mark.parametrize("said", CONDITIONS[2:])
    def test_only_spans_that_meet_the_conditions_count(self, measured: Measured, said: str) -> None:
        asked = GroupQuery(by=Dimension.USER, where=parse(said, Subject.SPAN))
        wanted = measured.oracle.groups(PROJECT, asked, PageRequest(limit=1000))
        assert wanted == measured.store.groups(PROJECT, asked, PageRequest(limit=1000))
        assert wanted.items

    def test_offset_passes_over_the_first(self, measured: Measured) -> None:
        asked = GroupQuery(by=Dimension.TOOL, order=GroupOrder.NAME)
        whole = measured.store.groups(PROJECT, asked, PageRequest()).items
        assert (
            whole[1:2]
            == measured.store.groups(PROJECT, asked, PageRequest(limit=1, offset=1)).items
        )

    def test_a_cursor_belongs_to_its_list(self, measured: Measured) -> None:
        first = measured.store.groups(PROJECT, GroupQuery(by=Dimension.TOOL), PageRequest(limit=1))
        with pytest.raises(MalformedError):
            measured.store.groups(
                PROJECT, GroupQuery(by=Dimension.MODEL), PageRequest(cursor=first.next_cursor)
            )

    def test_another_project_has_none_of_them(self, place: Any) -> None:
        place.insert(span_record())
        other = place.elsewhere()
        asked = GroupQuery(by=Dimension.SERVICE)
        assert [] == other.store.groups(other.project, asked, PageRequest()).items
        (row,) = place.store.groups(place.project, asked, PageRequest()).items
        assert ("shop-agent", 1, 1, 0) == (
            row.name,
            row.span_count,
            row.trace_count,
            row.error_count,
        )

    def test_there_is_no_list_of_statuses(self) -> None:
        with pytest.raises(InvalidError, match="no list of status"):
            GroupQuery(by=Dimension.STATUS)


def _paged(store: Any, asked: GroupQuery, limit: int) -> Iterator[GroupSummary]:
    cursor = None
    while True:
        page = store.groups(PROJECT, asked, PageRequest(limit=limit, cursor=cursor))
        yield from page.items
        if page.next_cursor is None:
            return
        assert len(page.items) == limit
        cursor = page.next_cursor


class TestAnswers:
    def test_nothing_is_one_row_of_nothing(self, place: Any) -> None:
        found = place.store.metrics(place.project, MetricQuery(measures=ALL))
        (row,) = found.rows
        assert (None, {}, False) == (row.start, row.group, row.is_other)
        assert {None, 0} == set(row.values.values())
        grouped = MetricQuery(by=(Dimension.MODEL,), bucket=Bucket.HOUR, with_other=True)
        assert [] == place.store.metrics(place.project, grouped).rows

    def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(self, place: Any) -> None:
        place.insert(*(span_record(span_id=f"{at}", duration_ms=float(at)) for at in range(1, 21)))
        measures = ("p50_duration_ms", "p90_duration_ms", "p95_duration_ms", "p99_duration_ms")
        asked = MetricQuery(measures=tuple(map(Measure, measures)))
        (row,) = place.store.metrics(place.project, asked).rows
        assert [10.0, 18.0, 19.0, 20.0] == list(row.values.values())

    def test_empty_buckets_are_filled_on_request(self, place: Any) -> None:
        place.insert(
            span_record(span_id="a"), span_record(span_id="b", started_at=MICROS + 2 * HOUR)
        )
        asked = MetricQuery(bucket=Bucket.HOUR, fill=True, end_time=MICROS + 4 * HOUR)
        found = place.store.metrics(place.project, asked).rows
        assert [1, 0, 1, 0] == [row.values["count"] for row in found]
        assert [12, 13, 14, 15] == [row.start.hour for row in found]

    def test_weeks_begin_on_mondays(self, place: Any) -> None:
        place.insert(span_record())  # a Thursday
        (row,) = place.store.metrics(place.project, MetricQuery(bucket=Bucket.WEEK)).rows
        assert "2026-01-12T00:00:00+00:00" == row.start.isoformat()

    def test_a_repeat_counts_once_where_it_now_is(self, place: Any) -> None:
        place.insert(span_record(duration_ms=5.0))
        place.insert(span_record(duration_ms=7.0, started_at=MICROS - DAY))
        measures = (Measure.COUNT, Measure.MAX_DURATION)
        asked = MetricQuery(measures=measures, bucket=Bucket.DAY)
        (row,) = place.store.metrics(place.project, asked).rows
        assert (14, [1, 7.0]) == (row.start.day, list(row.values.values()))
        asked = attrs.evolve(asked, start_time=MICROS - 1)
        assert [] == place.store.metrics(place.project, asked).rows

    def test_an_answer_that_would_be_too_long_is_refused(self, place: Any) -> None:
        place.insert(span_record(), span_record(span_id="b", started_at=MICROS - 90 * DAY))
        asked = MetricQuery(bucket=Bucket.MINUTE, fill=True)
        with pytest.raises(InvalidError, match="50000 rows"):
            place.store.metrics(place.project, asked)

    def test_another_project_has_nothing_of_it(self, place: Any) -> None:
        place.insert(span_record())
        other = place.elsewhere()
        (row,) = other.store.metrics(other.project, MetricQuery()).rows
        assert {"count": 0} == row.values


def test_odd_questions_are_refused() -> None:
    for odd in (
        {"measures": ()},
        {"measures": (Measure.COUNT, Measure.COUNT)},
        {"by": tuple(Dimension)[:4]},
        {"limit": 0},
        {"limit": 1001},
    ):
        with pytest.raises(InvalidError):
            MetricQuery(**odd)  # type: ignore[arg-type] - as a caller might
