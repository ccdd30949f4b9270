from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.prela_server.worker.test_worker import Recorder, batch
from tests.topics import until

from prela_core.bus.figures import FeedFigures
from prela_core.errors import BusUnavailableError
from prela_core.model import SpanBatch
from prela_core.testing import ManualClock, MemoryBus
from prela_server.worker.service import StuckError, TraceService


class Watched(MemoryBus):
    """A bus that says how much waits, as the test wants it."""

    def __init__(self) -> None:
        super().__init__(automatic=True)
        self.figures = FeedFigures()
        self.lag: int | None = 0
        self.looks = 0
        self.broken: Exception | None = None

    async def look(self) -> int | None:
        self.looks += 1
        return self.lag

    async def take(self):  # noqa: ANN201 - as the bus it is
        if self.broken:
            raise self.broken
        return await super().take()


def service_of(
    feeds: dict[str, Watched], clock: ManualClock, store: Recorder | None = None
) -> TraceService:
    return TraceService(
        feeds, store or Recorder(), patience=60, look_seconds=0.001, now=clock.monotonic
    )


async def looks(feed: Watched, more: int = 3) -> None:
    wanted = feed.looks + more
    await until(lambda: feed.looks >= wanted)


def test_every_feed_is_worked_on_and_the_end_of_all_is_the_end() -> None:
    async def run() -> None:
        spans, traces, store = Watched(), Watched(), Recorder()
        service = service_of({"spans": spans, "traces": traces}, ManualClock(), store)
        async with asyncio.timeout(20):
            running = asyncio.create_task(service.run())
            await asyncio.gather(spans.publish(batch("a", "1")), traces.publish(batch("b", "2")))
            spans.close()
            await traces.publish(batch("c", "3"))
            assert not running.done()
            traces.close()
            await running
        assert ["a", "b", "c"] == sorted(each for group in store.inserts for each in group)
        assert b'prela_worker_spans_stored_total{feed="traces"} 2.0' in service.metrics.expose()

    asyncio.run(run())


def test_a_worker_that_takes_no_step_while_something_waits_ends_the_service(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def run() -> None:
        spans, traces, clock = Watched(), Watched(), ManualClock()
        async with asyncio.timeout(20):
            running = asyncio.create_task(service_of({"spans": spans, "t": traces}, clock).run())
            spans.lag = 7
            await looks(spans)
            clock.advance(59)
            await looks(spans)
            assert not running.done()
            clock.advance(1)
            with pytest.raises(StuckError, match="7 records wait in spans"):
                await running

    asyncio.run(run())
    assert "worker stuck" in capsys.readouterr().out


def test_a_slow_insert_is_not_stuck_and_does_not_hold_up_the_end_for_ever() -> None:
    may_end = threading.Event()

    class Slow(Recorder):
        def insert(self, batches: Sequence[SpanBatch]) -> None:
            may_end.wait(20)
            super().insert(batches)

    async def run() -> None:
        feed, clock = Watched(), ManualClock()
        async with asyncio.timeout(20):
            running = asyncio.create_task(service_of({"spans": feed}, clock, Slow()).run())
            publishing = asyncio.create_task(feed.publish(batch("a", "1")))
            feed.lag = 1
            await looks(feed)
            clock.advance(200)
            await looks(feed)
            assert not running.done()
            clock.advance(100)
            with pytest.raises(StuckError):
                await running
            may_end.set()
            publishing.cancel()

    asyncio.run(run())


def test_a_feed_that_is_broken_for_good_ends_the_service() -> None:
    async def run() -> None:
        good, bad = Watched(), Watched()
        bad.broken = BusUnavailableError("no permission")
        async with asyncio.timeout(20):
            with pytest.raises(BusUnavailableError, match="no permission"):
                await service_of({"good": good, "bad": bad}, ManualClock()).run()

    asyncio.run(run())
