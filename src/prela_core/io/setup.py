"""Setting Prela up for a program: `init`, `flush`, `shutdown`, and the environment they read."""

from __future__ import annotations

import atexit
import os
import sys
import time
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from prela_core.emit import DirectSink, Exporter, Processor, Sampler, Sink, Tracer
from prela_core.emit.batcher import Bounds
from prela_core.emit.process_wide import get_tracer, set_tracer
from prela_core.emit.samplers import never, parent_based, ratio
from prela_core.emit.tail import KeepErrors
from prela_core.errors import SettingsError
from prela_core.io.background_sink import BackgroundSink
from prela_core.io.exporters import exporter_from
from prela_core.io.settings_check import check
from prela_core.io.several import several
from prela_core.io.sink_log import SinkLog
from prela_core.io.thread_context import carry_into_threads, leave_threads_alone
from prela_core.io.unobserved import Unobserved

__all__ = ["flush", "init", "shutdown"]

_DIRECT_ATTEMPTS = 2
"""Where the program itself waits for the exporter, it does not wait for long."""

_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"", "0", "false", "no", "off"})


def init(
    service_name: str | None = None,
    *,
    url: str | None = None,
    api_key: str | None = None,
    exporter: str | Exporter | Sequence[str | Exporter] | None = None,
    sampler: Sampler | None = None,
    processors: Sequence[Processor] = (),
    tail: KeepErrors | None = None,
    spill: str | PathLike[str] | None = None,
    background: bool = True,
    environment: str | None = None,
    attributes: Mapping[str, Any] | None = None,
    carry_context: bool = True,
    flush_timeout: float = 5.0,
    bounds: Bounds | None = None,
) -> Tracer:
    """Set the tracer that the whole program shares, and give it.

    Spans go to the Prela server at `url`, in the background, unless `exporter` says otherwise: a
    function of spans, a word such as `console` or `jsonl:spans.jsonl` (`exporter_from` knows
    them), or several, which do not wait for each other. On their way they pass through
    `processors`, in their order, and `tail`, such as `keep_errors(ratio=0.1)`. `sampler` decides
    earlier, where a trace starts.

    A server that is not there is no error: spans are kept in memory within `bounds` and tried
    again, or saved to the directory `spill`, which other processes may share, until it is.
    `bounds` is a `prela_core.emit.batcher.Bounds`, by default 10,000 spans and 64 MiB. At the
    program's end, what is left is sent for `flush_timeout` seconds at most. With
    `background=False` the thread in which a trace ends exports it and waits: for notebooks and
    tests.

    `environment` and `attributes` are set on every span. Threads and thread pools carry on the
    span that they were started in, unless `carry_context` is False.

    What is not given is read from the environment: `PRELA_SERVICE_NAME` (else the program's
    name), `PRELA_URL` (else http://127.0.0.1:8000), `PRELA_API_KEY`, `PRELA_EXPORTER`,
    `PRELA_ENVIRONMENT`, `PRELA_SPILL_DIR`, and `PRELA_SAMPLE`, the share of traces to record from
    0 to 1. With `PRELA_DISABLED=1` nothing is recorded.

    Called again, it replaces what it set up before, which is flushed. Raises `SettingsError`, in
    one sentence, for what can't be used.
    """
    name = _service_name(service_name)
    check(
        url=url,
        api_key=api_key,
        sampler=sampler,
        processors=processors,
        tail=tail,
        spill=spill,
        environment=environment,
        attributes=attributes,
        flush_timeout=flush_timeout,
        bounds=bounds,
    )
    if spill is not None and not background:
        raise SettingsError("spill saves what waits in the background; leave out background=False")
    if _is_set("PRELA_DISABLED"):
        sink: Sink = DirectSink(_nowhere)
        sampler = never
    else:
        sampler = sampler or _sampler()
        exporters = _exporters(
            exporter, url, api_key, attempts=1 if background else _DIRECT_ATTEMPTS
        )
        if background:
            sink = BackgroundSink(
                exporters,
                processors=processors,
                tail=tail,
                spill=spill or os.environ.get("PRELA_SPILL_DIR") or None,
                bounds=bounds,
                flush_timeout=flush_timeout,
            )
        else:
            sink = _direct(exporters, processors, tail)
    environment = environment or os.environ.get("PRELA_ENVIRONMENT")
    said = {"environment": environment} if environment else {}
    tracer = Tracer(
        name,
        sink,
        now_ns=time.time_ns,
        monotonic_ns=time.perf_counter_ns,
        sampler=sampler,
        attributes=said | dict(attributes or {}),
    )
    before = set_tracer(tracer)
    (carry_into_threads if carry_context else leave_threads_alone)()
    if before is not None:
        before.sink.close(flush_timeout)
    return get_tracer() or tracer  # in a test another one may stand in for it


def flush(timeout: float = 5.0) -> bool:
    """Export what the shared tracer recorded until now, for `timeout` seconds at most.

    Says whether all of it was exported; True where nothing is set up.
    """
    tracer = get_tracer()
    return tracer.sink.flush(timeout) if tracer is not None else True


def shutdown(timeout: float = 5.0) -> bool:
    """Flush, for `timeout` seconds at most, close the exporters, and record nothing from now on.

    Says whether all was exported. `init` may be called again afterwards.
    """
    tracer = set_tracer(None)
    return tracer.sink.close(timeout) if tracer is not None else True


def _nowhere(_: object) -> None:
    """Export nothing."""


def _exporters(
    chosen: Any,  # what people give may be anything
    url: str | None,
    api_key: str | None,
    *,
    attempts: int,
) -> list[Exporter]:
    chosen = chosen if chosen is not None else os.environ.get("PRELA_EXPORTER") or "http"
    if isinstance(chosen, str):
        parts: Sequence[str | Exporter] = [part.strip() for part in chosen.split(",")]
    elif callable(chosen):
        parts = [chosen]
    elif isinstance(chosen, Sequence) and chosen:
        parts = chosen
    else:
        raise SettingsError(
            "exporter is a function of spans, a word such as 'console', or a list of them; "
            f"{chosen!r} is none"
        )
    for part in parts:
        if not (isinstance(part, str) or callable(part)):
            raise SettingsError(f"an exporter is a function of spans or a word; {part!r} is none")
    return [exporter_from(part, url=url, api_key=api_key, attempts=attempts) for part in parts]


def _direct(
    exporters: Sequence[Exporter], processors: Sequence[Processor], tail: KeepErrors | None
) -> DirectSink:
    log = SinkLog(tries_again=False)
    sink = DirectSink(
        Unobserved(exporters[0] if len(exporters) == 1 else several(*exporters)),
        processors=processors,
        tail=tail,
        failed=log.failed,
        fault=log.failed_to_process,
    )
    atexit.register(sink.close, 0.0)
    return sink


def _service_name(given: object) -> str:
    if isinstance(given, str) and given.strip():
        return given
    if given is not None:
        raise SettingsError(f"service_name is a text such as 'shop-agent', not {given!r}")
    return os.environ.get("PRELA_SERVICE_NAME") or _program()


def _program() -> str:
    """Give the name of the running program, as people call it."""
    path = Path(sys.argv[0] if sys.argv else "")
    # `python -m package` runs package/__main__.py.
    name = path.parent.name if path.stem == "__main__" else path.stem
    return name if name and not name.startswith("-") else "python"


def _sampler() -> Sampler | None:
    said = os.environ.get("PRELA_SAMPLE")
    if not said:
        return None
    try:
        return parent_based(ratio(float(said)))
    except ValueError:
        raise SettingsError(f"PRELA_SAMPLE is a share from 0 to 1, not {said!r}") from None


def _is_set(variable: str) -> bool:
    said = os.environ.get(variable, "").strip().lower()
    if said not in _YES | _NO:
        raise SettingsError(f"{variable} is 1 or 0, not {said!r}")
    return said in _YES
