"""Exporting without observing the export: else each one would make spans to export."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from prela_core.emit.ports import Exporter
from prela_core.emit.unrecorded import unrecorded
from prela_core.model import Span

__all__ = ["Unobserved", "unobserved"]

_KEY = "_SUPPRESS_INSTRUMENTATION_KEY"


@contextmanager
def unobserved() -> Iterator[None]:
    """Let neither Prela nor instrumentors of OpenTelemetry make spans of what this block does.

    Instrumentors heed a key of OpenTelemetry's context that `opentelemetry.context` holds, or its
    older form, the plain word. Where the package is not loaded there are none.
    """
    with unrecorded(), _unseen():
        yield


@contextmanager
def _unseen() -> Iterator[None]:
    context = sys.modules.get("opentelemetry.context")
    if context is None:
        yield
        return
    keys = {"suppress_instrumentation", getattr(context, _KEY, "suppress_instrumentation")}
    quiet = context.get_current()
    for key in keys:
        quiet = context.set_value(key, True, quiet)
    token = context.attach(quiet)
    try:
        yield
    finally:
        context.detach(token)


class Unobserved:
    """`exporter`, unobserved."""

    def __init__(self, exporter: Exporter) -> None:
        self._exporter = exporter

    def __call__(self, spans: Sequence[Span]) -> None:
        """Export `spans`."""
        with unobserved():
            self._exporter(spans)

    def close(self) -> None:
        """Close the exporter, if it can be closed."""
        close = getattr(self._exporter, "close", None)
        if close is not None:
            close()
