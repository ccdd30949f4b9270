"""`readers` fetches traces by id while a writer inserts as fast as it can, merges on."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from designs import Design
from engine import arrow_stream, insert, open_engine
from generator import Generator

from questions import TRACE_BY_ID, questions, some_traces

__all__ = ["readers"]

_READERS = 2
_SPANS, _BLOCK = 300_000, 5_000
_SEED = 99
"""Another one than `load` has, so that the writer adds traces."""
_LONGEST = 25
"""Seconds after which the writer stops in any case."""


def readers(folder: Path, design: Design) -> None:
    """Print the latency of the readers and the rate of the writer; leaves new spans behind."""
    writer = open_engine(folder)
    next_trace = some_traces(writer, design)
    stop = threading.Event()
    latencies: list[float] = []

    def read() -> None:
        trace_by_id = questions(open_engine(folder), design, next_trace)[TRACE_BY_ID]
        while not stop.is_set():
            began = time.time()
            trace_by_id()
            latencies.append(time.time() - began)
            time.sleep(0.005)

    blocks = [arrow_stream(table) for table in Generator(_SPANS, _BLOCK, _SEED)]
    threads = [threading.Thread(target=read) for _ in range(_READERS)]
    for thread in threads:
        thread.start()
    began = time.time()
    written = 0
    for block in blocks:
        insert(writer, design.table, block)
        written += _BLOCK
        if time.time() - began > _LONGEST:
            break
    rate = written / (time.time() - began)
    stop.set()
    for thread in threads:
        thread.join()
    latencies.sort()
    p50, p95 = (latencies[int(len(latencies) * share)] * 1e3 for share in (0.5, 0.95))
    print(
        f"| {design.letter} | trace by id during inserts, {_READERS} readers "
        f"| p50 {p50:.0f} ms, p95 {p95:.0f} ms, max {latencies[-1] * 1e3:.0f} ms, "
        f"{len(latencies)} reads | writer {rate:,.0f} spans/s |"
    )
