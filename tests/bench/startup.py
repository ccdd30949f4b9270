"""How long the library, the command line and the server take to start: medians of ten runs.

    python tests/bench/startup.py
    python tests/bench/startup.py --dir DIR                # the server, on what is stored there
    python tests/bench/startup.py --dir DIR --load 20      # then at full load, for some seconds

DIR is a store that nobody has open, such as `asking.py load` makes. It is not touched: each program
works on a copy, whose large files are links to those in DIR; parts of the engine never change.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from load import otlp_posts, send
from process_figures import cpu_seconds, disk_bytes, memory_now, peak_memory
from reporting import Report
from serving import serving
from traces import spans

RUNS = 10
SERVER_RUNS = 5
REST_SECONDS = 5.0
LOAD_BLOCK = 50_000
_LINKED_BYTES = 1 << 16

WHAT = {
    "python, doing nothing": ["-c", ""],
    "import prela_core": ["-c", "import prela_core"],
    "prela --help": ["-m", "prela_cli", "--help"],
    "prela serve --help": ["-m", "prela_cli", "serve", "--help"],
    "prela query --help": ["-m", "prela_cli", "query", "--help"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--dir", type=Path, help="a store to start on")
    parser.add_argument("--load", type=float, default=0, help="seconds of full load afterwards")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report = Report("startup", vars(options))
    if options.dir is None:
        report.show("commands", f"Medians of {RUNS}", commands())
        with tempfile.TemporaryDirectory() as empty:
            report.show("server", "On an empty directory", server(Path(empty), options.load))
    else:
        with linked(options.dir) as data:
            title = f"On {disk_bytes(options.dir) / 1e9:.1f} GB of stored spans"
            report.show("server", title, server(data, options.load))
    report.keep(options.json)


def commands() -> list[dict[str, Any]]:
    """Time each program from its start to its end."""
    seconds: dict[str, list[float]] = {name: [] for name in WHAT}
    for arguments in WHAT.values():  # once without a watch, for the compiled files
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    for _ in range(RUNS):
        for name, arguments in WHAT.items():
            began = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            seconds[name].append(time.perf_counter() - began)
    floor = statistics.median(seconds["python, doing nothing"])
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    return [
        {
            "what": name,
            "ms": round(each * 1000),
            "ms beyond Python's own": round((each - floor) * 1000),
        }
        for name, each in medians.items()
    ]


def server(data: Path, load: float) -> list[dict[str, Any]]:
    """Start the server some times until it says that it is ready, and rest; load the last one."""
    ready, used, idle = [], [], []
    rows = []
    for number in range(SERVER_RUNS + 1):
        with serving(data) as running:
            if number == 0:  # brings what was just copied into the system's cache
                continue
            ready.append(running.seconds * 1000)
            used.append(cpu_seconds(running.pid) * 1000)
            time.sleep(REST_SECONDS)
            idle.append(memory_now(running.pid))
            if load and number == SERVER_RUNS:
                rate = _load(running.url, load)
                rows = [
                    {"what": f"spans/s accepted, for {load:g} s", "median": round(rate)},
                    {"what": "most memory, MB", "median": round(peak_memory(running.pid))},
                ]
    shown = {
        "ready after, ms": ready,
        "CPU until then, ms": used,
        f"memory after {REST_SECONDS:g} s of rest, MB": idle,
    }
    return [
        {"what": name, "median": round(statistics.median(found)), "most": round(max(found))}
        for name, found in shown.items()
    ] + rows


def _load(url: str, seconds: float) -> float:
    """Send as fast as it is taken, batches of 1,000; the time to make them does not count."""
    sending, count = 0.0, 0
    while sending < seconds:
        made = list(spans(50_000_000 + count, LOAD_BLOCK, newest=time.time_ns() // 1000))
        sending += send(url, list(otlp_posts(made, 1000)), 8).seconds
        count += len(made)
    return count / sending


@contextmanager
def linked(store: Path) -> Iterator[Path]:
    """Give a data directory whose store is a copy of `store` that takes next to no room."""

    def link(source: str, target: str) -> None:
        if Path(source).stat().st_size >= _LINKED_BYTES:
            os.link(source, target)
        else:  # what may be written again is small: definitions, and the engine's own notes
            shutil.copy2(source, target)

    # Beside it, for links stay within a file system.
    with tempfile.TemporaryDirectory(dir=store.resolve().parent, prefix=".startup-") as data:
        shutil.copytree(store, Path(data) / "store", copy_function=link, symlinks=True)
        yield Path(data)


if __name__ == "__main__":
    main()
