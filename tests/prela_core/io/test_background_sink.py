from __future__ import annotations

import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from tests.emitting import Ended, a_span, await_that, hanging_port, stand_in

from prela_core.emit.batcher import Bounds
from prela_core.emit.tail import keep_errors
from prela_core.errors import UnauthenticatedError, UnavailableError
from prela_core.io.background_sink import BackgroundSink
from prela_core.io.http_exporter import HttpExporter
from prela_core.model import Span, Status

SOON = Bounds(linger=0.01, first_pause=0.02, longest_pause=0.05)

Make = Callable[..., BackgroundSink]


@pytest.fixture
def open_sink() -> Iterator[Make]:
    opened = []

    def open_sink(*exporters: Any, bounds: Bounds = SOON, **options: Any) -> BackgroundSink:
        sink = BackgroundSink(exporters, bounds=bounds, **options)
        opened.append(sink)
        return sink

    yield open_sink
    for sink in opened:
        sink.close(1)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    caplog.set_level(logging.WARNING, "prela")
    return lambda: [record.getMessage() for record in caplog.records]


class Exporter:
    """Collects ids; raises what is in `errors` first, one after the other."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.ids: list[str] = []
        self.calls = 0
        self.closes = 0

    def __call__(self, spans: Sequence[Span]) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        self.ids += [span.span_id for span in spans]

    def close(self) -> None:
        self.closes += 1


class Gate:
    """An exporter that waits until it is opened."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.opened = threading.Event()
        self.ids: list[str] = []

    def __call__(self, spans: Sequence[Span]) -> None:
        self.entered.set()
        assert self.opened.wait(30)
        self.ids += [span.span_id for span in spans]


def ids(count: int, start: int = 0) -> list[str]:
    return [f"s{number}" for number in range(start, start + count)]


def put(sink: BackgroundSink, names: list[str]) -> None:
    for name in names:
        sink.put(Ended(a_span(name)))


def test_every_span_is_exported_once_and_in_order(open_sink: Make) -> None:
    exporter = Exporter()
    sink = open_sink(exporter)
    put(sink, ids(3000))
    assert sink.flush(20)
    assert ids(3000) == exporter.ids
    assert 0 == sink.lost


def test_from_many_threads_each_span_comes_once(open_sink: Make) -> None:
    exporter = Exporter()
    sink = open_sink(exporter)
    threads = [
        threading.Thread(target=put, args=(sink, ids(1000, start)))
        for start in range(0, 8000, 1000)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sink.flush(20)
    assert set(ids(8000)) == set(exporter.ids)
    assert 8000 == len(exporter.ids)


def test_without_a_flush_spans_go_after_a_while(open_sink: Make) -> None:
    exporter = Exporter()
    sink = open_sink(exporter)
    put(sink, ["a"])
    await_that(lambda: exporter.ids, "an export")
    put(sink, ["b"])
    await_that(lambda: len(exporter.ids) == 2, "the next")


def test_a_sleeping_thread_is_woken(open_sink: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prela_core.io.gatherer._QUIET_TICKS", 1)
    monkeypatch.setattr("prela_core.io.gatherer._TICK", 0.001)
    exporter = Exporter()
    sink = open_sink(exporter)
    for number in range(20):
        put(sink, [f"s{number}"])
        await_that(lambda: sink._here._wakes_at == -1, "sleep")
    await_that(lambda: len(exporter.ids) == 20, "all of them")


def test_closing_exports_the_rest_and_closes_the_exporter_once(open_sink: Make) -> None:
    exporter = Exporter()
    sink = open_sink(exporter)
    put(sink, ids(100))
    assert sink.close(20)
    assert sink.close(20)
    assert ids(100) == exporter.ids
    assert 1 == exporter.closes


def test_an_unused_sink_closes_its_exporter_too(open_sink: Make) -> None:
    exporter = Exporter()
    assert open_sink(exporter).close(5)
    assert 1 == exporter.closes


def test_what_comes_after_the_end_is_counted(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    sink = open_sink(Exporter())
    sink.close(5)
    put(sink, ids(3))
    assert 3 == sink.lost
    assert ["spans are being dropped: they came after the end"] == warnings()


def test_what_comes_while_it_closes_harms_nothing_before(open_sink: Make) -> None:
    entered, going = threading.Event(), threading.Event()

    def stuck(span: Span) -> Span:
        entered.set()
        assert going.wait(30)
        return span

    exporter = Exporter()
    sink = open_sink(exporter, processors=[stuck])
    put(sink, ids(50))
    assert entered.wait(20)
    closing = threading.Thread(target=sink.close, args=(20,))
    closing.start()
    await_that(lambda: sink._here._is_closed, "closing")
    late = [threading.Thread(target=put, args=(sink, ids(500, 1000))) for _ in range(4)]
    for thread in late:
        thread.start()
    for thread in late:
        thread.join()
    going.set()
    closing.join()
    assert ids(50) == [one for one in exporter.ids if one in ids(50)]
    assert 50 + 2000 == len(exporter.ids) + sink.lost


def test_one_exporter_holds_up_no_other(open_sink: Make) -> None:
    stuck, other = Gate(), Exporter()
    sink = open_sink(stuck, other)
    put(sink, ids(10))
    await_that(lambda: other.ids == ids(10), "the other's spans")
    stuck.opened.set()
    assert sink.flush(20)
    assert ids(10) == stuck.ids


def test_what_may_pass_is_tried_again(open_sink: Make, warnings: Callable[[], list[str]]) -> None:
    exporter = Exporter(UnavailableError("it is away", 0), UnavailableError("and still", 0))
    sink = open_sink(exporter)
    put(sink, ids(5))
    assert sink.flush(20)
    assert (ids(5), 3) == (exporter.ids, exporter.calls)
    assert [
        "spans can't be delivered now (it is away); they are kept, up to a bound, and tried again"
    ] == warnings()


def test_a_refusal_loses_the_batch_and_no_more(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    exporter = Exporter(UnauthenticatedError("unknown key"), UnauthenticatedError("unknown key"))
    sink = open_sink(exporter)
    for number in range(3):
        put(sink, [f"s{number}"])
        assert (number == 2) == sink.flush(20)
    assert ["s2"] == exporter.ids
    assert 2 == sink.lost
    sink.close(5)
    key = (
        "the API key is refused (unknown key); spans are lost until PRELA_API_KEY, or api_key, is "
        "a key that may send them"
    )
    assert [
        key,
        "spans are being dropped: they were refused; the total follows at the end",
        "2 spans were lost in all: 2 as they were refused",
    ] == warnings()


def test_what_is_lost_at_the_end_is_said_once(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    sink = open_sink(Exporter(*[UnavailableError("it is away", retry_after=0)] * 5))
    put(sink, ids(1))
    assert not sink.close(20)
    assert [
        "spans can't be delivered now (it is away); they are kept, up to a bound, and tried again",
        "1 span was lost in all: 1 as they were not delivered by the end",
    ] == warnings()


def test_an_exporter_that_is_broken_breaks_nothing(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    sink = open_sink(Exporter(KeyError("x"), KeyError("y")))
    put(sink, ids(3))
    assert not sink.flush(20)
    assert "an exporter failed (KeyError: 'x'); its spans are lost" == warnings()[0]


def test_a_full_buffer_drops_the_oldest_and_says_so_once(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    gate = Gate()
    sink = open_sink(gate, bounds=Bounds(held=100, batch=10, linger=0.01))
    put(sink, ids(10))
    assert gate.entered.wait(20)
    for start in range(10, 1010, 50):
        put(sink, ids(50, start))
        assert sink._here._pass_mark(_mark(), time.monotonic() + 20).passed.is_set()
    assert 910 == sink.lost
    gate.opened.set()
    sink.close(20)
    assert ids(10) + ids(90, 920) == gate.ids
    assert [
        "spans are being dropped: the buffer was full; the total follows at the end",
        "910 spans were lost in all: 910 as the buffer was full",
    ] == warnings()


def _mark() -> Any:
    from prela_core.io.gatherer import _Mark  # noqa: PLC0415 - only here

    return _Mark()


def test_a_full_inbox_drops_the_newest(open_sink: Make) -> None:
    entered, going = threading.Event(), threading.Event()

    def stuck(span: Span) -> Span:
        entered.set()
        assert going.wait(30)
        return span

    exporter = Exporter()
    sink = open_sink(exporter, processors=[stuck], bounds=Bounds(held=300, linger=0.01))
    put(sink, ["first"])
    assert entered.wait(20)
    put(sink, ids(1000))
    assert 700 == sink.lost
    going.set()
    sink.flush(20)
    assert ids(300) == [one for one in exporter.ids if one != "first"]


def test_large_spans_are_bounded_by_bytes(open_sink: Make) -> None:
    gate = Gate()
    megabyte = 1 << 20
    sink = open_sink(gate, bounds=Bounds(held_size=20 * megabyte, linger=0.01))
    for number in range(200):
        sink.put(Ended(a_span(f"s{number}", attributes={"input": "x" * megabyte})))
        here = sink._here
        if number % 10 == 0:
            assert here._pass_mark(_mark(), time.monotonic() + 20).passed.is_set()
        assert len(here._inbox) <= 64
        assert here._outboxes[0]._batcher.size <= 20 * megabyte
    assert sink.lost >= 100
    gate.opened.set()


def test_processors_run_in_the_thread_that_gathers(open_sink: Make) -> None:
    names: queue.Queue[str] = queue.Queue()

    def note(span: Span) -> Span:
        names.put(threading.current_thread().name)
        return span

    sink = open_sink(Exporter(), processors=[note])
    put(sink, ["a"])
    assert sink.flush(20)
    assert "prela-gather" == names.get_nowait()


def test_a_span_that_can_not_be_read_is_counted(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    class Broken:
        def to_span(self) -> Span:
            raise ValueError("no")

    exporter = Exporter()
    sink = open_sink(exporter)
    sink.put(Broken())
    put(sink, ["a"])
    assert not sink.flush(20)
    assert (["a"], 1) == (exporter.ids, sink.lost)
    assert "Broken can't be read: ValueError('no')" in warnings()[0]


def test_tail_sampling_is_a_stage(open_sink: Make) -> None:
    exporter = Exporter()
    sink = open_sink(exporter, tail=keep_errors(ratio=0))
    sink.put(Ended(a_span("a", trace_id="bad", parent_span_id="b"), is_local_root=False))
    sink.put(Ended(a_span("x", trace_id="good"), is_local_root=True))
    sink.put(Ended(a_span("b", trace_id="bad", status=Status.ERROR), is_local_root=True))
    sink.put(Ended(a_span("y", trace_id="open", parent_span_id="z"), is_local_root=False))
    assert sink.flush(20)
    assert ["a", "b"] == exporter.ids
    assert sink.close(20)
    assert 0 == sink.lost


def test_a_flush_gives_up_at_its_time(open_sink: Make) -> None:
    gate = Gate()
    sink = open_sink(gate)
    put(sink, ["a"])
    assert not sink.flush(0.05)
    gate.opened.set()
    assert sink.flush(20)
    assert ["a"] == gate.ids


def test_put_may_interrupt_itself(open_sink: Make) -> None:
    """As a finalizer or a signal handler does that makes spans too."""
    exporter = Exporter()
    sink = open_sink(exporter)
    with sink._here._lock:
        put(sink, ids(10))
    assert sink.flush(20)
    assert ids(10) == exporter.ids


# Over real sockets.


def test_a_server_that_comes_back_gets_all_of_it(
    open_sink: Make, warnings: Callable[[], list[str]]
) -> None:
    with stand_in() as server:
        port = server.port
    exporter = HttpExporter(f"http://127.0.0.1:{port}", attempts=1)
    sink = open_sink(exporter)
    put(sink, ids(50))
    await_that(warnings, "a failure")
    with stand_in(port) as server:
        assert sink.flush(20)
        assert sorted(ids(50)) == sorted(server.ids)
    assert 1 == len(warnings())
    assert "can't be reached" in warnings()[0]


def test_it_waits_as_a_busy_server_asks(open_sink: Make) -> None:
    times = []
    with stand_in() as server:
        server.answers = [(503, {"Retry-After": "1"})] * 2
        exporter = HttpExporter(server.url, attempts=1)

        def timed(spans: Sequence[Span]) -> None:
            times.append(time.monotonic())
            exporter(spans)

        bounds = Bounds(linger=0.01, first_pause=0.01, longest_pause=30)
        sink = open_sink(timed, bounds=bounds)
        put(sink, ["a"])
        assert sink.flush(20)
        exporter.close()
    assert 3 == len(times)
    assert all(later - earlier >= 1.0 for earlier, later in itertools.pairwise(times))


def test_a_server_that_hangs_delays_closing_by_no_more_than_asked(open_sink: Make) -> None:
    with hanging_port() as port:
        sink = open_sink(HttpExporter(f"http://127.0.0.1:{port}", attempts=1, timeout=3))
        put(sink, ids(10))
        began = time.monotonic()
        assert not sink.close(0.3)
        took = time.monotonic() - began
    assert 10 == sink.lost
    assert 0.3 <= took < 2.5  # well before the attempt's own timeout


def test_a_server_that_is_gone_is_not_waited_for_at_the_end(open_sink: Make) -> None:
    with stand_in() as server:
        url = server.url
    exporter = HttpExporter(url, attempts=1)
    sink = open_sink(exporter, bounds=Bounds(first_pause=0.01))
    put(sink, ids(10))
    began = time.monotonic()
    assert not sink.close(60)
    assert time.monotonic() - began < 30
    assert 10 == sink.lost
