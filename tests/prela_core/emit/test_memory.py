"""What has ended is let go of."""

from __future__ import annotations

import contextvars
import gc

from tests.prela_core.emit.conftest import Kept

from prela_core.emit import ActiveSpan, Tracer, span, trace
from prela_core.emit.place import LocalTrace


def alive(kind: type) -> int:
    gc.collect()
    return sum(isinstance(each, kind) for each in gc.get_objects())


def test_a_chain_of_callbacks_keeps_none_of_its_spans(tracer: Tracer, kept: Kept) -> None:
    """Each runs in the context of the one before, as a callback that asks for the next does."""
    before = alive(ActiveSpan)

    def callback() -> contextvars.Context:
        with tracer.span("link"):
            return contextvars.copy_context()

    here = contextvars.copy_context()
    for _ in range(200):
        here = here.run(callback)
    assert 200 == len(kept.spans)
    kept.finished.clear()

    assert alive(ActiveSpan) - before <= 2


def test_spans_need_no_collector(tracer: Tracer, kept: Kept) -> None:
    @trace
    def numbers() -> object:
        yield from range(3)

    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(each, (ActiveSpan, LocalTrace)) for each in gc.get_objects())
        for _ in range(50):
            with span("root"), span("child"):
                list(numbers())  # type: ignore[call-overload]
        kept.finished.clear()
        after = sum(isinstance(each, (ActiveSpan, LocalTrace)) for each in gc.get_objects())
    finally:
        gc.enable()

    assert before == after
