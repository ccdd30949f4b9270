"""What the tracer meets: where finished spans go, and who else traces in the same program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_core.model import Span

__all__ = ["Entered", "Exporter", "Finished", "Neighbour", "Processor", "Sampler", "Sink"]


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


class Sampler(Protocol):
    """Decides at a local root whether its trace is recorded. Any function like this will do.

    A local root is a span that has no parent in this program, or none of Prela's. Spans below it
    follow its decision, so a sampler is asked once for all of them.
    """

    def __call__(self, trace_id: str, parent_sampled: bool | None, now_ns: int, /) -> bool:  # noqa: FBT001 - what a parent elsewhere said: its flag, or None where there is none
        """Say whether to record; `now_ns` is the tracer's monotonic clock, in nanoseconds."""


class Entered(Protocol):
    """What a neighbour gets to know of the span that became the current one."""

    @property
    def trace_id(self) -> str:
        """Give the id of its trace."""

    @property
    def span_id(self) -> str:
        """Give its own id."""

    @property
    def recording(self) -> bool:
        """Say whether it will be exported; spans below one that isn't should not be either."""


class Neighbour(Protocol):
    """Another tracing library in this program, with which Prela shares the current span.

    One at most is installed, by `prela_core.emit.set_neighbour`. Its methods are called in the
    thread that starts and ends spans, so they should do little; what they raise is passed over.
    """

    def entered(self, span: Entered, /) -> object:
        """Make `span` the library's current one, here and now; give what `left` wants."""

    def left(self, token: object, /) -> None:
        """Make current what was so before `entered` gave `token`; perhaps in another context."""

    def foreign_parent(self) -> tuple[str, str, bool] | None:
        """Give trace id, span id and sampled flag of the library's own current span.

        None when it has none, or when its current span is one that `entered` told of: then
        Prela's own is the innermost, and the parent of what starts next.
        """
