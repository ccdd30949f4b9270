from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count

import pytest

from prela_core.emit import DirectSink, Tracer, current_span
from prela_core.emit.samplers import always
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.io.tracing import open_tracer
from prela_core.model import Span, SpanType, Status, to_micros
from prela_core.testing.factories import NOON

Exports = list[list[Span]]


SECOND = 1_000_000_000


@pytest.fixture
def exports() -> Exports:
    return []


@pytest.fixture
def tracer(exports: Exports) -> Tracer:
    """One whose clocks go on by a second each time they are read."""
    ids = count(1)
    return Tracer(
        "shop",
        DirectSink(lambda spans: exports.append(list(spans))),
        now_ns=count(to_micros(NOON) * 1000, SECOND).__next__,
        monotonic_ns=count(0, SECOND).__next__,
        sampler=always,
        trace_id=lambda: "trace",
        span_id=lambda: f"s{next(ids)}",
    )


def parents(spans: Sequence[Span]) -> dict[str, str | None]:
    """Each span's name with its parent's name."""
    names = {span.span_id: span.name for span in spans}
    return {span.name: names.get(span.parent_span_id or "") for span in spans}


def test_a_trace_is_handed_on_in_one_call_when_its_root_ends(
    tracer: Tracer, exports: Exports
) -> None:
    with tracer.span("root", SpanType.AGENT), tracer.span("child"):
        assert exports == []

    [[child, root]] = exports
    assert ("root", None, SpanType.AGENT, "s1") == (
        root.name,
        root.parent_span_id,
        root.span_type,
        root.span_id,
    )
    assert ("child", "s1", "trace", "shop") == (
        child.name,
        child.parent_span_id,
        child.trace_id,
        child.service_name,
    )
    assert (root.status, root.started_at, root.ended_at) == (
        Status.SUCCESS,
        NOON,
        NOON + timedelta(seconds=3),
    )


def test_two_roots_are_two_traces(exports: Exports) -> None:
    tracer = open_tracer("shop", lambda spans: exports.append(list(spans)))
    for name in ("a", "b"):
        with tracer.span(name):
            pass

    assert len({spans[0].trace_id for spans in exports}) == 2
    assert all(len(spans[0].trace_id) == 32 for spans in exports)


def test_attributes_events_and_links_are_kept(tracer: Tracer, exports: Exports) -> None:
    with tracer.span("chat", SpanType.LLM, {"a": 1}, **{"llm.model": "m"}) as span:
        span.set("llm.input_tokens", 7)
        span.event("retry", attempt=2)
        span.link("other", "span")

    [[done]] = exports
    assert done.attributes == {"a": 1, "llm.model": "m", "llm.input_tokens": 7}
    assert [(event.name, event.attributes) for event in done.events] == [("retry", {"attempt": 2})]
    assert [(link.trace_id, link.span_id) for link in done.links] == [("other", "span")]


def test_what_was_set_does_not_change_later(tracer: Tracer, exports: Exports) -> None:
    messages = ["one"]
    with tracer.span("chat") as span:
        span.set("llm.messages", messages)
        messages.append("two")
    span.set("late", 1)

    assert exports[0][0].attributes == {"llm.messages": ["one"]}


def test_an_exception_is_noted_and_goes_on(tracer: Tracer, exports: Exports) -> None:
    with pytest.raises(ValueError, match="no such order"), tracer.span("root"), tracer.span("tool"):
        raise ValueError("no such order")

    for span in exports[0]:
        assert (span.status, span.status_message) == (Status.ERROR, "ValueError: no such order")
        [event] = span.events
        assert event.name == "exception"
        assert event.attributes["exception.type"] == "ValueError"
        assert event.attributes["exception.message"] == "no such order"
        assert "in test_an_exception_is_noted" in event.attributes["exception.stacktrace"]


@pytest.mark.parametrize(("code", "status"), [(0, "success"), (None, "success"), (2, "error")])
def test_a_program_that_ends_well_has_not_failed(
    code: int | None, status: str, tracer: Tracer, exports: Exports
) -> None:
    with pytest.raises(SystemExit), tracer.span("main"):
        sys.exit(code)

    assert Status(status) == exports[0][0].status


def test_an_exception_without_text_or_with_broken_text_is_noted(
    tracer: Tracer, exports: Exports
) -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    for error in (KeyboardInterrupt(), MuteError()):
        with pytest.raises(type(error)), tracer.span("x"):
            raise error

    assert exports[0][0].status_message == "KeyboardInterrupt"
    assert "its text can't be had: RuntimeError" in (exports[1][0].status_message or "")


def test_a_failure_without_exception(tracer: Tracer, exports: Exports) -> None:
    with tracer.span("guard") as span:
        span.fail("refused")

    assert (exports[0][0].status, exports[0][0].status_message) == (Status.ERROR, "refused")


def test_a_generator_closed_early_is_no_failure(tracer: Tracer, exports: Exports) -> None:
    def stream() -> Iterator[int]:
        with tracer.span("stream"):
            yield 1
            yield 2

    for _ in stream():
        break

    assert exports[0][0].status == Status.SUCCESS


def test_a_block_that_ends_in_another_context_breaks_nothing(
    tracer: Tracer, exports: Exports
) -> None:
    span = tracer.span("x")
    contextvars.copy_context().run(span.__enter__)
    span.__exit__(None, None, None)

    assert [one.name for one in exports[0]] == ["x"]


def test_the_current_span_is_the_innermost(tracer: Tracer) -> None:
    assert current_span() is NO_SPAN
    with tracer.span("outer") as outer:
        with tracer.span("inner") as inner:
            assert current_span() is inner
        assert current_span() is outer
    assert current_span() is NO_SPAN


def test_a_span_starts_once(tracer: Tracer) -> None:
    with tracer.span("x") as span, pytest.raises(RuntimeError, match="started before"):
        span.__enter__()


def test_asyncio_tasks_keep_their_parents_apart(tracer: Tracer, exports: Exports) -> None:
    async def work(name: str, both: asyncio.Barrier) -> None:
        with tracer.span(name):
            await both.wait()
            with tracer.span(f"{name}.child"):
                await both.wait()

    async def main() -> None:
        both = asyncio.Barrier(2)
        with tracer.span("root"):
            await asyncio.gather(work("a", both), work("b", both))

    asyncio.run(main())

    assert len(exports) == 1
    assert parents(exports[0]) == {
        "root": None,
        "a": "root",
        "b": "root",
        "a.child": "a",
        "b.child": "b",
    }


def test_a_thread_in_a_copy_of_the_context_is_in_the_span(tracer: Tracer, exports: Exports) -> None:
    def work() -> None:
        with tracer.span("in thread"):
            pass

    with tracer.span("root"):
        thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
        thread.start()
        thread.join()

    assert parents(exports[0]) == {"root": None, "in thread": "root"}


def test_a_span_that_outlives_its_root_is_handed_on_when_it_ends(
    tracer: Tracer, exports: Exports
) -> None:
    async def main() -> None:
        root_ended = asyncio.Event()

        async def late() -> None:
            with tracer.span("late"):
                await root_ended.wait()

        with tracer.span("root"):
            task = asyncio.create_task(late())
            await asyncio.sleep(0)
        root_ended.set()
        await task

    asyncio.run(main())

    assert [[span.name for span in spans] for spans in exports] == [["root"], ["late"]]
    assert exports[1][0].parent_span_id == exports[0][0].span_id


def test_many_threads_lose_no_span(exports: Exports) -> None:
    tracer = open_tracer("shop", lambda spans: exports.append(list(spans)))
    begin = threading.Barrier(9)

    def work() -> None:
        begin.wait()
        for _ in range(200):
            with tracer.span("step"):
                pass

    with tracer.span("root"):
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(work,)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        begin.wait()
    for thread in threads:
        thread.join()

    seen = [span.span_id for spans in exports for span in spans]
    assert len(seen) == len(set(seen)) == 1601


def test_a_second_tracer_joins_the_trace_and_exports_its_own(exports: Exports) -> None:
    mine: Exports = []
    theirs: Exports = []
    with (
        open_tracer("app", lambda spans: mine.append(list(spans))).span("app") as app,
        open_tracer("lib", lambda spans: theirs.append(list(spans))).span("lib"),
    ):
        pass

    assert [span.name for span in mine[0]] == ["app"]
    [[lib]] = theirs
    assert (lib.trace_id, lib.parent_span_id) == (app.trace_id, app.span_id)


def test_an_export_that_raises_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    def export(spans: Sequence[Span]) -> None:
        raise ConnectionError("nobody there")

    tracer = open_tracer("shop", export)
    with caplog.at_level(logging.WARNING, logger="prela"):
        for _ in range(3):
            with tracer.span("x"):
                pass

    [record] = caplog.records
    assert record.getMessage() == (
        "spans were not exported (ConnectionError: nobody there); further failures are not reported"
    )


def test_a_clock_that_is_set_back_gives_no_negative_time(exports: Exports) -> None:
    wall = iter([to_micros(NOON) * 1000, to_micros(NOON - timedelta(hours=1)) * 1000])
    tracer = Tracer(
        "s",
        DirectSink(lambda spans: exports.append(list(spans))),
        now_ns=lambda: next(wall),
        monotonic_ns=count(5 * SECOND, SECOND).__next__,
    )
    with tracer.span("before"):
        pass
    with tracer.span("after"):
        pass

    [[before], [after]] = exports
    assert (NOON, 1000) == (before.started_at, before.duration_ms)
    assert (NOON - timedelta(hours=1), 1000) == (after.started_at, after.duration_ms)


@pytest.mark.parametrize(
    ("word", "kind", "kept"),
    [
        ("LLM", SpanType.LLM, {}),
        ("planner", SpanType.CUSTOM, {"prela.span_type": "planner"}),
    ],
)
def test_types_may_be_words(
    tracer: Tracer, exports: Exports, word: str, kind: SpanType, kept: dict[str, str]
) -> None:
    with tracer.span("x", word):
        pass

    assert (kind, kept) == (exports[0][0].span_type, exports[0][0].attributes)
