from __future__ import annotations

import threading
from collections.abc import Iterator
from contextvars import ContextVar

import pytest
from tests.prela_core.emit.conftest import Kept

from prela_core.emit import Entered, Tracer, extract, inject, set_neighbour, trace
from prela_core.io.thread_context import carry_into_threads, leave_threads_alone

TRACE_ID, SPAN_ID = "1" * 32, "2" * 16

_theirs: ContextVar[tuple[str, str, bool] | Entered | None] = ContextVar("theirs", default=None)


class Library:
    """Another tracing library: its current span is what `entered` told of, or one of its own."""

    def entered(self, span: Entered, /) -> object:
        before = _theirs.get()
        _theirs.set(span)
        return (before,)

    def left(self, token: object, /) -> None:
        assert isinstance(token, tuple)
        _theirs.set(token[0])

    def foreign_parent(self) -> tuple[str, str, bool] | None:
        here = _theirs.get()
        return here if isinstance(here, tuple) else None


@pytest.fixture(autouse=True)
def library(tracer: Tracer) -> Iterator[None]:
    set_neighbour(Library())
    yield
    _theirs.set(None)


def current_id() -> str | None:
    here = _theirs.get()
    return None if here is None or isinstance(here, tuple) else here.span_id


def test_the_neighbour_hears_of_each_span(tracer: Tracer) -> None:
    with tracer.span("outer") as outer:
        assert outer.span_id == current_id()
        with tracer.span("inner") as inner:
            assert inner.span_id == current_id()
        assert outer.span_id == current_id()
    assert current_id() is None


def test_its_span_is_the_parent_of_ours(tracer: Tracer, kept: Kept) -> None:
    _theirs.set((TRACE_ID, SPAN_ID, True))
    with tracer.span("ours"):
        with tracer.span("below"):
            pass
        assert f"-{TRACE_ID}-" in inject()["traceparent"]
    assert f"00-{TRACE_ID}-{SPAN_ID}-01" == inject()["traceparent"]

    ours = kept.one("ours")
    assert (TRACE_ID, SPAN_ID) == (ours.trace_id, ours.parent_span_id)
    assert (TRACE_ID, ours.span_id) == (
        kept.one("below").trace_id,
        kept.one("below").parent_span_id,
    )


def test_its_span_between_two_of_ours_is_of_the_same_local_trace(
    tracer: Tracer, kept: Kept
) -> None:
    with tracer.span("outer") as outer:
        before = _theirs.get()
        _theirs.set((outer.trace_id, SPAN_ID, True))
        with tracer.span("inner") as inner:
            assert not inner.is_local_root
        _theirs.set(before)

    assert SPAN_ID == kept.one("inner").parent_span_id


def test_what_it_did_not_sample_we_do_not_record(tracer: Tracer, kept: Kept) -> None:
    _theirs.set((TRACE_ID, SPAN_ID, False))
    with tracer.span("ours"):
        here = _theirs.get()
        assert here is not None
        assert not isinstance(here, tuple)
        assert not here.recording

    assert [] == kept.spans


def test_it_hears_of_a_generator_while_its_body_runs(kept: Kept) -> None:
    @trace
    def numbers() -> Iterator[str | None]:
        for _ in range(2):
            yield current_id()

    items = iter(numbers())
    seen = next(items)
    assert current_id() is None
    assert seen == next(items)
    assert current_id() is None
    list(items)

    assert seen == kept.one("numbers").span_id


def test_it_hears_of_threads_and_of_other_programs(tracer: Tracer) -> None:
    seen = []
    carry_into_threads()
    try:
        with tracer.span("root") as root:
            thread = threading.Thread(target=lambda: seen.append(current_id()))
            thread.start()
            thread.join()
    finally:
        leave_threads_alone()
    assert [root.span_id] == seen

    with extract({"traceparent": f"00-{TRACE_ID}-{SPAN_ID}-01"}):
        assert SPAN_ID == current_id()
    assert current_id() is None


def test_its_faults_break_nothing(tracer: Tracer, kept: Kept) -> None:
    class Broken:
        def entered(self, _span: Entered, /) -> object:
            raise RuntimeError

        def left(self, _token: object, /) -> None:
            raise RuntimeError

        def foreign_parent(self) -> tuple[str, str, bool] | None:
            raise RuntimeError

    set_neighbour(Broken())
    with tracer.span("outer"), tracer.span("inner"):
        pass

    assert {"outer": None, "inner": "outer"} == kept.tree()
