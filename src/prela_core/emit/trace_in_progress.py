"""The finished spans of a trace, kept together until its local root ends."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from prela_core.model import Span

__all__ = ["TraceInProgress"]


class TraceInProgress:
    """Gathers what one tracer finished within one local root, and hands it on in one call.

    A local root is the outermost span of a trace in this program. A span that ends after it,
    as that of a task which nobody waited for, is handed on when it ends.

    No lock is needed: a span is put in before `_closed` is read, the root closes before it
    takes the spans out, and a deque hands each of them to one taker only.
    """

    def __init__(
        self,
        trace_id: str,
        root_id: str,
        owner: object,
        hand_on: Callable[[Sequence[Span]], None],
    ) -> None:
        self.trace_id = trace_id
        self.owner = owner
        self.root_id = root_id
        self._hand_on = hand_on
        self._spans: deque[Span] = deque()
        self._closed = False

    def finished(self, span: Span) -> None:
        """Take a span that ended; hand on what has gathered when the local root has ended."""
        self._spans.append(span)
        if span.span_id == self.root_id:
            self._closed = True
        if self._closed:
            self._drain()

    def _drain(self) -> None:
        taken: list[Span] = []
        while True:
            try:
                taken.append(self._spans.popleft())
            except IndexError:
                break
        if taken:
            self._hand_on(taken)
