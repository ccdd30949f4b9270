"""Cost as it grows: stored spans, connections, spans a request, bytes of attributes.

    python tests/bench/growth.py                                   # about a quarter of an hour
    python tests/bench/growth.py --stored 1000,10000 --spans 2000 --connections 1,8
    python tests/bench/growth.py --only stored --stored 10000,100000,1000000,10000000

A table for each; *beside* is the cost of a span, in CPU of the server, beside the row before. Where
it is far from 1 the curve bends. Each row of all but the first table has a server of its own.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from load import Outcome, get, otlp_posts, send
from process_figures import cpu_seconds, memory_now, peak_memory
from reporting import Report
from run import until_visible
from serving import Running, serving
from traces import COMMON_WORD, RARE_WORD, spans

__all__ = ["main"]

BLOCK = 100_000
CONNECTIONS = 8
SIZE = 100
WARM_UP = 1000
ASKED = 20
MOST_BYTES = 100_000_000
"""How much is sent, and made beforehand, where attributes are large."""
MOST_BODY = 4_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=50_000, help="spans sent for each row")
    parser.add_argument("--stored", type=_numbers, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--connections", type=_numbers, default=[1, 8, 64, 1000])
    parser.add_argument("--sizes", type=_numbers, default=[1, 10, 100, 1000], help="a request")
    parser.add_argument("--kilobytes", type=_numbers, default=[1, 10, 100], help="of attributes")
    parser.add_argument("--only", default="", help="tables whose name holds this")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report = Report("growth", vars(options))
    tables: dict[str, tuple[str, Callable[[], list[dict[str, Any]]]]] = {
        "stored": (
            f"By spans stored: then {options.spans:,} more, 1,000 a request, and questions",
            lambda: by_stored(options.stored, options.spans),
        ),
        "connections": (
            f"By connections: {options.spans:,} spans, {SIZE} a request",
            lambda: by_connections(options.connections, options.spans),
        ),
        "sizes": (
            f"By spans a request: {options.spans:,} spans at most, {CONNECTIONS} connections",
            lambda: by_sizes(options.sizes, options.spans),
        ),
        "kilobytes": (
            f"By attributes: {MOST_BYTES // 1_000_000} MB at most, {CONNECTIONS} connections",
            lambda: by_kilobytes(options.kilobytes, options.spans),
        ),
    }
    for name, (title, take) in tables.items():
        if options.only in name:
            report.show(name, title, beside(take()))
    report.keep(options.json)


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def by_stored(counts: Sequence[int], more: int) -> list[dict[str, Any]]:
    """Fill one server further and further, and at each count insert and ask."""
    rows = []
    newest = time.time_ns() // 1000
    total = 0
    with serving() as running:
        for count in sorted(counts):
            while total < count:
                made = _made(
                    total, min(BLOCK, count - total), newest - (max(counts) - total) * 100_000
                )
                send(running.url, list(otlp_posts(made, 1000)), CONNECTIONS)
                total += len(made)
                _tell(f"{total:,} stored")
            made = _made(total, more, newest)
            row = {"spans stored": count, **_sent(running, made, 1000, CONNECTIONS, total)}
            total += more
            # What was just inserted is still being merged, as it is in life.
            row |= _asked(running, made[len(made) // 2]["trace_id"])
            rows.append({**row, "memory MB": memory_now(running.pid)})
    return rows


def by_connections(numbers: Sequence[int], count: int) -> list[dict[str, Any]]:
    """Send the same over more and more connections."""
    rows = []
    for connections in numbers:
        made = _made(connections, count, time.time_ns() // 1000)
        rows.append({"connections": connections, **_alone(made, SIZE, connections)})
    return rows


def by_sizes(sizes: Sequence[int], count: int) -> list[dict[str, Any]]:
    """Send the same in larger and larger requests."""
    rows = []
    for size in sizes:
        made = _made(size, min(count, size * 5_000), time.time_ns() // 1000)
        rows.append({"spans a request": size, **_alone(made, size, CONNECTIONS)})
    return rows


def by_kilobytes(sizes: Sequence[int], count: int) -> list[dict[str, Any]]:
    """Send fewer and fewer spans whose text is longer and longer."""
    rows = []
    for kilobytes in sizes:
        size = min(SIZE, MOST_BODY // (kilobytes * 1000))
        made = _made(
            kilobytes, min(count, MOST_BYTES // (kilobytes * 1000)), time.time_ns() // 1000
        )
        rng = random.Random(kilobytes)
        for each in made:
            _grow(each, rng, made, kilobytes * 1000)
        found = _alone(made, size, CONNECTIONS)
        rate = found["accepted/s"] * kilobytes / 1000
        rows.append({"KB of attributes": kilobytes, "a request": size, "MB/s": rate, **found})
    return rows


def _grow(
    made: dict[str, Any], rng: random.Random, others: list[dict[str, Any]], size: int
) -> None:
    """Give a span text of so many bytes, put together from what others say."""
    said: list[str] = []
    length = 0
    while length < size:
        said.append(str(list(rng.choice(others)["attributes"].values())[-1])[:2000])
        length += len(said[-1]) + 1
    made["attributes"] = {**made["attributes"], "llm.response": " ".join(said)[:size]}


def _made(seed: int, count: int, newest: int) -> list[dict[str, Any]]:
    return list(spans(7_000_000 + seed, count, newest=newest, step=1_000_000))


def _alone(made: list[dict[str, Any]], size: int, connections: int) -> dict[str, Any]:
    """Send to a server of its own, which is warm."""
    with serving() as running:
        warm_up = _made(99, WARM_UP, time.time_ns() // 1000)
        send(running.url, list(otlp_posts(warm_up, SIZE)), 4)
        row = _sent(running, made, size, connections, WARM_UP)
        return {**row, "most MB": peak_memory(running.pid)}


def _sent(
    running: Running, made: list[dict[str, Any]], size: int, connections: int, before: int
) -> dict[str, Any]:
    requests = list(otlp_posts(made, size))
    cpu, began = cpu_seconds(running.pid), time.perf_counter()
    outcome = send(running.url, requests, connections)
    until_visible(running, before + len(made))
    seconds = time.perf_counter() - began
    cpu = cpu_seconds(running.pid) - cpu
    told = f"{len(made):,} spans, {size:,} a request, {connections:,} connections"
    _tell(f"{told}: {len(made) / seconds:,.0f}/s")
    return {
        "accepted/s": len(made) / outcome.seconds,
        "visible/s": len(made) / seconds,
        "p50 ms": outcome.percentile(0.5),
        "p99 ms": outcome.percentile(0.99),
        "CPU µs/span": cpu / len(made) * 1e6,
        "client's": outcome.cpu / len(made) * 1e6,
    }


def _asked(running: Running, trace_id: str) -> dict[str, Any]:
    paths = {
        "newest 50, ms": "/api/v1/traces?limit={limit}",
        "a trace, ms": f"/api/v1/traces/{trace_id}",
        "common word, ms": f"/api/v1/search?q={COMMON_WORD}&limit={{limit}}",
        "rare word, ms": f"/api/v1/search?q={RARE_WORD}&limit={{limit}}",
    }
    found: dict[str, Outcome] = {
        name: get(running.url, path, ASKED) for name, path in paths.items()
    }
    if any(each.refused for each in found.values()):
        sys.exit("a question was refused")
    return {name: each.percentile(0.5) for name, each in found.items()}


def beside(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add what a span costs beside the row before."""
    before = [None, *(row["CPU µs/span"] for row in rows)]
    return [
        {**row, "beside": row["CPU µs/span"] / last if last else ""}
        for row, last in zip(rows, before, strict=False)
    ]


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
