"""Spans a second through gateway, Kafka, worker and store, beside one process and a bare client.

    python tests/bench/deployed.py                                # about six minutes
    python tests/bench/deployed.py --spans 20000 --rounds 1       # a first look
    python tests/bench/deployed.py --workers 1 --sizes 100,1000

The same bodies go through the embedded server, through the roles apart with one worker and with
two, and, as the records that a gateway makes of them, through a bare client of Kafka, which first
produces all and then consumes all. They take turns. All processes share the cores with the load:
read the ratios. ClickHouse is played by the embedded store's engine behind the tests' HTTP front.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import attrs
from bare_kafka import Carried, carry
from load import posts, send
from pipelines import Pipeline, deployed, embedded
from process_figures import cpu_seconds, peak_memory
from traces import spans

sys.path.append(str(Path(__file__).parents[2]))
from tests.fronts import clickhouse
from tests.kafka_broker import running

EMBEDDED = "embedded"
CONNECTIONS = {1: 64}
OTHERWISE = 8
WARM_UP = 1000
VISIBLE_SECONDS = 300
LOOK_SECONDS = 0.05

_COLUMNS = (
    *("spans a request", "what", "accepted/s", "visible/s", "of embedded", "of the client"),
    *("p50 ms", "p99 ms"),
)


@attrs.frozen
class Figures:
    """Of one load: spans a second, waits in ms, and CPU seconds by process."""

    accepted: float
    visible: float
    p50: float
    p99: float
    cpu: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--spans", type=int, default=60_000, help="spans sent for each batch size")
    parser.add_argument("--rounds", type=int, default=3, help="how often each figure is taken")
    parser.add_argument("--sizes", type=_numbers, default=[1, 100, 1000], help="spans a request")
    parser.add_argument("--workers", type=_numbers, default=[1, 2], help="how many workers")
    options = parser.parse_args()
    bench = Bench(options.sizes, options.spans)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        broker = stack.enter_context(running(place / "kafka"))
        front = stack.enter_context(clickhouse(place / "clickhouse"))
        for number in range(options.rounds):
            bench.begin(number)
            bench.load(EMBEDDED, embedded(_folder(place), spans=bench.sent))
            for workers in options.workers:
                bench.load(
                    f"deployed, {workers} worker{'s' * (workers > 1)}",
                    deployed(_folder(place), broker, front, workers=workers, spans=bench.sent),
                )
            bench.carry(broker.bootstrap)
    print(
        f"Python {platform.python_version()}, {platform.machine()}, seeded spans of ~1.1 KB, "
        f"medians of {options.rounds}"
    )
    bench.show()


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _folder(place: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=place))


@attrs.define
class Bench:
    """Takes the figures and keeps them, by pipeline and by spans a request."""

    sizes: Sequence[int]
    spans: int
    taken: dict[str, dict[int, list[Figures]]] = attrs.field(factory=dict)
    carried: dict[int, list[Carried]] = attrs.field(factory=dict)
    memory: dict[str, dict[str, float]] = attrs.field(factory=dict)
    made: dict[int, list[dict[str, Any]]] = attrs.field(factory=dict)

    def begin(self, number: int) -> None:
        """Make what is sent in this round."""
        newest = time.time_ns() // 1000
        self.made = {
            size: list(spans(100 * number + place, self.count(size), newest=newest))
            for place, size in enumerate(self.sizes)
        }

    def count(self, size: int) -> int:
        """Say how many spans are sent: fewer where each is a request."""
        return self.spans if size > 1 else self.spans // 5

    def sent(self) -> int:
        """Say how many spans went through each pipeline in this round."""
        return WARM_UP + sum(map(len, self.made.values()))

    def load(self, name: str, opened: AbstractContextManager[Pipeline]) -> None:
        """Send all of it, one size after the other."""
        with opened as pipeline:
            warm_up = list(spans(99, WARM_UP, newest=time.time_ns() // 1000))
            before = 0
            for size, made in [(100, warm_up), *self.made.items()]:
                before += len(made)
                found = _sent(pipeline, list(posts(made, size)), size, len(made), before)
                if made is not warm_up:
                    self.taken.setdefault(name, {}).setdefault(size, []).append(found)
                    _tell(f"{name}, {size:,} a request: {found.visible:,.0f} spans/s")
            most = self.memory.setdefault(name, {})
            for part, pids in pipeline.processes.items():
                most[part] = max(most.get(part, 0), *map(peak_memory, pids))

    def carry(self, bootstrap: str) -> None:
        """Send all of it through the bare client."""
        for size, made in self.made.items():
            found = carry(bootstrap, made, size, CONNECTIONS.get(size, OTHERWISE))
            self.carried.setdefault(size, []).append(found)
            _tell(f"bare client, {size:,} a request: {found.both:,.0f} spans/s")

    def show(self) -> None:
        """Print medians, and medians of the ratios that rounds had."""
        print(f"\n| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|")
        for size in self.sizes:
            bare = [each.both for each in self.carried[size]]
            base = [each.visible for each in self.taken[EMBEDDED][size]]
            for name, by_size in self.taken.items():
                found = by_size[size]
                visible = [each.visible for each in found]
                rates = f"{_middle(found, 'accepted'):,.0f} | {_middle(found, 'visible'):,.0f}"
                ratios = f"{_ratio(visible, base):.2f} | {_ratio(visible, bare):.2f}"
                waits = f"{_middle(found, 'p50'):.1f} | {_middle(found, 'p99'):.1f}"
                print(f"| {size:,} | {name} | {rates} | {ratios} | {waits} |")
            kept = self.carried[size]
            ways = f"{_middle(kept, 'produced'):,.0f} out, {_middle(kept, 'consumed'):,.0f} in"
            rate = f"{_middle(kept, 'both'):,.0f} | {_ratio(bare, base):.2f}"
            print(f"| {size:,} | bare client: {ways} | | {rate} | 1 | | |")
        print("\n| spans a request | what | CPU s for 1,000 spans |\n|---|---|---|")
        for size in self.sizes:
            for name, by_size in self.taken.items():
                used = _by_process(by_size[size], self.count(size))
                print(f"| {size:,} | {name} | {used} |")
        print("\n| what | most memory, MB |\n|---|---|")
        for name, most in self.memory.items():
            print(f"| {name} | {', '.join(f'{part} {mb:,.0f}' for part, mb in most.items())} |")


def _sent(
    pipeline: Pipeline, requests: list[bytes], size: int, count: int, expected: int
) -> Figures:
    """Send `requests`, and wait until there are as many spans as `expected` in all."""
    cpu = _cpu(pipeline)
    began = time.perf_counter()
    outcome = send(pipeline.url, requests, CONNECTIONS.get(size, OTHERWISE))
    while pipeline.seen() < expected:
        if time.perf_counter() > began + VISIBLE_SECONDS:
            sys.exit(f"{expected:,} spans were not to be seen in {VISIBLE_SECONDS} s")
        time.sleep(LOOK_SECONDS)
    seconds = time.perf_counter() - began
    return Figures(
        count / outcome.seconds,
        count / seconds,
        outcome.percentile(0.5),
        outcome.percentile(0.99),
        {part: after - cpu[part] for part, after in _cpu(pipeline).items()},
    )


def _cpu(pipeline: Pipeline) -> dict[str, float]:
    used = {part: sum(map(cpu_seconds, pids)) for part, pids in pipeline.processes.items()}
    return {"load": time.process_time(), **used}


def _by_process(found: Sequence[Figures], count: int) -> str:
    each = {
        part: statistics.median(one.cpu[part] for one in found) / count * 1000
        for part in found[0].cpu
    }
    return ", ".join(f"{part} {s:.3f}" for part, s in {**each, "all": sum(each.values())}.items())


def _middle(found: Sequence[Figures] | Sequence[Carried], name: str) -> float:
    return statistics.median(getattr(each, name) for each in found)


def _ratio(found: Sequence[float], base: Sequence[float]) -> float:
    return statistics.median(one / other for one, other in zip(found, base, strict=True))


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
