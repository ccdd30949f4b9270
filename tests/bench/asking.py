"""Questions over many stored spans, cold and warm, through the store's port.

    python tests/bench/asking.py load --dir DIR --spans 1000000
    python tests/bench/asking.py warm --dir DIR
    python tests/bench/asking.py cold --dir DIR

`load` inserts by the store's own writer, indexes it and fills its cells; it takes some minutes a
million and a gigabyte on disk.
`warm` asks each question a few times with other words, traces and hours; `cold` asks each once in
a process of its own, after the files are dropped from the system's cache as far as it lets us.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from asking_spans import COMMON_WORD, INNER, RARE_USER, RARE_WORD, Maker

from prela_core.io.clickhouse_opening import open_embedded
from prela_core.io.clickhouse_store import ClickHouseStore
from prela_core.model import SpanBatch
from prela_core.store import (
    Bucket,
    Dimension,
    Measure,
    MetricQuery,
    Order,
    PageRequest,
    TraceFilter,
)

__all__ = ["main"]

PROJECT = "bench"
BLOCK = 20_000
DAY = 86_400_000_000
FACTS = "asking.json"
_COLD_ROUNDS = 3
_SCATTERED = ("rare word", "rare CJK substring")
"""Who asks for another such word finds rows that nobody has read before."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["load", "warm", "cold", "one"])
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--spans", type=int, default=1_000_000, help="how many to load")
    parser.add_argument("--rounds", type=int, default=20, help="how often each is asked, warm")
    parser.add_argument("--only", default="", help="ask those whose name holds this")
    options = parser.parse_args()
    match options.what:
        case "load":
            load(options.dir, options.spans)
        case "warm":
            warm(options.dir, options.rounds, options.only)
        case "cold":
            cold(options.dir, options.only)
        case "one":
            print(json.dumps(one(options.dir, options.only)))


def load(directory: Path, count: int) -> None:
    """Store the spans, and note beside them what the questions need to know."""
    now = time.time_ns() // 1000
    maker = Maker(count, now)
    began = time.perf_counter()
    making = 0.0
    with closing(open_embedded(directory)) as store:
        number = 0
        blocks = maker.blocks(BLOCK)
        while True:
            before = time.perf_counter()
            block = next(blocks, None)
            making += time.perf_counter() - before
            if block is None:
                break
            store.insert([SpanBatch(PROJECT, now + number, block)])
            number += 1
            if number % 50 == 0:
                print(f"{number * BLOCK:,} in {time.perf_counter() - began:.0f} s", flush=True)
        seconds = time.perf_counter() - began
        facts = {"spans": count, "now": now, "traces": maker.trace_ids}
        (directory / FACTS).write_text(json.dumps(facts))
        print(
            f"{count:,} spans in {seconds:.0f} s, of which {making:.0f} to make them;"
            f" {_cpu() * 1e6 / count:.0f} us of CPU a span in all, merges included"
        )
        settle(store)
        look_after(store)


def look_after(store: ClickHouseStore) -> None:
    """Do now what a server does in the background: index what rests, copy its words, fill cells."""
    with store.connection() as client:
        client.command("ALTER TABLE spans MATERIALIZE INDEX words SETTINGS mutations_sync = 1")
    store.tend()
    while any(True for _ in store.cells.refresh()):
        pass


def settle(store: ClickHouseStore, patience: float = 240.0) -> None:
    """Wait until the engine's own merges have come to rest, and say what they leave."""
    until = time.monotonic() + patience
    quiet = 0
    while quiet < 5 and time.monotonic() < until:
        time.sleep(1)
        ((merging,),) = _ask(store, "SELECT count() FROM system.merges")
        quiet = 0 if merging else quiet + 1
    print("indexed rows, all rows:", store.indexed_rows())
    for row in _ask(
        store,
        "SELECT count(), sum(rows), round(sum(data_compressed_bytes) / sum(rows)),"
        " round(sum(secondary_indices_compressed_bytes) / sum(rows)), sum(bytes_on_disk)"
        " FROM system.parts WHERE database = currentDatabase() AND table = 'spans' AND active",
    ):
        print("parts, rows, bytes of data and of indexes a row, bytes on disk:", *row)


def questions(facts: dict[str, Any], seed: int) -> dict[str, Callable[[ClickHouseStore], Any]]:
    """Give each question, with words and moments drawn by `seed` so that no two are the same."""
    rng = random.Random(seed)
    now = facts["now"]
    # Ends and limits differ from round to round: a page that was asked for is kept.
    end = now - rng.randrange(3_600_000_000)
    page = PageRequest(limit=60 - seed % 21)

    def listed(**where: Any) -> Callable[[ClickHouseStore], Any]:
        where = {"end_time": end, **where}
        return lambda store: store.traces(PROJECT, TraceFilter(**where), Order.NEWEST, page)

    def searched(q: str) -> Callable[[ClickHouseStore], Any]:
        return lambda store: store.search(PROJECT, TraceFilter(q=q), page)

    def measured(**asked: Any) -> Callable[[ClickHouseStore], Any]:
        return lambda store: store.metrics(PROJECT, MetricQuery(end_time=end, **asked))

    trace_id = rng.choice(facts["traces"])
    cut = rng.randrange(3)
    return {
        "newest 50 traces": listed(),
        "newest 50 that failed": listed(status="error"),
        "newest 50 with a model": listed(model="gpt-4o-mini", environment="staging"),
        "newest 50 of a rare user": listed(user_id=RARE_USER),
        "trace by id": lambda store: store.trace(PROJECT, trace_id),
        "rare word": searched(RARE_WORD[cut:]),
        "rare CJK substring": searched("量子纠缠"[: 4 - cut]),
        "common word, newest first": searched(COMMON_WORD[: len(COMMON_WORD) - cut]),
        "phrase, newest first": searched(f'"the {COMMON_WORD} of"'),
        "rare substring inside words": searched(INNER[: len(INNER) - cut]),
        "hourly p95 by service, 7 days": measured(
            measures=(Measure.P95_DURATION,),
            by=(Dimension.SERVICE,),
            bucket=Bucket.HOUR,
            start_time=end - 7 * DAY,
        ),
        "tokens and cost by model, 30 days": measured(
            measures=(Measure.INPUT_TOKENS, Measure.OUTPUT_TOKENS, Measure.COST),
            by=(Dimension.MODEL,),
            start_time=end - 30 * DAY,
        ),
    }


def warm(directory: Path, rounds: int, only: str) -> None:
    facts = json.loads((directory / FACTS).read_text())
    taken: dict[str, list[tuple[float, float]]] = {}
    with _opened(directory) as store:
        for seed in range(rounds + 1):
            for name, question in questions(facts, seed).items():
                if only in name:
                    found = _timed(store, question)
                    if seed:  # the first round warms
                        taken.setdefault(name, []).append(found)
        for seed in range(rounds):
            for name in (each for each in _SCATTERED if only in each):
                _forget_unpacked(store)
                found = _timed(store, questions(facts, seed)[name])
                taken.setdefault(f"{name}, unpacked anew", []).append(found)
    print(f"| {facts['spans']:,} spans, warm | p50 ms | p95 ms | CPU ms, p50 |\n|---|---|---|---|")
    for name, found in taken.items():
        walls, cpus = ([1000 * each[at] for each in found] for at in (0, 1))
        print(
            f"| {name} | {statistics.median(walls):.0f} | {_p95(walls):.0f}"
            f" | {statistics.median(cpus):.0f} |"
        )


def cold(directory: Path, only: str) -> None:
    facts = json.loads((directory / FACTS).read_text())
    print(f"| {facts['spans']:,} spans, cold | p50 ms | worst ms | opening ms |\n|---|---|---|---|")
    for name in questions(facts, 0):
        if only not in name:
            continue
        found = []
        for _ in range(_COLD_ROUNDS):
            _forget_files(directory)
            words = [sys.executable, __file__, "one", "--dir", str(directory), "--only", name]
            found.append(json.loads(subprocess.run(words, check=True, capture_output=True).stdout))
        walls = [1000 * each["asked"] for each in found]
        opened = [1000 * each["opened"] for each in found]
        print(
            f"| {name} | {statistics.median(walls):.0f} | {max(walls):.0f}"
            f" | {statistics.median(opened):.0f} |",
            flush=True,
        )


def one(directory: Path, name: str) -> dict[str, float]:
    """Ask one question in this process, which has asked nothing before."""
    facts = json.loads((directory / FACTS).read_text())
    before = time.perf_counter()
    with _opened(directory) as store:
        opened = time.perf_counter() - before
        asked, _ = _timed(store, questions(facts, os.getpid())[name])
    return {"opened": opened, "asked": asked}


@contextmanager
def _opened(directory: Path) -> Iterator[ClickHouseStore]:
    now = json.loads((directory / FACTS).read_text())["now"]
    began = time.monotonic()

    def clock() -> float:
        """Go on where the load ended: of what is live, the newest is from just now."""
        return float(now) / 1e6 + time.monotonic() - began

    with closing(open_embedded(directory, retention_days=None, clock=clock)) as store:
        store.rest()  # what this process merges is no part of what a question costs
        yield store


def _timed(
    store: ClickHouseStore, question: Callable[[ClickHouseStore], Any]
) -> tuple[float, float]:
    cpu, began = _cpu(), time.perf_counter()
    question(store)
    return time.perf_counter() - began, _cpu() - cpu


def _forget_unpacked(store: ClickHouseStore) -> None:
    """Have the engine forget what it keeps unpacked of what it has read; files stay in memory."""
    with store.connection() as client:
        client.command("SYSTEM DROP UNCOMPRESSED CACHE")


def _forget_files(directory: Path) -> None:
    """Ask the system to drop what it caches of the files."""
    os.sync()
    for path in directory.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                descriptor = os.open(path, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def _ask(store: ClickHouseStore, sql: str) -> list[Any]:
    with store.connection() as client:
        return list(client.query(sql).result_rows)


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _p95(values: list[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(0.95 * len(values)))]


if __name__ == "__main__":
    main()
