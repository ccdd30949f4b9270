"""Prela beside Phoenix and MLflow: the same OTLP bodies, the same questions, in one run.

    python tests/bench/peers.py                       # about half an hour
    python tests/bench/peers.py --spans 2000 --lost 1000 --asked 5 --no-cold
    python tests/bench/peers.py --only prela,phoenix

The peers are installed into environments of their own, which are kept. One that can't be had is
left out, and the program says so. Phoenix takes some 100 spans a second: 20,000 are four minutes.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
from load import Outcome, otlp_posts, send_all
from process_figures import cpu_seconds, family, memory_now, peak_memory
from reporting import Report
from serving import Running
from systems import AFTER, AGAIN, LIST, NEWEST, WORD, System, mlflow, phoenix, prela
from traces import RARE_WORD, spans

__all__ = ["main"]

SYSTEMS: Mapping[str, Callable[[], System]] = {
    "prela": prela,
    "phoenix": phoenix,
    "mlflow": mlflow,
}
BATCH = 100
CONNECTIONS = 8
WARM_UP = 100
LEAST_RATE = 20
"""Spans a second that a server must keep up with, or it is not waited for."""
_RETRY_SECONDS = 1.0
_LOOK_SECONDS = 0.25
_STILL_SECONDS = 5.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=20_000, help="spans stored, then asked about")
    parser.add_argument("--singles", type=int, default=500, help="spans sent one by one")
    parser.add_argument("--lost", type=int, default=5_000, help="spans before a kill; 0: no kills")
    parser.add_argument("--asked", type=int, default=20, help="how often each question, warm")
    parser.add_argument("--cold", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--only", default=",".join(SYSTEMS), help="names, with commas between")
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    options = parser.parse_args()
    report = Report("peers", vars(options))
    sent = Sent(options.spans, options.singles, options.lost)
    found = []
    for name in options.only.split(","):
        try:
            system = SYSTEMS[name]()
        except OSError as error:
            print(f"{name} is left out, for it can't be installed: {error}\n", flush=True)
            continue
        _tell(system.name)
        try:
            found.append(measured(system, sent, options.asked, cold=options.cold))
        except OSError as error:
            print(f"{system.name} is left out, for it gave up: {error}\n", flush=True)
    report.show(
        "ingest", f"{options.spans:,} spans, {BATCH} a request", [each.ingest for each in found]
    )
    report.show("questions", f"{options.spans:,} spans stored, over HTTP", questions(found))
    if options.lost:
        title = f"{options.lost:,} spans accepted, then"
        report.show("lost", title, [{"what": each.name, **each.lost} for each in found])
    report.keep(options.json)


class Sent:
    """What every system is given: the very same spans."""

    def __init__(self, count: int, singles: int, lost: int) -> None:
        newest = time.time_ns() // 1000
        self.stored = list(spans(3, count, newest=newest))
        # The third span of every trace is a model call; peers search one attribute of it.
        holders = [
            self.stored[10 * at + 2]
            for at in random.Random(5).sample(range(len(self.stored) // 10), 3)
        ]
        for each in holders:
            each["attributes"]["llm.prompt"] += f" {RARE_WORD}"
        self.found = [each["trace_id"].encode() for each in holders]
        self.warm_up = list(spans(6, WARM_UP, newest=newest))
        self.singles = list(spans(4, singles, newest=newest))
        self.lost = list(spans(5, lost, newest=newest))


@attrs.define
class Found:
    """What one system came to: a row of ingest, milliseconds by question, and what was lost."""

    name: str
    ingest: dict[str, Any]
    warm: dict[str, tuple[float, float]]
    cold: dict[str, float]
    lost: dict[str, str]


def measured(system: System, sent: Sent, asked: int, *, cold: bool) -> Found:
    """Take all figures of one system."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        folder = Path(place) / "stored"
        with system.running(folder) as running:
            row = {
                "what": system.name,
                "ready after s": running.seconds,
                **_load(system, running, sent),
            }
            warm = _warm(system, running, sent.found, asked)
            if NEWEST + AGAIN in warm:
                warm[NEWEST + AFTER] = _after_each(system, running, asked)
        _tell("warm questions asked")
        first = [name for name in warm if not name.endswith((AGAIN, AFTER))] if cold else []
        chilled = {name: _cold(system, folder, name) for name in first}
        lost = {}
        if sent.lost:
            for number in (signal.SIGKILL, signal.SIGTERM):
                try:
                    told = _lost(system, Path(place) / number.name, sent, number)
                except OSError as error:
                    told = f"not known: {error}"
                lost[f"lost by {number.name}"] = told
    return Found(system.name, row, warm, chilled, lost)


def _load(system: System, running: Running, sent: Sent) -> dict[str, Any]:
    idle = memory_now(running.pid)
    _sent(system, running, sent.warm_up, WARM_UP, 0)
    one_by_one = _sent(system, running, sent.singles, 1, WARM_UP)
    cpu = cpu_seconds(running.pid)
    batches = _sent(system, running, sent.stored, BATCH, WARM_UP + len(sent.singles))
    cpu = cpu_seconds(running.pid) - cpu
    _tell(f"{batches['visible/s']:,.0f} spans/s")
    return {
        **batches,
        "visible/s, 1 a request": one_by_one["visible/s"],
        "CPU ms/span": cpu / len(sent.stored) * 1000,
        "idle MB": idle,
        "most MB": peak_memory(running.pid),
    }


def _sent(
    system: System, running: Running, made: Sequence[dict[str, Any]], size: int, before: int
) -> dict[str, float]:
    """Send until all are accepted, then wait until all can be seen."""
    requests = list(otlp_posts(made, size, system.headers))
    patience = 60 + len(made) / LEAST_RATE
    began = time.perf_counter()
    latencies = []
    while requests:
        outcome = send_all(running.url, requests, CONNECTIONS)
        latencies += outcome.latencies
        requests = [requests[at] for at in outcome.refused_at]
        if requests:  # its queue is full: it says so, and is asked again
            time.sleep(_RETRY_SECONDS)
            _in_time(
                began,
                patience,
                f"{len(requests)} requests were still refused: {outcome.answer[:200]!r}",
            )
    accepted = time.perf_counter() - began
    while (seen := system.visible(running.url)) < before + len(made):
        _in_time(began, patience, f"{seen - before:,} of {len(made):,} spans were to be seen")
        time.sleep(_LOOK_SECONDS)
    seconds = time.perf_counter() - began
    return {
        "accepted/s": len(made) / accepted,
        "visible/s": len(made) / seconds,
        "p99 ms": Outcome(0, sorted(latencies), 0).percentile(0.99),
    }


def _in_time(began: float, patience: float, told: str) -> None:
    if time.perf_counter() - began > patience:
        raise TimeoutError(f"after {patience:.0f} s {told}")


def _warm(
    system: System, running: Running, holders: Sequence[bytes], asked: int
) -> dict[str, tuple[float, float]]:
    """Give p50 and p95 of each question; they take turns, and the first round does not count."""
    taken: dict[str, list[float]] = {}
    for number in range(asked + 1):
        requests = system.questions(running.url, RARE_WORD, 51 + number)
        for name, request in requests.items():
            outcome = send_all(running.url, [request], 1)
            finds = WORD not in name or all(each in outcome.answer for each in holders)
            if outcome.refused or not finds:
                raise OSError(f"{system.name} did not answer {name!r}: {outcome.answer[:300]!r}")
            if number:
                taken.setdefault(name, []).extend(outcome.latencies)
    return {name: _middle_and_worst(latencies) for name, latencies in taken.items()}


def _after_each(system: System, running: Running, asked: int) -> tuple[float, float]:
    """Give p50 and p95 of the newest, asked each time once another span was accepted."""
    latencies: list[float] = []
    more = list(spans(8, asked, newest=time.time_ns() // 1000))
    for one in otlp_posts(more, 1, system.headers):
        send_all(running.url, [one], 1)
        request = system.questions(running.url, RARE_WORD, 50)[NEWEST + AGAIN]
        latencies += send_all(running.url, [request], 1).latencies
    return _middle_and_worst(latencies)


def _middle_and_worst(latencies: list[float]) -> tuple[float, float]:
    whole = Outcome(0, sorted(latencies), 0)
    return whole.percentile(0.5), whole.percentile(0.95)


def _cold(system: System, folder: Path, name: str) -> float:
    """Ask once in a new process, after its files are dropped from the system's cache."""
    _forget_files(folder)
    with system.running(folder) as running:
        request = system.questions(running.url, RARE_WORD, 50)[name]
        return send_all(running.url, [request], 1).percentile(0.5)


def _forget_files(folder: Path) -> None:
    os.sync()
    for path in folder.rglob("*"):
        with suppress(OSError):
            if path.is_file():
                descriptor = os.open(path, os.O_RDONLY)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)


def _lost(system: System, folder: Path, sent: Sent, number: signal.Signals) -> str:
    """End the server right after the last span was accepted; say how many are gone."""
    with system.running(folder) as running:
        requests = list(otlp_posts(sent.lost, BATCH, system.headers))
        while requests:
            outcome = send_all(running.url, requests, CONNECTIONS)
            requests = [requests[at] for at in outcome.refused_at]
        # What pulls the plug ends all at once; who asks to stop asks the first process.
        for pid in family(running.pid) if number == signal.SIGKILL else [running.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        with suppress(subprocess.TimeoutExpired):  # it is killed then, as a supervisor would
            running.process.wait(120)
    with system.running(folder) as running:
        seen, since = -1, time.monotonic()
        while time.monotonic() < since + _STILL_SECONDS:
            if (now := system.visible(running.url)) != seen:
                seen, since = now, time.monotonic()
            time.sleep(_LOOK_SECONDS)
    return f"{len(sent.lost) - seen:,} of {len(sent.lost):,}"


def questions(found: Sequence[Found]) -> list[dict[str, Any]]:
    """Set the times of all beside each other, and how many times ours the peers take."""
    ours = found[0]
    rows = []
    for each in found:
        for name, (p50, p95) in each.warm.items():
            first = NEWEST if name == LIST else name.removesuffix(AGAIN).removesuffix(AFTER)
            beside = ours.warm[first][0]
            rows.append(
                {
                    "question": name,
                    "what": each.name,
                    "warm p50 ms": p50,
                    "warm p95 ms": p95,
                    "cold ms": each.cold.get(name, ""),
                    "times the first, warm": p50 / beside,
                }
            )
    order = [NEWEST, NEWEST + AFTER, NEWEST + AGAIN, LIST, WORD, WORD + AGAIN]
    return sorted(rows, key=lambda row: order.index(row["question"]))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
