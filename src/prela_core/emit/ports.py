"""What finished spans go through on their way out: the ports between tracer and exporters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_core.model import Span

__all__ = ["Exporter", "Finished", "Processor", "Sink"]


class Finished(Protocol):
    """A span that has ended, of our tracer or of another library's.

    What the span says is fixed when it ends; putting it into the form of a `Span` is put off
    until `to_span`, so that the thread which ended it does not pay for that.
    """

    def to_span(self) -> Span:
        """Give the span. May be called in any thread, and never raises."""


class Exporter(Protocol):
    """Takes spans to where they are kept or shown. Any function of spans will do.

    One that holds something open has a method `close()`, which its owner calls once.
    """

    def __call__(self, spans: Sequence[Span], /) -> None:
        """Export `spans`, of any traces; returns once they are where they should be.

        Raises an `UnavailableError` for what another attempt may mend, after `retry_after`
        seconds, and anything else for what none can.
        """


class Processor(Protocol):
    """A step between tracer and exporter: redaction, enrichment, dropping. Plain functions do."""

    def __call__(self, span: Span, /) -> Span | None:
        """Give `span`, or another in its place, or None to drop it."""


class Sink(Protocol):
    """Where a tracer puts what has ended."""

    def put(self, finished: Finished, /) -> None:
        """Take a finished span. Never raises; one that works in the background never waits."""

    def flush(self, timeout: float) -> bool:
        """Export what was put until now, for `timeout` seconds at most; say whether all was."""

    def close(self, timeout: float) -> bool:
        """Take no more, flush for `timeout` seconds at most, and close the exporters.

        Gives what `flush` gives. Closing again does nothing.
        """
