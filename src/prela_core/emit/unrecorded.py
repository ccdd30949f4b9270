"""Spans that are not exported: those of traces that were not sampled, or made before `init`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.place import HERE, LocalTrace

__all__ = ["NO_SPAN", "UnrecordedRoot", "UnrecordedSpan", "unrecorded"]


class UnrecordedSpan(ActiveSpan):
    """A span below one that is not recorded, or of no tracer. It changes nothing at all.

    The root above it stays the current span: all that is left to say is that nothing is
    recorded.
    """

    __slots__ = ()

    def __init__(self, trace: LocalTrace, span_id: str) -> None:
        self.trace = trace
        self.span_id = span_id
        self.name = ""
        self.parent_span_id = None
        self.before = None
        self.ended = False
        self._next_door = None

    def start(self) -> Self:
        """Change nothing."""
        return self

    def end(self, error: BaseException | None = None) -> None:
        """Change nothing."""

    def set(self, key: str, value: Any) -> None:
        """Keep nothing."""

    def set_copied(self, key: str, value: Any) -> None:
        """Keep nothing."""

    def event(self, name: str, /, attributes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Keep nothing."""

    def link(
        self,
        trace_id: str | None,
        span_id: str | None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Keep nothing."""

    def fail(self, message: str | BaseException) -> None:
        """Keep nothing."""

    def record_exception(self, error: BaseException) -> None:
        """Keep nothing."""


class UnrecordedRoot(UnrecordedSpan):
    """The local root of a trace that was not sampled: what runs within knows so by it."""

    __slots__ = ()

    def start(self) -> Self:
        """Become the current span."""
        self.enter()
        return self

    def end(self, error: BaseException | None = None) -> None:  # noqa: ARG002 - kept by none
        """Be the current span no more."""
        if not self.ended:
            self.ended = True
            self.leave()


NO_SPAN = UnrecordedSpan(LocalTrace("", sampled=False), "")
"""What is given where no tracer is set."""


@contextmanager
def unrecorded() -> Iterator[None]:
    """Record nothing of what begins in this block: making and sending spans makes none itself."""
    here = HERE.get()
    HERE.set(NO_SPAN)
    try:
        yield
    finally:
        HERE.set(here)
