"""The deployed half under faults: a real broker, workers as processes, and a ClickHouse front.

Every test keeps a ledger: what was published is what was promised, and each span of it must be
seen once in the end.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any

import attrs
import pytest
from tests.fronts import ClickHouse, clickhouse
from tests.topics import Log, log, until
from tests.worker_program import WorkerProcess

from prela_core.bus.letters import decode_letter
from prela_core.bus.records import decode
from prela_core.io.clickhouse_store import ClickHouseStore, open_server
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.migrations import migrations
from prela_core.testing import NOON, span_record

pytestmark = pytest.mark.slow

MIB = 1 << 20
MOST_MEMORY = 512 * MIB
LONGEST_STALL = 30.0

_numbers = itertools.count(1)


@attrs.define
class Ledger:
    """What was published to `held` as one project's, and the worker's store as readers see it."""

    held: Log
    store: ClickHouseStore
    front: ClickHouse
    project: str = attrs.field(factory=lambda: f"project-{next(_numbers)}")
    promised: dict[str, set[str]] = attrs.field(factory=dict)
    workers: list[WorkerProcess] = attrs.field(factory=list)
    received: int = to_micros(NOON)

    def worker(self, **options: Any) -> WorkerProcess:
        started = WorkerProcess(self.held.bootstrap, self.held.topic, self.front.port, **options)
        self.workers.append(started)
        return started

    def batch(self, trace_id: str, spans: int, **fields: Any) -> SpanBatch:
        """Make a batch of new spans of a trace, and note them."""
        noted = self.promised.setdefault(trace_id, set())
        ids = [f"{trace_id}-{len(noted) + at}" for at in range(spans)]
        noted.update(ids)
        self.received += 1000
        return SpanBatch(
            self.project,
            self.received,
            [span_record(trace_id=trace_id, span_id=each, **fields) for each in ids],
        )

    async def publish(self, traces: int, spans: int, **fields: Any) -> list[SpanBatch]:
        """Publish a batch of spans for each of some traces."""
        batches = [self.batch(f"t{at}", spans, **fields) for at in range(traces)]
        await self.held.publish(*batches)
        return batches

    def assert_kept(self) -> None:
        """Hold that nothing is lost and nothing seen twice, span by span and in every count."""
        for trace_id, ids in self.promised.items():
            seen: list[str] = []
            cursor = None
            while True:
                page = self.store.spans(
                    self.project, trace_id, PageRequest(limit=1000, cursor=cursor)
                )
                assert page is not None, "accepted and lost"
                seen += [span.span_id for span in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert ids - set(seen) == set(), "accepted and lost"
            assert len(seen) == len(set(seen)), "visible twice"
            assert ids == set(seen)
        rows = self.summaries()
        assert {trace_id: len(ids) for trace_id, ids in self.promised.items()} == {
            row.trace_id: row.span_count for row in rows
        }

    def summaries(self) -> list[Any]:
        page = self.store.traces(self.project, TraceFilter(), Order.NEWEST, PageRequest(limit=1000))
        assert page.next_cursor is None
        return sorted(page.items, key=lambda row: row.trace_id)


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with clickhouse(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


Play = Callable[[Callable[[Ledger], Awaitable[None]]], None]


@pytest.fixture
def play(kafka: str, front: ClickHouse) -> Iterator[Play]:
    """Run a scene with a ledger, and end every worker it started."""

    def play(scene: Callable[[Ledger], Awaitable[None]], seconds: float = 150) -> None:
        async def run(store: ClickHouseStore) -> None:
            async with asyncio.timeout(seconds), log(kafka) as held:
                ledger = Ledger(held, store, front)
                try:
                    await scene(ledger)
                finally:
                    for each in ledger.workers:
                        each.end()

        options: dict[str, Any] = {"retention_days": 0, "windows_from": 0}
        with closing(open_server("127.0.0.1", port=front.port, **options)) as store:
            asyncio.run(run(store))

    yield play
    front.heal()


def test_killed_between_insert_and_commit_it_is_replayed_and_seen_once(play: Play) -> None:
    async def scene(ledger: Ledger) -> None:
        await ledger.publish(traces=10, spans=200)
        for dies_after in (1, 2, 3):
            dying = ledger.worker(rows=400, dies_after=dies_after)
            assert -9 == await asyncio.to_thread(dying.wait)
            await ledger.publish(traces=10, spans=20)
        # The last insert of each was stored and not committed.
        assert sum(row.span_count for row in ledger.summaries()) > sum(
            (await ledger.held.committed()).values()
        )
        worker = ledger.worker()
        await ledger.held.drained(60)
        assert 0 == await asyncio.to_thread(worker.stop)
        ledger.assert_kept()

    play(scene)


def test_everything_delivered_three_times_changes_no_count(play: Play) -> None:
    async def scene(ledger: Ledger) -> None:
        usage = b'{"gen_ai.request.model":"gpt-4o","gen_ai.usage.input_tokens":1000,"gen_ai.usage.output_tokens":10}'  # noqa: E501
        batches = await ledger.publish(traces=8, spans=50, attributes=usage)
        worker = ledger.worker()
        await ledger.held.drained()
        once = ledger.summaries()
        assert 8 * 50 * 1000 == sum(row.input_tokens for row in once)
        assert sum(row.cost_usd for row in once) > 0
        await ledger.held.publish(*batches)  # as clients do, whose answer was lost
        await ledger.held.drained()
        assert 0 == await asyncio.to_thread(worker.stop)
        again = ledger.worker(group=f"again-{ledger.held.group}")  # the whole topic once more
        await until(lambda: again.figures.get("lag") and not any(again.figures["lag"].values()))
        await until(lambda: again.figures["taken"] >= 16)
        assert 0 == await asyncio.to_thread(again.stop)
        assert once == ledger.summaries()
        ledger.assert_kept()

    play(scene)


def test_poison_among_good_spans_never_blocks(play: Play) -> None:
    async def scene(ledger: Ledger) -> None:
        worker = ledger.worker()
        for each in range(6):
            batches = [ledger.batch(f"t{at}", 50) for at in range(4)]
            bad = span_record(trace_id="t0", span_id=f"bad-{each}", flags=2**40)
            mixed = attrs.evolve(batches[0], spans=[*batches[0].spans, bad])
            await ledger.held.publish(mixed, *batches[1:])
            await ledger.held.raw(b"\xc1 nothing of ours", partition=each % 4)
        await ledger.held.drained()
        ledger.assert_kept()
        assert 0 == await asyncio.to_thread(worker.stop)
        letters = [decode_letter(each) for each in await ledger.held.read(ledger.held.letters)]
        refused = [each for each in letters if each.reason.startswith("RefusedByStoreError")]
        assert {f"bad-{each}" for each in range(6)} == {
            span.span_id for each in refused for span in decode(each.record).spans
        }
        assert 6 == sum(each.record.value == b"\xc1 nothing of ours" for each in letters)

    play(scene)


def test_workers_that_join_leave_and_die_stall_nothing(
    play: Play, record_property: pytest.RecordProperty
) -> None:
    async def scene(ledger: Ledger) -> None:
        chance = random.Random(20260115)  # noqa: S311 - repeatable on purpose
        ledger.worker()
        ends = time.monotonic() + 30
        stall = Stall(ledger)
        watching = asyncio.create_task(stall.watch())
        change = time.monotonic()
        deaths = leaves = 0
        second: WorkerProcess | None = None
        while time.monotonic() < ends:
            await ledger.publish(traces=10, spans=20)
            if time.monotonic() > change:
                change = time.monotonic() + chance.uniform(2, 4)
                if second is None:
                    second = ledger.worker()
                elif chance.random() < 0.5:
                    deaths += 1
                    await asyncio.to_thread(second.kill)
                    second = None
                else:
                    leaves += 1
                    # On a busy machine it may not have come as far as to leave.
                    await until(lambda leaving=second: leaving.said)
                    assert 0 == await asyncio.to_thread(second.stop)
                    second = None
            await asyncio.sleep(0.1)
        await ledger.held.drained(60)
        watching.cancel()
        ledger.assert_kept()
        figures = {"longest stall, seconds": round(stall.longest, 1), "deaths": deaths,
                   "leaves": leaves}  # fmt: skip
        record_property("figures", figures)
        print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
        assert deaths + leaves >= 3
        assert stall.longest < LONGEST_STALL

    play(scene)


@attrs.define
class Stall:
    """The longest time for which something waited and nothing was committed."""

    ledger: Ledger
    longest: float = 0.0

    async def watch(self) -> None:
        since, before = time.monotonic(), 0
        while True:
            done = sum((await self.ledger.held.committed()).values())
            now = time.monotonic()
            if done != before or not await self.ledger.held.lag():
                since, before = now, done
            self.longest = max(self.longest, now - since)
            await asyncio.sleep(0.2)


def test_a_store_that_is_away_and_then_slow_costs_bounded_memory_and_no_rebalance(
    play: Play, record_property: pytest.RecordProperty
) -> None:
    async def scene(ledger: Ledger) -> None:
        worker = ledger.worker()
        await ledger.publish(traces=10, spans=20)
        await ledger.held.drained()
        rebalances = worker.figures["rebalances"]
        ledger.front.tell("away")
        text = b'{"input":"%b"}' % bytes(random.Random(1).choices(b"abcdefghij ", k=4000))  # noqa: S311
        published = 0
        began = time.monotonic()
        while time.monotonic() - began < 20:  # some 2,000 spans of 4 KB each second
            await ledger.publish(traces=20, spans=20, attributes=text)
            published += 400
            await asyncio.sleep(max(0.0, published / 2000 - (time.monotonic() - began)))
        await until(lambda: worker.figures["paused"])
        backlog = await ledger.held.lag()
        assert backlog > 100
        ledger.front.tell("delay", seconds=3)
        ledger.front.tell("back")
        await asyncio.sleep(12)
        ledger.front.tell("delay", seconds=0)
        drains = time.monotonic()
        await ledger.held.drained(60)
        drained = time.monotonic() - drains
        memory = worker.memory()
        assert rebalances == worker.figures["rebalances"]
        assert worker.figures["kept"] > 0
        assert 0 == await asyncio.to_thread(worker.stop)
        ledger.assert_kept()
        figures = {
            "spans published while it was away": published,
            "records that waited": backlog,
            "seconds to drain them": round(drained, 1),
            "the worker's peak memory, MiB": memory // MIB,
        }
        record_property("figures", figures)
        print(figures)  # noqa: T201 - shown by pytest -s, and when the test fails
        assert memory < MOST_MEMORY

    play(scene)


def test_many_workers_set_up_the_schema_at_once(
    kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def run(fresh: ClickHouse, store: ClickHouseStore) -> None:
        async with asyncio.timeout(120), log(kafka) as held:
            ledger = Ledger(held, store, fresh)
            try:
                for _ in range(4):
                    ledger.worker()
                await ledger.publish(traces=5, spans=20)
                await until(lambda: all(each.said for each in ledger.workers), 90)
                await held.drained()
                ledger.assert_kept()
                assert [0] * 4 == [await asyncio.to_thread(each.stop) for each in ledger.workers]
            finally:
                for each in ledger.workers:
                    each.end()

    with (
        clickhouse(tmp_path_factory.mktemp("fresh")) as fresh,
        closing(open_server("127.0.0.1", port=fresh.port, retention_days=0)) as store,
    ):
        asyncio.run(run(fresh, store))
        with store._borrowed(store._readers, writing=False) as client:
            rows = client.query("SELECT DISTINCT number FROM schema_migrations").result_rows
        assert {step.number for step in migrations()} == {row[0] for row in rows}
