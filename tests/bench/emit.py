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
from pathlib import Path
from typing import Any

MakeSpan = Callable[[str, "dict[str, Any] | None"], AbstractContextManager[Any]]
Round = Callable[[str, int], float]

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
PUBLISHED = "prela==0.1.0"


def microseconds(make: MakeSpan, shape: str, spans: int) -> float:
    """Start and end `spans` spans and give microseconds a span, as this thread saw them."""
    is_nested, attributes = SHAPES[shape]
    children = range(CHILDREN if is_nested else 0)
    began = time.perf_counter()
    for _ in range(spans // (len(children) + 1)):
        with make("step", attributes):
            for _ in children:
                with make("inner", attributes):
                    pass
    return (time.perf_counter() - began) / spans * 1e6


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
    from prela_core.emit import span  # noqa: PLC0415 - as said above

    yield lambda name, attributes: span(name, "custom", attributes)


@contextmanager
def prela_in_background() -> Iterator[MakeSpan]:
    import prela_core  # noqa: PLC0415 - as said above

    init: Any = prela_core.init
    tracer = init("bench", exporter=lambda _spans: None)
    yield lambda name, attributes: tracer.span(name, "custom", attributes)
    tracer.sink.close(5)


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
            shape, _, spans = line.strip().rpartition(" ")
            print(microseconds(make, shape, int(spans)), flush=True)


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

        def one(shape: str, spans: int) -> float:
            assert worker.stdin is not None
            assert worker.stdout is not None
            worker.stdin.write(f"{shape} {spans}\n")
            worker.stdin.flush()
            return float(worker.stdout.readline())

        try:
            yield one
        finally:
            worker.terminate()
            worker.communicate()


def measure(rounds: int, spans: int, folder: Path | None) -> dict[str, dict[str, float]]:
    """Give each one's median of microseconds a span, by shape; rounds take turns."""
    taken: dict[str, dict[str, list[float]]] = {}
    with published(folder) as of_published:
        for turn in range(rounds + 1):
            for name, opened in HERE.items():
                try:
                    with opened() as make:
                        for shape in SHAPES:
                            one = microseconds(make, shape, spans)
                            taken.setdefault(name, {}).setdefault(shape, []).append(one)
                except (ImportError, AttributeError) as error:
                    if turn == 0:
                        print(f"{name}: left out ({error})\n")
            if of_published is not None:
                for shape in SHAPES:
                    one = of_published(shape, spans)
                    taken.setdefault(f"published {PUBLISHED}", {}).setdefault(shape, []).append(one)
    return {
        name: {shape: statistics.median(each[1:]) for shape, each in shapes.items()}
        for name, shapes in taken.items()
    }


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
            microseconds(make, "nested, 5 attributes", options.spans)
        profile.print_stats("tottime")
        return
    medians = measure(options.rounds, options.spans, options.published)
    print(f"µs a span in the calling thread, medians of {options.rounds} rounds")
    print(f"(in brackets: of {BESIDE})\n")
    print("| | " + " | ".join(SHAPES) + " |\n|---|" + "---|" * len(SHAPES))
    for name, shapes in medians.items():
        cells = (f"{one:.2f} ({one / medians[BESIDE][shape]:.0%})" for shape, one in shapes.items())
        print(f"| {name} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
