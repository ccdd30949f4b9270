"""The worker under faults: real processes of it, a real broker, and a ClickHouse front.

Every test keeps a ledger: what was published is what was promised, and each span of it must be
seen once in the end.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import attrs
import pytest
from tests.conftest import Server
from tests.fronts import ClickHouse, clickhouse
from tests.topics import Log, log
from tests.worker_process import figure_of, worker_process

from prela_core.bus.letters import decode_letter
from prela_core.bus.records import decode
from prela_core.io.clickhouse_opening import open_server
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch, to_micros
from prela_core.store import Order, PageRequest, TraceFilter
from prela_core.store.migrations import migrations
from prela_core.testing import NOON, span_record

pytestmark = pytest.mark.slow

THOROUGH = os.environ.get("PRELA_TESTS") == "thorough"
MIB = 1 << 20
MOST_MEMORY = 512 * MIB
LONGEST_STALL = 30.0
USAGE = (
    b'{"gen_ai.request.model":"gpt-4o","gen_ai.usage.input_tokens":1000,'
    b'"gen_ai.usage.output_tokens":10}'
)

_numbers = itertools.count(1)


@attrs.define
class Ledger:
    """What was published to `held` as one project's, and the worker's store as readers see it."""

    held: Log
    store: ClickHouseStore
    front: ClickHouse
    directory: Path
    project: str = attrs.field(factory=lambda: f"project-{next(_numbers)}")
    promised: dict[str, set[str]] = attrs.field(factory=dict)
    workers: list[Server] = attrs.field(factory=list)
    received: int = to_micros(NOON)

    def launch(self, settings: dict[str, str] | None = None, **faults: Any) -> Server:
        """Begin to start a worker; `faults` are those of `tests.worker_program`."""
        held = self.held
        worker = worker_process(
            self.directory / f"worker-{len(self.workers)}",
            {
                "KAFKA_BOOTSTRAP_SERVERS": held.bootstrap,
                "KAFKA_TOPIC_SPANS": held.topic,
                "KAFKA_TOPIC_TRACES": f"{held.topic}-traces",
                "KAFKA_GROUP_SPANS": held.group,
                "KAFKA_GROUP_TRACES": f"{held.group}-traces",
                "CLICKHOUSE_HOST": "127.0.0.1",
                "CLICKHOUSE_PORT": str(self.front.port),
                "PRELA_RETENTION_DAYS": "0",
                "PRELA_WORKER_LINGER_MS": "100",
            }
            | (settings or {}),
            **faults,
        )
        self.workers.append(worker)
        worker.launch()
        return worker

    async def worker(self, settings: dict[str, str] | None = None, **faults: Any) -> Server:
        """Start a worker; it is given partitions in its time."""
        worker = self.launch(settings, **faults)
        await asyncio.to_thread(worker.await_ready)
        return worker

    async def shared(self, *workers: Server) -> None:
        """Wait until each of these and no other has partitions of both topics."""

        def parts(worker: Server) -> tuple[int, int]:
            shown = worker.client.get(f"{worker.url}/metrics").text
            counts = (shown.count(f'lag_records{{feed="{feed}"') for feed in ("spans", "traces"))
            return next(counts), next(counts)

        async with asyncio.timeout(60):
            while True:
                have = [await asyncio.to_thread(parts, worker) for worker in workers]
                if min(map(min, have)) and sum(spans for spans, _ in have) == self.held.partitions:
                    return
                await asyncio.sleep(0.2)

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

    @asynccontextmanager
    async def traffic(
        self, traces: int, spans: int, rate: float, **fields: Any
    ) -> AsyncIterator[None]:
        """Publish batches for some traces all the time, `rate` spans a second in all."""

        over = asyncio.Event()

        async def flow() -> None:
            began = time.monotonic()
            for turn in itertools.count(1):
                await self.publish(traces, spans, **fields)
                due = began + turn * traces * spans / rate
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(over.wait(), max(0.0, due - time.monotonic()))
                if over.is_set():
                    return

        flowing = asyncio.create_task(flow())
        try:
            yield
        finally:
            # To the end of its turn: what was noted as promised is published.
            over.set()
            await flowing

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

    def views(self) -> list[Any]:
        """Give all that a reader can see, in every way there is to see it."""
        question = TraceFilter(q="gpt-4o")
        return [
            *self.summaries(),
            *(
                self.store.traces(self.project, TraceFilter(), order, PageRequest(limit=1000))
                for order in Order
            ),
            *(self.store.trace(self.project, trace_id) for trace_id in self.promised),
            *(
                self.store.spans(self.project, trace_id, PageRequest(limit=1000))
                for trace_id in self.promised
            ),
            self.store.search(self.project, question, PageRequest(limit=1000)),
        ]


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouse]:
    with clickhouse(tmp_path_factory.mktemp("clickhouse")) as running:
        yield running


Play = Callable[[Callable[[Ledger], Awaitable[None]]], None]


@pytest.fixture
def play(kafka: str, front: ClickHouse, tmp_path: Path) -> Iterator[Play]:
    """Run a scene with a ledger, and end every worker it started."""

    def play(scene: Callable[[Ledger], Awaitable[None]]) -> None:
        options: dict[str, Any] = {"retention_days": 0, "windows_from": 0}
        with closing(open_server("127.0.0.1", port=front.port, **options)) as store:
            asyncio.run(played(scene, kafka, store, front, tmp_path))

    yield play
    front.heal()


async def played(
    scene: Callable[[Ledger], Awaitable[None]],
    kafka: str,
    store: ClickHouseStore,
    front: ClickHouse,
    directory: Path,
) -> None:
    async with asyncio.timeout(600 if THOROUGH else 150), log(kafka) as held:
        ledger = Ledger(held, store, front, directory)
        try:
            await scene(ledger)
        finally:
            for each in ledger.workers:
                if each.process is not None:
                    each.kill()
                each.client.close()


def test_killed_between_insert_and_commit_it_is_replayed_and_seen_once(
    play: Play, record_property: pytest.RecordProperty
) -> None:
    async def scene(ledger: Ledger) -> None:
        replayed = []
        async with ledger.traffic(traces=20, spans=1, rate=200):  # a span each, a record each
            for dies_after in (1, 4) if THOROUGH else (3,):
                dying = ledger.launch(dies_after=dies_after)
                assert -9 == await asyncio.to_thread(dying.await_end)
                stored = sum(row.span_count for row in ledger.summaries())
                replayed.append(stored - sum((await ledger.held.committed()).values()))
                assert replayed[-1] > 0, "nothing was stored and not committed"
        worker = await ledger.worker()
        await ledger.held.drained(60)
        assert 0 == await asyncio.to_thread(worker.stop)
        ledger.assert_kept()
        tell(record_property, {"spans stored, not committed and replayed": replayed})

    play(scene)


def test_everything_delivered_three_times_changes_no_count(
    play: Play, record_property: pytest.RecordProperty
) -> None:
    async def scene(ledger: Ledger) -> None:
        batches = await ledger.publish(traces=8, spans=50, attributes=USAGE)
        worker = await ledger.worker()
        await ledger.held.drained()
        once = ledger.views()
        rows = ledger.summaries()
        assert 8 * 50 * 1000 == sum(row.input_tokens for row in rows)
        assert sum(row.cost_usd for row in rows) > 0
        await ledger.held.publish(*batches)  # as clients do, whose answer was lost
        await ledger.held.drained()
        assert 0 == await asyncio.to_thread(worker.stop)
        again = attrs.evolve(ledger.held, group=f"again-{ledger.held.group}")
        replaying = await ledger.worker({"KAFKA_GROUP_SPANS": again.group})  # all of the topic
        await again.drained()
        stored = await asyncio.to_thread(figure_of, replaying, "spans_stored_total", feed="spans")
        assert 2 * 8 * 50 == stored
        assert 0 == await asyncio.to_thread(replaying.stop)
        assert once == ledger.views()
        ledger.assert_kept()
        tell(record_property, {"spans": 8 * 50, "times each was stored": 4})

    play(scene)


def test_poison_among_good_spans_never_blocks(play: Play) -> None:
    async def scene(ledger: Ledger) -> None:
        worker = await ledger.worker()
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
        ends = time.monotonic() + (180 if THOROUGH else 25)
        first = await ledger.worker()
        stall = Stall(ledger)
        watching = asyncio.create_task(stall.watch())
        ways = {"dies": 0, "leaves": 0}
        async with ledger.traffic(traces=10, spans=20, rate=2000):
            for way in itertools.cycle(ways):
                second = await ledger.worker()
                await asyncio.sleep(chance.uniform(1, 3))
                if way == "dies":
                    await asyncio.to_thread(second.kill)
                else:
                    assert 0 == await asyncio.to_thread(second.stop)
                ways[way] += 1
                await asyncio.sleep(chance.uniform(0, 2))
                if time.monotonic() > ends:
                    break
        await ledger.held.drained(60)
        assert not watching.done(), "nobody watched"
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        rebalances = await asyncio.to_thread(figure_of, first, "rebalances_total", feed="spans")
        ledger.assert_kept()
        figures = ways | {"longest stall, seconds": round(stall.longest, 1),
                          "rebalances that one worker saw": rebalances}  # fmt: skip
        tell(record_property, figures)
        assert min(ways.values()) > 0
        assert rebalances > 1
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


DELAY, INSERTS, SHUTDOWN = (30.0, 4, 20) if THOROUGH else (11.0, 1, 5)
"""Seconds that the store takes for each request, how many inserts each worker does so, and seconds
to stop. One insert is longer than a member of the group may be silent (10 s) in any run, and in a
thorough one longer than a rebalance may take (15 s), so that four outlast the watchdog's minute."""


def test_a_slow_store_costs_bounded_memory_no_rebalance_and_no_late_stop(
    play: Play, record_property: pytest.RecordProperty
) -> None:
    text = b'{"input":"%b"}' % bytes(random.Random(1).choices(b"abcdefghij ", k=4000))  # noqa: S311

    async def scene(ledger: Ledger) -> None:
        settings = {"PRELA_SHUTDOWN_SECONDS": str(SHUTDOWN)}
        workers = await asyncio.gather(ledger.worker(settings), ledger.worker(settings))
        await ledger.shared(*workers)

        async def figures(name: str) -> list[float]:
            return [await asyncio.to_thread(figure_of, one, name, feed="spans") for one in workers]

        rebalances, inserts = (
            await figures("rebalances_total"),
            await figures("insert_seconds_count"),
        )
        ledger.front.tell("delay", seconds=DELAY)
        slowed = time.monotonic()
        async with ledger.traffic(traces=20, spans=20, rate=2000, attributes=text):  # 8 MB/s
            await reached(lambda: figures("paused"), [1, 1])
        published = sum(map(len, ledger.promised.values()))
        await reached(lambda: figures("insert_seconds_count"), [each + INSERTS for each in inserts])
        slow_for = time.monotonic() - slowed
        inserts = await figures("insert_seconds_count")
        assert min(await figures("insert_seconds_sum")) >= INSERTS * DELAY
        assert rebalances == await figures("rebalances_total")
        assert [0, 0] == await figures("kept_total")
        memory = [each.memory() for each in workers]

        begun = time.monotonic()
        assert 0 == await asyncio.to_thread(workers[1].stop)
        stopped = time.monotonic() - begun
        ledger.front.tell("delay", seconds=0)
        begun = time.monotonic()
        await ledger.held.drained(60)
        drained = time.monotonic() - begun
        memory.append(workers[0].memory())
        assert 0 == await asyncio.to_thread(workers[0].stop)
        ledger.assert_kept()
        assert "stuck" not in "".join(each.log for each in workers)
        tell(
            record_property,
            {
                "seconds of each request": DELAY,
                "for seconds": round(slow_for),
                "spans of 4 KB": published,
                "inserts while slow": inserts,
                "rebalances": 0,
                "peak memory of a worker, MiB": max(memory) // MIB,
                "seconds to stop one meanwhile": round(stopped, 1),
                "seconds to drain": round(drained, 1),
            },
        )
        assert max(memory) < MOST_MEMORY
        assert stopped < SHUTDOWN + 5

    play(scene)


@pytest.mark.parametrize("why", ["its consumer fell silent", "its store never answers"])
def test_a_stuck_worker_ends_with_an_error_and_its_successor_goes_on(
    play: Play, why: str, record_property: pytest.RecordProperty
) -> None:
    async def scene(ledger: Ledger) -> None:
        silent = why == "its consumer fell silent"
        patience = 5.0 if silent else 1.0  # five times that for a store
        worker = await ledger.worker(
            {"PRELA_SHUTDOWN_SECONDS": "5"},
            patience=patience,
            **({"deaf_after": 3} if silent else {}),
        )
        await ledger.publish(traces=10, spans=20)
        await ledger.held.drained()
        if not silent:
            ledger.front.tell("delay", seconds=60)
        begun = time.monotonic()
        async with ledger.traffic(traces=10, spans=20, rate=1000):
            code = await asyncio.to_thread(worker.await_end, seconds=40)
        took = time.monotonic() - begun
        assert 1 == code
        assert "worker stuck" in worker.log
        ledger.front.tell("delay", seconds=0)
        waiting = await ledger.held.lag()
        assert waiting > 0
        successor = await ledger.worker()
        await ledger.held.drained()
        assert 0 == await asyncio.to_thread(successor.stop)
        ledger.assert_kept()
        tell(
            record_property,
            {
                "why": why,
                "patience, seconds": patience if silent else 5 * patience,
                "seconds until it ended": round(took, 1),
                "records for the successor": waiting,
            },
        )

    play(scene)


def test_many_workers_set_up_the_schema_at_once(
    kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def scene(ledger: Ledger) -> None:
        workers = [ledger.launch() for _ in range(4)]
        await ledger.publish(traces=5, spans=20)
        for each in workers:
            await asyncio.to_thread(each.await_ready)
        await ledger.held.drained(90)
        ledger.assert_kept()
        assert [0] * 4 == [await asyncio.to_thread(each.stop) for each in workers]

    place = tmp_path_factory.mktemp("fresh")
    with (
        clickhouse(place / "clickhouse") as fresh,
        closing(open_server("127.0.0.1", port=fresh.port, retention_days=0)) as store,
    ):
        asyncio.run(played(scene, kafka, store, fresh, place))
        with store.connection() as client:
            rows = client.query("SELECT DISTINCT number FROM schema_migrations").result_rows
        assert {step.number for step in migrations()} == {row[0] for row in rows}


async def reached(
    figures: Callable[[], Awaitable[list[float]]], least: list[float], seconds: float = 300
) -> None:
    """Wait until every figure is what it should be at least."""
    async with asyncio.timeout(seconds):
        while True:
            if all(have >= want for have, want in zip(await figures(), least, strict=True)):
                return
            await asyncio.sleep(0.1)


def tell(record_property: pytest.RecordProperty, figures: dict[str, Any]) -> None:
    """Keep what was measured; pytest -s shows it, as does a test that fails."""
    record_property("figures", figures)
    print(figures)  # noqa: T201 - shown on purpose
