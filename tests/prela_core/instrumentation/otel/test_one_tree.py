"""Spans of both kinds in one tree, however a program runs."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry import context as otel_context
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from tests.prela_core.instrumentation.conftest import Kept

from prela_core.emit import Tracer, current_span
from prela_core.emit import trace as traced
from prela_core.emit.samplers import ratio
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.instrumentation import bridge


@pytest.fixture
def library(
    tracer: Tracer, provider: TracerProvider, caplog: pytest.LogCaptureFixture
) -> Iterator[otel.Tracer]:
    """A tracer of OpenTelemetry's beside ours. Whatever a test does, nothing may be logged."""
    with bridge(provider), caplog.at_level(logging.DEBUG):
        yield provider.get_tracer("library")
    assert [] == caplog.records
    assert not otel.get_current_span().get_span_context().is_valid


def test_each_kind_is_a_child_of_the_other(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    with tracer.span("a"), library.start_as_current_span("b"), tracer.span("c"):
        with library.start_as_current_span("d"):
            pass
        with tracer.span("e"):
            pass

    assert {"a": None, "b": "a", "c": "b", "d": "c", "e": "c"} == kept.parents
    assert 1 == len({span.trace_id for span in kept.spans})


def test_theirs_may_be_the_root(tracer: Tracer, library: otel.Tracer, kept: Kept) -> None:
    with library.start_as_current_span("a"):
        with tracer.span("b"), tracer.span("c"):
            pass
        with library.start_as_current_span("d"):
            pass

    assert {"a": None, "b": "a", "c": "b", "d": "a"} == kept.parents
    assert 1 == len({span.trace_id for span in kept.spans})


def test_siblings_after_a_block_are_no_children_of_it(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    with tracer.span("a"):
        pass
    with library.start_as_current_span("b"):
        pass
    with tracer.span("c"):
        pass

    assert {"a": None, "b": None, "c": None} == kept.parents
    assert 3 == len({span.trace_id for span in kept.spans})


def test_tasks_keep_apart(tracer: Tracer, library: otel.Tracer, kept: Kept) -> None:
    async def work(name: str, both: asyncio.Barrier) -> None:
        with library.start_as_current_span(name):
            await both.wait()
            with tracer.span(f"{name}.ours"):
                await both.wait()
                with library.start_as_current_span(f"{name}.theirs"):
                    await both.wait()

    async def main() -> None:
        both = asyncio.Barrier(2)
        with tracer.span("root"):
            await asyncio.gather(work("a", both), work("b", both))

    asyncio.run(main())
    assert {
        "root": None,
        "a": "root",
        "b": "root",
        "a.ours": "a",
        "b.ours": "b",
        "a.theirs": "a.ours",
        "b.theirs": "b.ours",
    } == kept.parents


def test_a_thread_in_a_copy_of_the_context(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    def work() -> None:
        with library.start_as_current_span("theirs"), tracer.span("ours"):
            pass

    with tracer.span("root"), ThreadPoolExecutor(1) as pool:
        pool.submit(contextvars.copy_context().run, work).result()

    assert {"root": None, "theirs": "root", "ours": "theirs"} == kept.parents


def test_a_thread_with_opentelemetrys_context_alone(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    """What its instrumentor of threads carries over."""

    def work(carried: otel_context.Context) -> None:
        token = otel_context.attach(carried)
        try:
            with tracer.span("ours"):
                pass
            with library.start_as_current_span("theirs"):
                pass
        finally:
            otel_context.detach(token)

    def in_a_bare_context(carried: otel_context.Context) -> None:
        contextvars.Context().run(work, carried)

    with tracer.span("root"), ThreadPoolExecutor(1) as pool:
        pool.submit(in_a_bare_context, otel_context.get_current()).result()

    assert {"root": None, "ours": "root", "theirs": "root"} == kept.parents


def test_a_generator_that_is_left_early(tracer: Tracer, library: otel.Tracer, kept: Kept) -> None:
    def numbers() -> Iterator[int]:
        with tracer.span("stream"), library.start_as_current_span("inner"):
            yield 1
            yield 2

    with tracer.span("root"):
        stream = numbers()
        next(stream)
        stream.close()
        with library.start_as_current_span("after"):
            pass

    assert {"root": None, "stream": "root", "inner": "stream", "after": "root"} == kept.parents


def test_a_traced_generator_is_current_while_it_runs_and_no_longer(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    @traced
    def numbers() -> Iterator[int]:
        for number in range(2):
            with library.start_as_current_span(f"made {number}"):
                pass
            yield number

    @traced
    async def letters() -> AsyncIterator[str]:
        with library.start_as_current_span("letter"):
            pass
        yield "a"

    async def read() -> None:
        async for letter in letters():
            with library.start_as_current_span(f"read {letter}"):
                pass

    with tracer.span("root"):
        for number in numbers():
            with library.start_as_current_span(f"read {number}"):
                pass
        asyncio.run(read())

    found = {name.rpartition(".")[2]: parent for name, parent in kept.parents.items()}
    parents = {name: (parent or "").rpartition(".")[2] for name, parent in found.items()}
    assert {
        "root": "",
        "numbers": "root",
        "made 0": "numbers",
        "read 0": "root",
        "made 1": "numbers",
        "read 1": "root",
        "letters": "root",
        "letter": "letters",
        "read a": "root",
    } == parents


def test_an_async_generator_that_the_loop_closes(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    async def numbers() -> AsyncIterator[int]:
        with tracer.span("stream"):
            yield 1
            yield 2

    async def main() -> None:
        async for _ in numbers():
            break

    asyncio.run(main())
    assert {"stream": None} == kept.parents


def test_a_block_that_ends_in_another_context(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    span = tracer.span("a")
    contextvars.copy_context().run(span.start)
    with library.start_as_current_span("b"):
        span.end()
        with tracer.span("c"):
            pass

    assert {"a": None, "b": None, "c": "b"} == kept.parents


def test_blocks_that_end_in_the_order_of_their_starts(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    first, second = tracer.span("first").start(), tracer.span("second").start()
    first.end()
    with library.start_as_current_span("within"):
        pass
    second.end()
    with library.start_as_current_span("after"):
        pass

    assert {"first": None, "second": "first", "within": "second", "after": None} == kept.parents


def test_baggage_that_is_detached_late_brings_no_ended_span_back(
    tracer: Tracer, library: otel.Tracer, kept: Kept
) -> None:
    with tracer.span("a"):
        token = otel_context.attach(otel_context.set_value("k", "v"))
    otel_context.detach(token)
    try:
        with tracer.span("b"):
            pass
    finally:
        otel_context.attach(otel_context.Context())

    assert {"a": None, "b": None} == kept.parents


def test_what_we_do_not_sample_they_do_not_either(
    kept: Kept, library: otel.Tracer, tracer: Tracer
) -> None:
    quiet = Tracer(
        "quiet", kept, now_ns=tracer.now_ns, monotonic_ns=tracer.monotonic_ns, sampler=ratio(0.0)
    )
    with quiet.span("a"), quiet.span("b"), library.start_as_current_span("c"), quiet.span("d"):
        pass

    assert [] == kept.spans


def test_a_trace_of_another_naming_stays_ours(
    kept: Kept, library: otel.Tracer, tracer: Tracer
) -> None:
    named = Tracer(
        "named",
        kept,
        now_ns=tracer.now_ns,
        monotonic_ns=tracer.monotonic_ns,
        trace_id=lambda: "order-7",
    )
    with library.start_as_current_span("outer"):
        pass
    with named.span("a"), named.span("b"), library.start_as_current_span("c"):
        pass

    assert {"outer": None, "a": None, "b": "a", "c": None} == kept.parents


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=12))
def test_any_order_of_starts_and_ends_ends_outside_of_all(
    steps: list[tuple[bool, int]],
) -> None:
    """Ours end in any order, theirs within; in the end nothing is current and all are put."""
    kept = Kept()
    tracer = Tracer("shop", kept, now_ns=lambda: 1, monotonic_ns=lambda: 1)
    provider = TracerProvider(shutdown_on_exit=False)
    library = provider.get_tracer("library")

    def run() -> None:
        open_spans = []
        for number, (starts, which) in enumerate(steps):
            if starts or not open_spans:
                open_spans.append(tracer.span(str(number)).start())
            else:
                open_spans.pop(which % len(open_spans)).end()
            with library.start_as_current_span(f"their {number}") as theirs:
                innermost = current_span()
                expected = None if innermost is NO_SPAN else innermost.span_id
                parent = theirs.parent  # type: ignore[attr-defined] # of the SDK's spans
                assert expected == (None if parent is None else f"{parent.span_id:016x}")
        while open_spans:
            open_spans.pop(0).end()
        assert current_span() is NO_SPAN
        assert not otel.get_current_span().get_span_context().is_valid

    with bridge(provider):
        contextvars.copy_context().run(run)
