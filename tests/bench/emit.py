"""What a span costs the thread that starts and ends it, beside others, in one run.

python tests/bench/emit.py              # also: --rounds 15 --spans 20000 --profile
python tests/bench/emit.py --published /tmp/published   # keep the published SDK's environment
"""

from __future__ import annotations

import argparse
import cProfile
import logging
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

MakeSpan = Callable[[str, "dict[str, Any] | None"], AbstractContextManager[Any]]
Round = Callable[[str, str, int], float]

FIVE = {
    "llm.model": "gpt-4o",
    "llm.input_tokens": 812,
    "llm.cost_usd": 0.0125,
    "cached": True,
    "llm.prompt": "What does the refund policy say about damaged goods?",
}
SHAPES: Mapping[str, tuple[bool, dict[str, Any] | None]] = {
    "flat, 0 attributes": (False, None),
    "flat, 5 attributes": (False, FIVE),
    "nested, 0 attributes": (True, None),
    "nested, 5 attributes": (True, FIVE),
}
CHILDREN = 9
BURST = 100
PAUSE_SECONDS = 0.005
WARM_UP = 200

CLOCKS: Mapping[str, Callable[[], float]] = {"wall": time.perf_counter, "own": time.thread_time}
TABLES: Mapping[str, tuple[str, bool, float]] = {
    "in bursts, time": ("wall", True, 0.4),
    "in bursts, processor time": ("own", True, 0.4),
    "flat out, time": ("wall", False, 1.0),
}
"""By name: the clock, whether spans come in bursts of 100 that are 5 ms apart, and the share of
`--spans` that is made so. Programs that do work beside tracing make bursts; flat out, what runs in
the background takes turns with the caller, and no library keeps up."""

PUBLISHED = "prela==0.1.0"


def microseconds(make: MakeSpan, shape: str, table: str, spans: int) -> float:
    """Start and end about `spans` spans and give microseconds a span, as this thread saw them."""
    is_nested, attributes = SHAPES[shape]
    name, in_bursts, _ = TABLES[table]
    clock = CLOCKS[name]
    children = range(CHILDREN if is_nested else 0)

    def trees(count: int) -> None:
        for _ in range(count):
            with make("step", attributes):
                for _ in children:
                    with make("inner", attributes):
                        pass

    trees(WARM_UP // (len(children) + 1))
    time.sleep(PAUSE_SECONDS)
    count = spans // (len(children) + 1)
    burst = BURST // (len(children) + 1) if in_bursts else count
    taken = 0.0
    for _ in range(count // burst):
        began = clock()
        trees(burst)
        taken += clock() - began
        if in_bursts:
            time.sleep(PAUSE_SECONDS)
    return taken / (count // burst * burst * (len(children) + 1)) * 1e6


# Each gives what makes a span; imports are its own, so that a worker needs only one of them.


@contextmanager
def bare_call() -> Iterator[MakeSpan]:
    class Nothing:
        def __enter__(self) -> None: ...

        def __exit__(self, *error: object) -> None: ...

    nothing = Nothing()

    def call(_name: str, _attributes: dict[str, Any] | None) -> Nothing:
        return nothing

    yield call


class NoSink:
    def put(self, finished: Any, /) -> None: ...

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - the port's
        return True

    close = flush


def _tracer(sink: Any, sampler: Any = None) -> Any:
    from prela_core.emit import Tracer  # noqa: PLC0415 - as said above

    return Tracer(
        "bench", sink, now_ns=time.time_ns, monotonic_ns=time.perf_counter_ns, sampler=sampler
    )


@contextmanager
def prela_without_sink() -> Iterator[MakeSpan]:
    tracer = _tracer(NoSink())
    yield lambda name, attributes: tracer.span(name, "custom", attributes)


@contextmanager
def prela_unsampled() -> Iterator[MakeSpan]:
    from prela_core.emit.samplers import never  # noqa: PLC0415 - as said above

    tracer = _tracer(NoSink(), never)
    yield lambda name, attributes: tracer.span(name, "custom", attributes)


@contextmanager
def prela_before_init() -> Iterator[MakeSpan]:
    from prela_core.emit import set_tracer, span  # noqa: PLC0415 - as said above

    set_tracer(None)
    yield lambda name, attributes: span(name, "custom", attributes)


@contextmanager
def prela_in_background() -> Iterator[MakeSpan]:
    import prela_core  # noqa: PLC0415 - as said above

    whole: Any = prela_core
    tracer = whole.init("bench", exporter=lambda _spans: None)
    logging.getLogger("prela").setLevel(logging.CRITICAL)  # it says when its inbox is full
    yield lambda name, attributes: tracer.span(name, "custom", attributes)
    whole.shutdown(5)


@contextmanager
def opentelemetry_sdk() -> Iterator[MakeSpan]:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import (  # noqa: PLC0415 - as above
        BatchSpanProcessor,
        SpanExporter,
        SpanExportResult,
    )

    class Nowhere(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002 - its port
            return SpanExportResult.SUCCESS

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says when its queue is full
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(Nowhere()))
    tracer = provider.get_tracer("bench")
    yield lambda name, attributes: tracer.start_as_current_span(name, attributes=attributes)
    provider.shutdown()


@contextmanager
def published_sdk() -> Iterator[MakeSpan]:
    import prela  # type: ignore[import-not-found] # noqa: PLC0415 - only where it is installed

    class Nowhere(prela.BaseExporter):  # type: ignore[misc] # likewise
        def export(self, _trace: Any) -> Any:
            return prela.ExportResult.SUCCESS

        def shutdown(self) -> None: ...

    tracer = prela.Tracer("bench", exporter=Nowhere())
    yield lambda name, attributes: tracer.span(name, attributes=attributes)


HERE = {
    "a bare function call": bare_call,
    "Prela, before init": prela_before_init,
    "Prela, unsampled": prela_unsampled,
    "Prela, no sink": prela_without_sink,
    "Prela, in the background": prela_in_background,
    "opentelemetry-sdk, BatchSpanProcessor": opentelemetry_sdk,
}
BESIDE = "opentelemetry-sdk, BatchSpanProcessor"


def work() -> None:
    """Measure the published SDK in its own environment: a shape and a number a line."""
    with published_sdk() as make:
        for line in sys.stdin:
            shape, table, spans = line.strip().split("\t")
            print(microseconds(make, shape, table, int(spans)), flush=True)


@contextmanager
def published(folder: Path | None) -> Iterator[Round | None]:
    """Give a round of the published SDK, or None when it can't be installed."""
    with tempfile.TemporaryDirectory() as fresh:
        home = folder or Path(fresh)
        python = home / "bin" / "python"
        try:
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
                pip = [str(python), "-m", "pip", "install", "--quiet"]
                subprocess.run([*pip, PUBLISHED], check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"{PUBLISHED} can't be installed ({error}), so it is left out\n")
            yield None
            return
        worker = subprocess.Popen(
            [str(python), __file__, "--work"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

        def one(shape: str, table: str, spans: int) -> float:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{shape}\t{table}\t{spans}\n")
            worker.stdin.flush()
            return float(worker.stdout.readline())

        try:
            yield one
        finally:
            worker.terminate()
            worker.communicate()


Figures = dict[tuple[str, str, str], float]


def measure(rounds: int, spans: int, folder: Path | None) -> Figures:
    """Give medians of microseconds a span by table, name and shape; rounds take turns."""
    taken: dict[tuple[str, str, str], list[float]] = {}

    def note(name: str, one: Round) -> None:
        for table, (_, _, share) in TABLES.items():
            for shape in SHAPES:
                figures = taken.setdefault((table, name, shape), [])
                figures.append(one(shape, table, int(spans * share)))

    with published(folder) as of_published:
        for turn in range(rounds + 1):
            for name, opened in HERE.items():
                try:
                    with opened() as make:
                        note(name, partial(microseconds, make))
                except (ImportError, AttributeError) as error:
                    if turn == 0:
                        print(f"{name}: left out ({error})\n")
            if of_published is not None:
                note(f"published {PUBLISHED}", of_published)
    return {key: statistics.median(each[1:]) for key, each in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--spans", type=int, default=20_000, help="a round and shape")
    parser.add_argument("--published", type=Path, help="environment to use and keep")
    parser.add_argument("--profile", action="store_true", help="say where our time goes")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
        return
    if options.profile:
        with prela_without_sink() as make, cProfile.Profile() as profile:
            microseconds(make, "nested, 5 attributes", "flat out, time", options.spans)
        profile.print_stats("tottime")
        return
    medians = measure(options.rounds, options.spans, options.published)
    print(f"µs a span in the calling thread, medians of {options.rounds} rounds")
    print(f"(in brackets: of {BESIDE})")
    for table in TABLES:
        print(f"\n| {table} | " + " | ".join(SHAPES) + " |\n|---|" + "---|" * len(SHAPES))
        for name in dict.fromkeys(name for _, name, _ in medians):
            cells = []
            for shape in SHAPES:
                one = medians[table, name, shape]
                cells.append(f"{one:.2f} ({one / medians[table, BESIDE, shape]:.0%})")
            print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
