"""Accepted and visible spans a second, beside the engine's own floor, and query latency.

    python tests/bench/run.py                      # about four minutes
    python tests/bench/run.py --stored 100000 --rounds 1

Everything runs in one go on the same machine, the load included, so that the ratios hold on a
noisy one: read those, not the absolute figures.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import platform
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import clickhouse_connect
from load import Outcome, get, posts, send
from serving import cpu_seconds, serving, until_visible
from traces import COMMON_WORD, RARE_WORD, spans

from prela_core.io.clickhouse_store import _WRITE_SETTINGS, _arrow_stream, open_embedded
from prela_core.store.rows import span_table
from prela_core.wire import Limits, decode_batch

__all__ = ["main"]

FLOOR_BLOCK = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stored", type=int, default=1_000_000, help="spans for the queries")
    parser.add_argument("--spans", type=int, default=100_000, help="spans sent for each batch size")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    options = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}, seeded spans of ~1.1 KB\n")
    print("| what | spans/s | of the floor | p50 ms | p99 ms | CPU µs/span |")
    print("|---|---|---|---|---|---|")
    floors: list[float] = []
    rates: dict[tuple[int, int], list[tuple[float, float, float, float]]] = {}
    for number in range(options.rounds):
        made = list(spans(number, options.spans, newest=time.time_ns() // 1000))
        floors.append(floor(made))
        for size, connections in ((1, 64), (100, 8), (1000, 8)):
            count = options.spans if size > 1 else options.spans // 5
            rates.setdefault((size, connections), []).append(
                ingest(made[:count], size, connections)
            )
    base = statistics.median(floors)
    print(f"| engine alone, Arrow stream, blocks of {FLOOR_BLOCK:,} | {base:,.0f} | 1 | | | |")
    for (size, connections), found in rates.items():
        rate, p50, p99, cpu = (statistics.median(column) for column in zip(*found, strict=True))
        print(
            f"| `serve`, {size:,} a request, {connections} connections | {rate:,.0f} "
            f"| {rate / base:.2f} | {p50:.1f} | {p99:.1f} | {cpu:.0f} |",
            flush=True,
        )
    if options.stored:
        queries(options.stored)


def floor(made: list[dict[str, Any]]) -> float:
    """Insert the spans as Arrow streams made beforehand, by the engine alone."""
    blocks = []
    for start in range(0, len(made), FLOOR_BLOCK):
        body = json.dumps(made[start : start + FLOOR_BLOCK]).encode()
        limits = Limits(body=1 << 30)
        batch = decode_batch(body, received_at=time.time_ns() // 1000, limits=limits)
        blocks.append(_arrow_stream(span_table([batch.batch("bench", time.time_ns() // 1000)])))
    with tempfile.TemporaryDirectory() as folder:
        store = open_embedded(Path(folder))
        client = clickhouse_connect.get_client(dsn=f"chdb://{folder}")
        began = time.perf_counter()
        for block in blocks:
            client.raw_insert(
                "spans", insert_block=block, fmt="ArrowStream", settings=_WRITE_SETTINGS
            )
        seconds = time.perf_counter() - began
        client.close()
        store.close()
    return len(made) / seconds


def ingest(
    made: list[dict[str, Any]], size: int, connections: int
) -> tuple[float, float, float, float]:
    """Send the spans and wait until the last is visible; gives rate, p50, p99 and CPU a span."""
    requests = list(posts(made, size))
    last = made[-1]["trace_id"]
    with serving() as (url, process):
        began = time.perf_counter()
        outcome = send(url, requests, connections)
        until_visible(url, f"/api/v1/traces/{last}")
        seconds = time.perf_counter() - began
        cpu = cpu_seconds(process.pid) / len(made) * 1e6
    return len(made) / seconds, outcome.percentile(0.5), outcome.percentile(0.99), cpu


def queries(stored: int) -> None:
    """Store so many spans, then ask the basic questions, warm and over HTTP."""
    newest = time.time_ns() // 1000
    with serving() as (url, _):
        began = time.perf_counter()
        some: list[str] = []
        for number in range(0, stored, 100_000):
            count = min(100_000, stored - number)
            until = newest - (stored - number - count) * 400_000
            made = list(spans(number + 1000, count, newest=until))
            some += [span["trace_id"] for span in made[:: count // 10]]
            send(url, list(posts(made, 1000)), 4)
        print(f"\n{stored:,} spans stored in {time.perf_counter() - began:.0f} s\n")
        print("| question, over HTTP, warm | p50 ms | p95 ms |\n|---|---|---|")
        for name, path in {
            "newest 50 traces": "/api/v1/traces?limit=50",
            "newest 50 that failed": "/api/v1/traces?limit=50&status=error",
            "newest 50 of one user": "/api/v1/traces?limit=50&user_id=user-77",
            "one trace with its spans": "/api/v1/traces/{trace}",
            "newest 50 with a common word": f"/api/v1/search?q={COMMON_WORD}&limit=50",
            "all with a rare word": f"/api/v1/search?q={RARE_WORD}&limit=50",
        }.items():
            outcomes = [asyncio.run(get(url, path.format(trace=each), 4)) for each in some[-10:]]
            latencies = sorted(each for outcome in outcomes for each in outcome.latencies)
            whole = Outcome(0, latencies, 0)
            print(
                f"| {name} | {whole.percentile(0.5):.0f} | {whole.percentile(0.95):.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
