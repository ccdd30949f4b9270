"""Accepted and visible spans a second, beside the engine's own floor, and query latency.

    python tests/bench/run.py                      # about four minutes
    python tests/bench/run.py --stored 100000 --spans 20000 --rounds 1

Everything runs in one go on the same machine, the load included, so that the ratios hold on a
noisy one: read those, not the absolute figures.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
from floor import BLOCK, floor
from load import Outcome, get, otlp_posts, posts, send
from process_figures import cpu_seconds, memory_now, peak_memory
from reporting import Report
from rested import disk_a_span
from serving import Running, serving, visible_spans
from traces import COMMON_WORD, RARE_WORD, spans

__all__ = ["main"]

Posts = Callable[[Sequence[dict[str, Any]], int], Iterator[bytes]]

FORMS: dict[str, Posts] = {"OTLP": otlp_posts, "JSON": posts}
LOADS = [("OTLP", 1, 64), ("OTLP", 100, 8), ("OTLP", 1000, 8), ("JSON", 1000, 8)]
"""Form, spans a request, connections. One span a request is sent a fifth of the spans."""
WARM_UP = 1000
VISIBLE_SECONDS = 120


@attrs.frozen
class Figures:
    """Of one load; rates in spans/s, times in ms, CPU in us a span, memory in MB."""

    accepted: float
    visible: float
    p50: float
    p99: float
    cpu: float
    client_cpu: float
    paced_p99: float
    start: float
    idle: float
    peak: float
    disk: float
    disk_share: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--stored", type=int, default=1_000_000, help="spans for the queries")
    parser.add_argument("--spans", type=int, default=100_000, help="spans sent for each batch size")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report = Report("run", vars(options))
    ingests(report, options.spans, options.rounds)
    if options.stored:
        report.show("questions", f"{options.stored:,} spans stored", queries(options.stored))
    report.keep(options.json)


def ingests(report: Report, count: int, rounds: int) -> None:
    """Let the floor and each load take turns, and show medians."""
    floors: list[dict[str, float]] = []
    taken: dict[tuple[str, int, int], list[Figures]] = {}
    for number in range(rounds):
        newest = time.time_ns() // 1000
        floors.append(floor(count, number, newest))
        _tell(f"engine alone: {floors[-1]['rate']:,.0f} spans/s")
        made = list(spans(number, count * 3 // 2, newest=newest))
        for form, size, connections in LOADS:
            sent = made if size > 1 else made[: len(made) // 5]
            found = ingest(form, sent, size, connections)
            taken.setdefault((form, size, connections), []).append(found)
            _tell(f"{form}, {size:,} a request: {found.visible:,.0f} spans/s")
    base = {name: statistics.median(each[name] for each in floors) for name in floors[0]}
    rows: list[dict[str, Any]] = [
        {
            "what": f"engine alone, Arrow stream, blocks of {BLOCK:,}",
            "visible/s": round(base["rate"]),
            "of the floor": 1,
            "CPU µs/span": base["cpu"],
        }
    ]
    weights = []
    for (form, size, connections), found in taken.items():
        of = {
            field.name: statistics.median(getattr(each, field.name) for each in found)
            for field in attrs.fields(Figures)
        }
        what = f"`serve`, {form}, {size:,} a request, {connections} connections"
        rows.append(
            {
                "what": what,
                "accepted/s": round(of["accepted"]),
                "visible/s": round(of["visible"]),
                "of the floor": of["visible"] / base["rate"],
                "p50 ms": of["p50"],
                "p99 ms": of["p99"],
                "p99 ms at half the rate": of["paced_p99"],
                "CPU µs/span": of["cpu"],
                "client's": of["client_cpu"],
            }
        )
        weights.append(
            {
                "what": what,
                "ready after ms": round(of["start"]),
                "idle MB": round(of["idle"]),
                "most MB": round(of["peak"]),
                "disk bytes/span": round(of["disk"]),
                "of its JSON": of["disk_share"],
            }
        )
    report.show("ingest", f"Medians of {rounds}", rows)
    report.show("weights", f"Medians of {rounds}", weights)


def ingest(form: str, made: list[dict[str, Any]], size: int, connections: int) -> Figures:
    """Send two thirds of the spans until all are visible, and the others at half the rate."""
    json_bytes = sum(map(len, posts(made, len(made)))) / len(made)
    made, others = made[: len(made) * 2 // 3], made[len(made) * 2 // 3 :]
    requests = list(FORMS[form](made, size))
    later = list(FORMS[form](others, size))
    warm_up = list(spans(99, WARM_UP, newest=time.time_ns() // 1000))
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with serving(Path(folder)) as running:
            idle = memory_now(running.pid)
            send(running.url, list(FORMS[form](warm_up, 100)), 4)
            cpu = cpu_seconds(running.pid)
            began = time.perf_counter()
            outcome = send(running.url, requests, connections)
            until_visible(running, len(made) + WARM_UP)
            seconds = time.perf_counter() - began
            cpu = cpu_seconds(running.pid) - cpu
            peak = peak_memory(running.pid)
            rate = len(requests) / outcome.seconds / 2
            paced = send(running.url, later, connections, rate=rate)
        disk = disk_a_span(Path(folder) / "store")
    return Figures(
        accepted=len(made) / outcome.seconds,
        visible=len(made) / seconds,
        p50=outcome.percentile(0.5),
        p99=outcome.percentile(0.99),
        cpu=cpu / len(made) * 1e6,
        client_cpu=outcome.cpu / len(made) * 1e6,
        paced_p99=paced.percentile(0.99),
        start=running.seconds * 1000,
        idle=idle,
        peak=peak,
        disk=disk,
        disk_share=disk / json_bytes,
    )


def until_visible(running: Running, expected: int) -> None:
    """Wait until questions see so many spans."""
    until = time.monotonic() + VISIBLE_SECONDS
    while (seen := visible_spans(running.url)) < expected:
        if time.monotonic() > until:
            sys.exit(f"of {expected:,} spans {seen:,} were to be seen in {VISIBLE_SECONDS} s")
        time.sleep(0.01)


def queries(stored: int) -> list[dict[str, Any]]:
    """Store so many spans, then ask the basic questions, warm and over HTTP."""
    newest = time.time_ns() // 1000
    rows = []
    with serving() as running:
        some: list[str] = []
        for number in range(0, stored, 100_000):
            count = min(100_000, stored - number)
            until = newest - (stored - number - count) * 400_000
            made = list(spans(number + 1000, count, newest=until))
            some += [span["trace_id"] for span in made[:: max(1, count // 10)]]
            send(running.url, list(otlp_posts(made, 1000)), 4)
        for name, path in {
            "newest 50 traces": "/api/v1/traces?limit={limit}",
            "newest 50 that failed": "/api/v1/traces?limit={limit}&status=error",
            "newest 50 of one user": "/api/v1/traces?limit={limit}&user_id=user-77",
            "one trace with its spans": "/api/v1/traces/{trace}",
            "newest 50 with a common word": f"/api/v1/search?q={COMMON_WORD}&limit={{limit}}",
            "all with a rare word": f"/api/v1/search?q={RARE_WORD}&limit={{limit}}",
        }.items():
            if "{trace}" in path:
                each_path = [path.replace("{trace}", each) for each in some[-10:]]
                outcomes = [get(running.url, each, 4) for each in each_path]
            else:
                outcomes = [get(running.url, path, 40)]
            latencies = sorted(each for outcome in outcomes for each in outcome.latencies)
            whole = Outcome(0, latencies, 0)
            rows.append(
                {
                    "question, over HTTP, warm": name,
                    "p50 ms": whole.percentile(0.5),
                    "p95 ms": whole.percentile(0.95),
                }
            )
    return rows


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
