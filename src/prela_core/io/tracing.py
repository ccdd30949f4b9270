"""A tracer on this machine's own clock."""

from __future__ import annotations

import time

from prela_core.emit import DirectSink, Exporter, Sampler, Tracer

__all__ = ["open_tracer"]


def open_tracer(
    service_name: str, export: Exporter, *, sampler: Sampler | None = None, at_once: bool = False
) -> Tracer:
    """Give a `prela_core.emit.Tracer` for the spans of one service, without a background.

    `export` takes the spans of each finished trace, in the thread that ends it: `HttpExporter`
    sends them to a server and `JsonlExporter` appends them to a file. With `at_once` it takes
    each span when that ends.
    """
    return Tracer(
        service_name,
        DirectSink(export, at_once=at_once),
        now_ns=time.time_ns,
        monotonic_ns=time.perf_counter_ns,
        sampler=sampler,
    )
