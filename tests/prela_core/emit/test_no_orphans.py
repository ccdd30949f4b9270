"""No span is an orphan: each case is a way for code to run elsewhere, and says the tree it makes.

A case opens the span `root`, and its work opens `work` (or what the case says) within. What every
case must hold besides: one trace, every span once, every parent known, and no current span left.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import inspect
import json
import multiprocessing
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest
from tests.prela_core.emit.conftest import Kept

from prela_core.emit import (
    ActiveSpan,
    DirectSink,
    Tracer,
    context,
    current_span,
    get_tracer,
    in_context,
    set_tracer,
    span,
    trace,
)
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.io.jsonl_exporter import JsonlExporter
from prela_core.io.thread_context import carry_into_threads, leave_threads_alone
from prela_core.io.tracing import open_tracer

Tree = dict[str, str | None]
ROOT_AND_WORK: Tree = {"root": None, "work": "root"}


@pytest.fixture(autouse=True)
def carrying() -> Iterator[None]:
    carry_into_threads()
    yield
    leave_threads_alone()


def work(name: str = "work") -> None:
    with span(name):
        pass


async def work_async(name: str = "work") -> None:
    with span(name):
        await asyncio.sleep(0)
        with span(f"{name}.inner"):
            await asyncio.sleep(0)


@attrs.frozen
class Case:
    run: Callable[[], object]
    tree: Tree


CASES: dict[str, Case] = {}


def case(tree: Tree | None = None) -> Callable[[Callable[[], object]], Callable[[], object]]:
    def add(function: Callable[[], object]) -> Callable[[], object]:
        name = function.__name__.strip("_").replace("_", " ")
        CASES[name] = Case(function, tree or ROOT_AND_WORK)
        return function

    return add


# Threads and executors.


@case()
def _a_thread() -> None:
    with span("root"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()


@case()
def _a_thread_class_with_its_own_run() -> None:
    class Worker(threading.Thread):
        def run(self) -> None:
            work()

    with span("root"):
        thread = Worker()
        thread.start()
        thread.join()


@case()
def _a_timer_that_fires_after_the_root_has_ended() -> None:
    with span("root"):
        timer = threading.Timer(0.01, work)
        timer.start()
    timer.join()


@case()
def _a_thread_in_a_wrapped_function() -> None:
    leave_threads_alone()
    try:
        with span("root"):
            thread = threading.Thread(target=in_context(work))
            thread.start()
            thread.join()
    finally:
        carry_into_threads()


@case({"root": None, "thread": "root", "work": "thread"})
def _a_thread_of_a_thread() -> None:
    def outer() -> None:
        with span("thread"):
            inner = threading.Thread(target=work)
            inner.start()
            inner.join()

    with span("root"):
        thread = threading.Thread(target=outer)
        thread.start()
        thread.join()


@case({"root": None, **{str(n): "root" for n in range(20)}})
def _a_thread_pool() -> None:
    with ThreadPoolExecutor(4) as pool, span("root"):
        for future in [pool.submit(work, str(n)) for n in range(20)]:
            future.result()


@case({"root": None, **{str(n): "root" for n in range(20)}})
def _a_thread_pool_that_maps() -> None:
    with ThreadPoolExecutor(4) as pool, span("root"):
        list(pool.map(work, map(str, range(20))))


@case({"root": None, **{str(n): "root" for n in range(4)}})
def _a_wrapped_function_that_runs_in_many_threads_at_once() -> None:
    at_once = threading.Barrier(4)

    def meet(name: str) -> None:
        at_once.wait(10)
        work(name)

    leave_threads_alone()
    try:
        with ThreadPoolExecutor(4) as pool, span("root"):
            list(pool.map(in_context(meet), map(str, range(4))))
    finally:
        carry_into_threads()


@case({"root": None, "outer": "root", "work": "outer"})
def _nested_executors() -> None:
    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second, span("root"):

        def outer() -> None:
            with span("outer"):
                second.submit(work).result()

        first.submit(outer).result()


@case({"root": None, "work": "root", "done": "root"})
def _a_callback_of_a_future() -> None:
    with ThreadPoolExecutor(1) as pool, span("root"):
        future = pool.submit(work)
        future.add_done_callback(in_context(lambda _: work("done")))
        concurrent.futures.wait([future])


# Asyncio.


@case({"root": None, "work": "root", "work.inner": "work"})
async def _an_awaited_coroutine() -> None:
    with span("root"):
        await work_async()


@case(
    {"root": None, "a": "root", "b": "root", "a.inner": "a", "b.inner": "b"},
)
async def _gather() -> None:
    with span("root"):
        await asyncio.gather(work_async("a"), work_async("b"))


@case({"root": None, "a": "root", "b": "root", "a.inner": "a", "b.inner": "b"})
async def _a_task_group() -> None:
    with span("root"):
        async with asyncio.TaskGroup() as group:
            group.create_task(work_async("a"))
            group.create_task(work_async("b"))


@case({"root": None, "bad": "root", "good": "root"})
async def _a_task_group_that_fails_with_an_exception_group() -> None:
    async def bad() -> None:
        with span("bad"):
            raise ValueError("no")

    async def good() -> None:
        with span("good"):
            await asyncio.Event().wait()

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(good())
            group.create_task(bad())

    with pytest.raises(ExceptionGroup), span("root"):
        await both()


@case({"root": None, "work": "root", "work.inner": "work"})
async def _a_task_that_outlives_the_root() -> None:
    with span("root"):
        task = asyncio.create_task(work_async())
    await task


@case({"root": None, "soon": "root", "later": "root", "done": "root"})
async def _callbacks_of_the_loop() -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    with span("root"):
        loop.call_soon(work, "soon")
        loop.call_later(0.001, lambda: (work("later"), future.set_result(None)))
        future = loop.create_future()
        future.add_done_callback(lambda _: (work("done"), done.set()))
    await done.wait()


@case()
async def _a_callback_from_another_thread() -> None:
    loop = asyncio.get_running_loop()
    done = asyncio.Event()
    with span("root"):
        thread = threading.Thread(
            target=lambda: loop.call_soon_threadsafe(lambda: (work(), done.set()))
        )
        thread.start()
        await done.wait()
    thread.join()


@case()
async def _to_thread() -> None:
    with span("root"):
        await asyncio.to_thread(work)


@case()
async def _run_in_executor() -> None:
    with span("root"):
        await asyncio.get_running_loop().run_in_executor(None, work)


@case({"root": None, "work": "root", "work.inner": "work"})
async def _a_coroutine_sent_to_a_loop_of_another_thread() -> None:
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    try:
        with span("root"):
            future = asyncio.run_coroutine_threadsafe(work_async(), other)
            await asyncio.wrap_future(future)
    finally:
        other.call_soon_threadsafe(other.stop)
        thread.join()
        other.close()


@case({"root": None, "work": "root", "work.inner": "work"})
def _a_context_that_is_copied_into_another_loop() -> None:
    with span("root"):
        copied = contextvars.copy_context()
    with asyncio.Runner() as runner:
        runner.run(work_async(), context=copied)


@case({"root": None, "handed over": "root", "child": "handed over", "after": "root"})
async def _a_span_that_starts_in_one_task_and_ends_in_another() -> None:
    async def begin() -> ActiveSpan:
        return span("handed over").start()

    async def go_on(handed: ActiveSpan) -> None:
        with span("child"):
            pass
        handed.end()

    async def both() -> None:
        handed = await begin()
        await asyncio.create_task(go_on(handed))

    with span("root"):
        await asyncio.create_task(both())
        work("after")


# Generators.


@trace
def numbers() -> Iterator[int]:
    for n in range(3):
        with span(f"body {n}"):
            yield n


@trace
async def numbers_async() -> AsyncIterator[int]:
    for n in range(3):
        with span(f"body {n}"):
            await asyncio.sleep(0)
            yield n


BODIES: Tree = {f"body {n}": "numbers" for n in range(3)}
CONSUMED: Tree = {f"consumer {n}": "root" for n in range(3)}


@case({"root": None, "numbers": "root", **BODIES, **CONSUMED})
def _a_generator_and_its_consumer() -> None:
    with span("root"):
        for n in numbers():
            work(f"consumer {n}")


@case({"root": None, "numbers_async": "root"} | dict.fromkeys(BODIES, "numbers_async") | CONSUMED)
async def _an_async_generator_and_its_consumer() -> None:
    with span("root"):
        async for n in numbers_async():
            work(f"consumer {n}")


@case({"root": None, "numbers": "root", "body 0": "numbers", "after": "root"})
def _a_generator_that_is_abandoned() -> None:
    with span("root"):
        for _ in numbers():
            break
        gc.collect()
        work("after")


@case({"root": None, "numbers_async": "root", "body 0": "numbers_async", "after": "root"})
async def _an_async_generator_that_is_closed_early_by_the_loop() -> None:
    with span("root"):
        async for _ in numbers_async():
            break
        gc.collect()
        work("after")
        await asyncio.sleep(0.001)


@case({"root": None, "numbers_async": "root", "body 0": "numbers_async"})
def _an_async_generator_that_is_open_when_the_loop_ends() -> None:
    held = []

    async def main() -> None:
        with span("root"):
            items = aiter(numbers_async())
            held.append(items)
            await anext(items)

    asyncio.run(main())


@case({"root": None, "numbers_async": "root"} | dict.fromkeys(BODIES, "numbers_async"))
async def _an_async_generator_whose_items_are_taken_in_different_tasks() -> None:
    with span("root"):
        items = aiter(numbers_async())
        for _ in range(4):
            await asyncio.create_task(_take(items))


async def _take(items: AsyncIterator[int]) -> int | None:
    return await anext(items, None)


@case({"root": None, "numbers": "root", **BODIES})
def _a_generator_whose_items_are_taken_in_different_threads() -> None:
    with ThreadPoolExecutor(2) as pool, span("root"):
        items = iter(numbers())
        for _ in range(4):
            pool.submit(next, items, None).result()


@case({"root": None, "outer": "root", "numbers": "outer", **BODIES, "between": "root"})
def _a_generator_within_a_generator() -> None:
    @trace
    def outer() -> Iterator[int]:
        yield from numbers()

    with span("root"):
        items = outer()
        next(items)
        work("between")
        list(items)


@case({"root": None, "numbers": "root", "body 0": "numbers"})
def _a_generator_that_is_thrown_into() -> None:
    with span("root"):
        items = numbers()
        next(items)
        with pytest.raises(KeyError):
            items.throw(KeyError("no"))


# Blocks that do not nest.


@case({"root": None, "first": "root", "second": "first", "after": "root"})
def _spans_that_end_in_the_order_they_started() -> None:
    with span("root"):
        first = span("first").start()
        second = span("second").start()
        first.end()
        second.end()
        work("after")


@case({"root": None, "ahead": "root"})
def _a_span_that_is_made_ahead_and_started_in_another_context() -> None:
    with span("root"):
        made = span("ahead")
        contextvars.Context().run(lambda: made.start().end())


@pytest.mark.usefixtures("tracer")
@pytest.mark.parametrize("name", CASES)
def test_no_orphans(name: str, kept: Kept) -> None:
    each = CASES[name]
    if inspect.iscoroutinefunction(each.run):
        asyncio.run(each.run())
    else:
        each.run()

    spans = kept.spans
    assert each.tree == kept.tree()
    assert 1 == len({span.trace_id for span in spans})
    assert len(spans) == len({span.span_id for span in spans})
    assert current_span() is NO_SPAN


def test_the_table_is_not_empty() -> None:
    assert len(CASES) >= 30


# What the table can't hold: other processes, and what must not be carried.


def test_a_pool_thread_does_not_keep_the_span_that_started_it(tracer: Tracer, kept: Kept) -> None:
    with ThreadPoolExecutor(1) as pool:
        with span("root"):
            pool.submit(work, "within").result()
        pool.submit(work, "alone").result()

    assert {"root": None, "within": "root", "alone": None} == kept.tree()


def test_arguments_may_have_any_name(tracer: Tracer) -> None:
    def names(**given: int) -> set[str]:
        return set(given)

    with ThreadPoolExecutor(1) as pool, span("root"):
        given = {"self": 1, "function": 2, "fn": 3, "args": 4}
        assert set(given) == pool.submit(names, **given).result()
        assert set(given) == in_context(names)(**given) == trace(names)(**given)


def test_a_callable_object_may_have_attributes_of_any_name(tracer: Tracer) -> None:
    class Agent:
        def __init__(self) -> None:
            self._context, self._headers, self._function = "mine", "mine", "mine"

        def __call__(self) -> str:
            return self._context

    assert "mine" == in_context(Agent())()


def test_a_thread_started_outside_of_all_spans_is_left_as_it_is(tracer: Tracer) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert "run" not in vars(thread)


def test_carrying_goes_on_and_off_any_number_of_times() -> None:
    leave_threads_alone()
    before = threading.Thread.start, ThreadPoolExecutor.submit
    for _ in range(2):
        carry_into_threads()
    assert before != (threading.Thread.start, ThreadPoolExecutor.submit)
    for _ in range(2):
        leave_threads_alone()

    assert before == (threading.Thread.start, ThreadPoolExecutor.submit)


def test_a_patch_on_top_of_ours_stays(
    tracer: Tracer, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = threading.Thread.start

    def start(self: threading.Thread) -> None:
        ours(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    theirs = threading.Thread.start
    leave_threads_alone()
    assert theirs is threading.Thread.start

    with span("root"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert {"root": None, "work": None} == kept.tree()

    monkeypatch.undo()
    leave_threads_alone()
    assert ours is not threading.Thread.start


def test_a_thread_that_cannot_start_is_left_as_it_was(tracer: Tracer) -> None:
    with span("root"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="once"):
            thread.start()

    assert "run" not in vars(thread)


def _in_a_process(path: Path, name: str) -> str | None:
    """Run in another process, which sets up its own tracer."""
    if get_tracer() is None:
        set_tracer(open_tracer("child", JsonlExporter(path)))
    work(name)
    return current_span().span_id or None


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_process_pool(method: str, tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    pool = ProcessPoolExecutor(1, multiprocessing.get_context(method))
    with pool:
        # The process is there before the span is, so that nothing comes by the fork.
        pool.submit(int).result()
        set_tracer(open_tracer("parent", JsonlExporter(path)))
        try:
            with span("root") as root, context(session="s-1"):
                pool.submit(in_context(_in_a_process), path, "work").result()
        finally:
            set_tracer(None)

    spans = {one["name"]: one for one in map(json.loads, path.read_bytes().splitlines())}
    assert {"root", "work"} == set(spans)
    assert root.span_id == spans["work"]["parent_span_id"]
    assert root.trace_id == spans["work"]["trace_id"]
    assert {"session.id": "s-1"} == spans["work"]["attributes"]


def test_a_forked_process_exports_its_spans_itself(tmp_path: Path) -> None:
    path = tmp_path / "spans.jsonl"
    set_tracer(Tracer("shop", DirectSink(JsonlExporter(path)), now_ns=int, monotonic_ns=int))
    try:
        with span("root") as root:
            process = multiprocessing.get_context("fork").Process(target=work)
            process.start()
            process.join()
            [child] = map(json.loads, path.read_bytes().splitlines())
    finally:
        set_tracer(None)

    assert ("work", root.span_id) == (child["name"], child["parent_span_id"])
