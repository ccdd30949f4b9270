"""Exports: how long they take, and how much memory while they are made.

    python -m tests.bench.export --spans 100000 --spans 1000000

Each form is exported in a process of its own from an embedded store; the growth of its resident
memory is its peak less what it was with the store open. Spans are about 1 KB each, varied: the
first 100,000 are made one by one, and the others copies of those under other ids and moments.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import msgspec
from tests.bench.traces import spans

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.store.export import ExportForm, Selection
from prela_core.wire import Limits, decode_batch

_MADE = 100_000
_BLOCK = 20_000
_PROJECT = "default"
_COPY = """
INSERT INTO spans SELECT * REPLACE (
    concat(trace_id, '-{copy}') AS trace_id,
    started_at - INTERVAL {copy} DAY AS started_at,
    ended_at - INTERVAL {copy} DAY AS ended_at
) FROM (SELECT * FROM spans WHERE position(trace_id, '-') = 0)
"""


def fill(store: ClickHouseStore, count: int) -> None:
    now = time.time_ns() // 1000
    waiting: list[object] = []
    for number, span in enumerate(spans(1, min(count, _MADE), newest=now), 1):
        waiting.append(span)
        if number % _BLOCK == 0 or number == min(count, _MADE):
            body = msgspec.json.encode({"spans": waiting})
            decoded = decode_batch(body, received_at=now + number, limits=Limits(body=10**9))
            store.insert([decoded.batch(_PROJECT, now + number)])
            waiting = []
    with store.connection() as client:
        for copy in range(1, count // _MADE):
            client.command(_COPY.format(copy=copy))


def resident() -> int:
    """Give this process's resident memory in MB."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def measure(directory: Path, form: ExportForm, out: Path) -> dict[str, object]:
    store = open_embedded(directory, readers=1, retention_days=None)
    store.rest()
    before = peak = resident()
    done = threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, resident())

    watching = threading.Thread(target=watch)
    watching.start()
    began, cpu = time.perf_counter(), time.process_time()
    with out.open("wb") as file:
        for piece in store.export(_PROJECT, Selection(), form):
            file.write(piece)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    done.set()
    watching.join()
    store.close()
    return {
        "form": form.value,
        "seconds": round(seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "file_mb": round(out.stat().st_size / 1e6, 1),
        "resident_before_mb": before,
        "resident_peak_mb": peak,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, action="append")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        directory, form, out = given.measure
        print(json.dumps(measure(Path(directory), ExportForm(form), Path(out))))
        return
    for count in given.spans or [_MADE]:
        with tempfile.TemporaryDirectory() as place:
            directory = Path(place) / "store"
            store = open_embedded(directory, retention_days=0)
            fill(store, count)
            store.close()
            for form in ExportForm:
                words = ["--measure", str(directory), form.value, str(Path(place) / "out")]
                command = [sys.executable, "-m", "tests.bench.export", *words]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                print(json.dumps({"spans": count} | json.loads(done.stdout)), flush=True)


if __name__ == "__main__":
    main()
