"""One long trace: on a terminal's first screen, and streamed by a server.

    python tests/bench/long_trace.py
    python tests/bench/long_trace.py --spans 20000 --spans 100000 --spans 300000
    python tests/bench/long_trace.py --spans 20000 --runs 1    # a first look

`prela show` draws each trace from the embedded store and from a server that holds it. A server,
started anew for each trace, then answers with all of it three times; memory is its peak while it
answers beyond what it held before the first of them.
"""

from __future__ import annotations

import argparse
import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from process_figures import cpu_seconds, forget_peak, memory_now, peak_memory
from reporting import Report
from serving import Running, serving
from traces import spans

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.data_directory import DataDirectory
from prela_core.wire import Limits, decode_batch

_BLOCK = 10_000
_PARENTS = 200
"""A span's parent is one of so many before it, which makes a tree deeper than a screen."""
_SCREEN = 50
_STEP_MICROS = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, action="append", help="of the trace; 20,000, 100,000")
    parser.add_argument("--runs", type=int, default=5, help="of `prela show`")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    counts = options.spans or [20_000, 100_000]
    report = Report("long_trace", vars(options))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        data = Path(place)
        fill(data, counts)
        title = f"`prela show` of a trace, CPU, medians of {options.runs}"
        report.show("show", title, list(shown(data, counts, options.runs)))
        title = "One trace as a stream over HTTP, three times"
        report.show("stream", title, [row for count in counts for row in streamed(data, count)])
    report.keep(options.json)


def fill(data: Path, counts: list[int]) -> None:
    """Store a trace of each size."""
    now = time.time_ns() // 1000
    with DataDirectory(data, command="bench").acquire() as held:
        store = open_embedded(held.store_path)
        for count in counts:
            for block in blocks(count, now):
                body = msgspec.json.encode({"spans": block})
                decoded = decode_batch(body, received_at=now, limits=Limits(body=10**9))
                store.insert([decoded.batch("default", now)])
        store.close()


def blocks(count: int, newest: int) -> Iterator[list[dict[str, Any]]]:
    """Make the spans of one trace."""
    rng = random.Random(count)
    before: list[str] = []
    block: list[dict[str, Any]] = []
    for span in spans(count, count, newest=newest, step=_STEP_MICROS):
        parent = rng.choice(before[-_PARENTS:]) if before else None
        block.append(span | {"trace_id": trace_id(count), "parent_span_id": parent})
        before.append(span["span_id"])
        if len(block) == _BLOCK:
            yield block
            block = []
    if block:
        yield block


def trace_id(count: int) -> str:
    return f"{count:032x}"


def shown(data: Path, counts: list[int], runs: int) -> Iterator[dict[str, Any]]:
    """Draw each trace by the command line, without and with a server."""
    for count in counts:
        yield {"spans": count, "from": "the data directory"} | drawn(data, count, runs)
    with serving(data):
        for count in counts:
            yield {"spans": count, "from": "a server: the client alone"} | drawn(data, count, runs)


def drawn(data: Path, count: int, runs: int) -> dict[str, Any]:
    taken = [show_once(data, count) for _ in range(runs)]
    return {
        "first screen, CPU s": statistics.median(first for first, _ in taken),
        "all, CPU s": statistics.median(whole for _, whole in taken),
    }


def show_once(data: Path, count: int) -> tuple[float, float]:
    """Give the CPU seconds until the first screen stands, and until the end."""
    words = [sys.executable, "-m", "prela_cli", "show", trace_id(count), "--data-dir", str(data)]
    used = os.times()
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for _ in range(_SCREEN):
        process.stdout.readline()
    first = cpu_seconds(process.pid)
    while process.stdout.read(1 << 20):
        pass
    if process.wait():
        sys.exit("prela show failed")
    now = os.times()
    whole = now.children_user + now.children_system - used.children_user - used.children_system
    return first, whole


def streamed(data: Path, count: int) -> Iterator[dict[str, Any]]:
    """Ask a server for all of a trace, three times."""
    with serving(data) as server:
        answer(server, f"/api/v1/traces/{trace_id(0)}")  # loads what any first question loads
        before = memory_now(server.pid)
        for number in range(1, 4):
            forget_peak(server.pid)
            used = cpu_seconds(server.pid)
            first, size = answer(server, f"/api/v1/traces/{trace_id(count)}")
            yield {
                "spans": count,
                "time": number,
                "answer MB": size / 1e6,
                "first byte s": first,
                "CPU s": cpu_seconds(server.pid) - used,
                "memory before MB": before,
                "peak above MB": peak_memory(server.pid) - before,
            }


def answer(server: Running, path: str) -> tuple[float, int]:
    """Give the seconds until the first byte of an answer, and its size."""
    place = urlsplit(server.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port)
    began = time.perf_counter()
    connection.request("GET", path)
    response = connection.getresponse()
    size = len(response.read(1))
    first = time.perf_counter() - began
    while piece := response.read(1 << 16):
        size += len(piece)
    connection.close()
    return first, size


if __name__ == "__main__":
    main()
