"""Setting tracing up for a process, and the span of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import prela_core
from prela_core import PrelaError, SpanType
from prela_core.emit import ActiveSpan, Exporter

__all__ = ["recorded", "run_span", "trace_id_of"]

_log = logging.getLogger("prela.agents")

_FLUSH_SECONDS = 5.0
_LOCAL_FLUSH_SECONDS = 30.0
"""For a store in this process: it is there, and only its first insert takes time."""


@contextmanager
def recorded(
    service_name: str, exporter: str | Exporter | Sequence[str | Exporter] | None
) -> Iterator[None]:
    """Record what the block does, and export what is left at its end, for some seconds at most.

    What is not given is read from the environment, as `prela_core.init` says. Whatever is wrong
    with tracing is said and no more: the block runs all the same.
    """
    is_local = isinstance(exporter, str) and exporter.startswith("store:")
    try:
        prela_core.init(service_name, exporter=exporter)
    except (PrelaError, ImportError, OSError) as error:
        _log.warning("this run is not traced: %s", error)
    try:
        yield
    finally:
        try:
            if not prela_core.shutdown(_LOCAL_FLUSH_SECONDS if is_local else _FLUSH_SECONDS):
                _log.warning("not all of this run's trace was exported")
        except Exception as error:  # noqa: BLE001 - no fault of tracing may fail a run
            _log.warning("this run's trace was not exported: %s", error)


@contextmanager
def run_span(agent: str, run_id: str, *, live: bool) -> Iterator[ActiveSpan]:
    """Make the trace of a run: all that the block does is below it."""
    said = {"agent.name": agent, "prela.agents.run_id": run_id, "prela.agents.live": live}
    with prela_core.span(f"run {agent}", SpanType.AGENT, said) as root:
        yield root


def trace_id_of(root: ActiveSpan) -> str | None:
    """Give the id of the trace that `root` begins; None when it is not recorded."""
    if prela_core.get_tracer() is None or not root.trace.sampled:
        return None
    return root.trace.trace_id
