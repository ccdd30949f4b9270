from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Sequence

from prela_core.emit import DirectSink, Exporter, Tracer
from prela_core.emit.decorator import trace
from prela_core.model import Span


def a_tracer(export: Exporter) -> Tracer:
    return Tracer(
        "shop", DirectSink(export), now_ns=time.time_ns, monotonic_ns=time.perf_counter_ns
    )


def test_a_span_that_a_finalizer_ends_during_an_export_is_exported_after_it() -> None:
    left_open: list[Iterator[int]] = []
    seen: list[list[str]] = []
    depth = 0

    def export(spans: Sequence[Span]) -> None:
        nonlocal depth
        assert 0 == depth
        depth += 1
        left_open.clear()  # as the collector may do anywhere
        seen.append([span.name for span in spans])
        depth -= 1

    tracer = a_tracer(export)

    @trace(tracer=tracer)
    def items() -> Iterator[int]:
        yield 1
        yield 2

    left_open.append(items())
    assert 1 == next(left_open[0])
    with tracer.span("a"):
        pass

    assert [["a"], ["items"]] == seen


def test_flushing_while_other_threads_make_traces() -> None:
    tracer = a_tracer(lambda _: None)

    def work() -> None:
        for _ in range(60):
            roots = [tracer.span_below(None, "root").start() for _ in range(50)]
            for root in roots:
                with tracer.span_below(root, "child"):
                    pass
            for root in reversed(roots):
                root.end()

    threads = [threading.Thread(target=work) for _ in range(3)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            assert tracer.sink.flush(1)
    finally:
        sys.setswitchinterval(interval)
        for thread in threads:
            thread.join()
