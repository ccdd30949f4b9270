"""What a span costs the thread that ends it, and what the background sink holds without a server.

    python tests/bench/sink.py                     # about a minute
    python tests/bench/sink.py --spans 20000 --seconds 10

The first table is nanoseconds for each `put`, with exporters that are quick, slow and away, beside
an append to a deque in the same loop; read the ratios on a noisy machine. The second is the
memory of this process while spans come for as long as it says and nobody takes them.
"""

from __future__ import annotations

import argparse
import gc
import logging
import platform
import socket
import statistics
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prela_core.emit.processing import processed
from prela_core.emit.redaction import redact
from prela_core.errors import UnavailableError
from prela_core.io.background_sink import BackgroundSink
from prela_core.io.http_exporter import HttpExporter
from prela_core.model import Span, Status

MOMENT = datetime(2026, 1, 15, 12, tzinfo=UTC)
PUTS_A_ROUND = 1000
"""Few enough that the inbox takes them: a span that is dropped costs less."""


class Ended:
    """A finished span that makes its `Span` when it is asked to, as a tracer's does."""

    def __init__(self, text: str) -> None:
        self.text = text

    def to_span(self) -> Span:
        return Span(
            trace_id="0af7651916cd43dd8448eb211c80319c",
            span_id="b7ad6b7169203331",
            name="chat",
            started_at=MOMENT,
            ended_at=MOMENT,
            status=Status.SUCCESS,
            attributes={"llm.model": "gpt-4o", "llm.prompt": self.text, "llm.input_tokens": 412},
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=50_000, help="spans for each figure")
    parser.add_argument("--seconds", type=float, default=10, help="how long nobody takes spans")
    options = parser.parse_args()
    logging.disable()
    print(f"Python {platform.python_version()}, {platform.machine()}\n")
    print("| put, ns a span | 1 thread | 4 threads |\n|---|---|---|")
    row("append to a deque", lambda: (deque[Any]().append, lambda: None), options.spans)
    row("exporter that is quick", lambda: putting(lambda _: None), options.spans)
    row(
        "exporter that takes 50 ms a batch",
        lambda: putting(lambda _: time.sleep(0.05)),
        options.spans,
    )
    row("exporter whose server is away", lambda: putting(away), options.spans)
    print("\n| redaction, µs of CPU a span, in the background | |\n|---|---|")
    for size in (100, 1000, 10_000, 100_000, 1_000_000):
        print(f"| {size:,} characters of text | {redacting(size):,.0f} |")
    print("\n| server | spans of | put | lost | MB before | MB at most | exit after s |")
    print("|---|---|---|---|---|---|---|")
    memory("away", away, 1_000, options.seconds)
    memory("away", away, 1_000_000, options.seconds)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        memory("hangs", HttpExporter(url, attempts=1), 10_000, options.seconds)


def away(_: Sequence[Span]) -> None:
    raise UnavailableError("it is away", 0)


Put = Callable[[Any], None]


def putting(exporter: Callable[[Sequence[Span]], None]) -> tuple[Put, Callable[[], None]]:
    sink = BackgroundSink([exporter])
    return sink.put, lambda: (sink.close(0.1), None)[1]


def row(name: str, begin: Callable[[], tuple[Put, Callable[[], None]]], spans: int) -> None:
    figures = [cost(begin, spans, threads) for threads in (1, 4)]
    print(f"| {name} | {figures[0]:.0f} | {figures[1]:.0f} |", flush=True)


def cost(begin: Callable[[], tuple[Put, Callable[[], None]]], spans: int, threads: int) -> float:
    """Give the median of nanoseconds of CPU a `put`, in rounds with pauses for the background."""
    put, end = begin()
    found: list[float] = []

    def work() -> None:
        ended = [Ended("x" * 500) for _ in range(PUTS_A_ROUND)]
        for _ in range(max(1, spans // PUTS_A_ROUND // threads)):
            began = time.thread_time_ns()
            for one in ended:
                put(one)
            found.append((time.thread_time_ns() - began) / PUTS_A_ROUND)
            time.sleep(0.05 * threads)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    end()
    return statistics.median(found)


def redacting(size: int) -> float:
    """Give microseconds of CPU a span: a full machine makes others of any clock on the wall."""
    words = "the quick brown fox, 17 years old, asked: what is a token? "
    span = Ended((words * (size // len(words) + 1))[:size]).to_span()
    hide = redact()
    rounds = max(3, min(2000, 2_000_000 // size))
    began = time.thread_time()
    for _ in range(rounds):
        processed(span, [hide], lambda *_: sys.exit("redaction failed"))
    return (time.thread_time() - began) / rounds * 1e6


def memory(
    name: str, exporter: Callable[[Sequence[Span]], None], size: int, seconds: float
) -> None:
    """Put spans of `size` bytes, each with a text of its own, for so many seconds."""
    gc.collect()
    before = most = resident()
    sink = BackgroundSink([exporter])
    until, put = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        sink.put(Ended(f"{put:08}" + "x" * (size - 8)))
        put += 1
        if not put % 100:
            most = max(most, resident())
            time.sleep(0.005)
    lost = sink.lost
    began = time.monotonic()
    sink.close(2.0)
    took = time.monotonic() - began
    print(
        f"| {name} | {size:,} B | {put:,} | {lost:,} | {before:.0f} | {most:.0f} | {took:.2f} |",
        flush=True,
    )


def resident() -> float:
    """Give the memory of this process in MB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


if __name__ == "__main__":
    main()
