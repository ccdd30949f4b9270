"""`query` takes each question's time warm, designs in turn; `cold` in a new process each."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from clickhouse_connect.driver.exceptions import ClickHouseError
from designs import Design
from engine import open_engine, print_sizes

from questions import TRACE_BY_ID, Question, questions, searches, some_traces

__all__ = ["cold", "cold_one", "query"]

_COLD = (
    TRACE_BY_ID,
    "2 newest 50",
    "3 newest 50 error",
    "6a p95/h 24h exact",
    "7 by model 30d exact",
)
_ENOUGH_SECONDS = 15
_ENOUGH_RUNS = 3


@attrs.define
class _Timing:
    """The times of one question for one design, and how it failed if it did."""

    question: Question | None
    seconds: list[float] = attrs.field(factory=list)
    error: str = ""

    def run(self, *, warming: bool) -> None:
        enough = len(self.seconds) >= _ENOUGH_RUNS and sum(self.seconds) > _ENOUGH_SECONDS
        if self.question is None or self.error or enough:
            return
        began = time.time()
        try:
            self.question()
        except ClickHouseError as error:
            self.error = str(error)[:150]
            return
        if not warming:
            self.seconds.append(time.time() - began)

    def __str__(self) -> str:
        if self.error or not self.seconds:
            return self.error or "-"
        middle, slowest = statistics.median(self.seconds), max(self.seconds)
        return f"{middle * 1e3:.0f} / {slowest * 1e3:.0f}"


def query(
    folder: Path,
    designs: Sequence[Design],
    *,
    with_text: Sequence[Design],
    runs: int,
    label: str,
    only: Sequence[str],
) -> None:
    """Print median and maximum of so many runs; merges are stopped meanwhile.

    `only` keeps the questions whose names begin so.
    """
    client = open_engine(folder)
    client.command("SYSTEM STOP MERGES")
    print_sizes(client)
    next_trace = some_traces(client, designs[0])
    catalogue = {
        design.letter: questions(client, design, next_trace)
        | (searches(client, design) if design in with_text else {})
        for design in designs
    }
    names = dict.fromkeys(name for asked in catalogue.values() for name in asked)
    heads = " | ".join(f"{letter} median / max ms" for letter in catalogue)
    print(f"| query ({label}) | {heads} |")
    for name in names:
        if not only or name.startswith(tuple(only)):
            _print_timings(name, catalogue, runs)
    client.close()


def _print_timings(name: str, catalogue: Mapping[str, Mapping[str, Question]], runs: int) -> None:
    timings = [_Timing(asked.get(name)) for asked in catalogue.values()]
    # A trace by id is quick and each trace is another, so it is asked five times as often.
    for number in range(runs * (5 if name.startswith("1") else 1) + 1):
        for timing in timings:
            timing.run(warming=number == 0)
    print(f"| {name} | {' | '.join(str(timing) for timing in timings)} |", flush=True)


def cold(folder: Path, designs: Sequence[Design]) -> None:
    """Print the first run of some questions; the system's cache of files stays as it is."""
    client = open_engine(folder)
    trace = some_traces(client, designs[0])()
    client.close()
    for name in _COLD:
        results = [_in_new_process(folder, design, name, trace) for design in designs]
        print(f"| cold {name} | {' | '.join(results)} |", flush=True)


def cold_one(folder: Path, design: Design, name: str, trace: str) -> None:
    """Print the milliseconds of one question, asked once."""
    client = open_engine(folder)
    catalogue = questions(client, design, lambda: trace) | searches(client, design)
    began = time.time()
    catalogue[name]()
    print(f"{(time.time() - began) * 1e3:.0f}")
    client.close()


def _in_new_process(folder: Path, design: Design, name: str, trace: str) -> str:
    program = [sys.executable, str(Path(__file__).parent), "cold", "--dir", str(folder)]
    result = subprocess.run(
        [*program, "--designs", design.letter, "--only", name, "--trace", trace],
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip().split("\n")[-1] or result.stderr[-100:]
