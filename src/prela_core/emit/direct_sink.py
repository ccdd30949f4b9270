"""The sink without a background: spans are exported where their trace ends."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from prela_core.emit.place import LocalTrace
from prela_core.emit.ports import Exporter, Finished
from prela_core.model import Span

__all__ = ["DirectSink"]

_log = logging.getLogger("prela")


class DirectSink:
    """Gathers what ends within one local root, and exports it in one call when that ends.

    `export` is called in the thread that ends the root, with the spans in the order of their
    ends; that thread waits. A span that ends after its root, as that of a task which nobody
    waited for, is exported when it ends. When `export` raises, the program goes on; the first
    such error is logged.

    No lock is needed: a span is put in before `ended` is read, the root has ended before its
    spans are taken out, and a deque hands each of them to one taker only.
    """

    def __init__(self, export: Exporter) -> None:
        self._export = export
        self._waiting: WeakKeyDictionary[LocalTrace, deque[Span]] = WeakKeyDictionary()
        self._has_failed = False
        self._is_closed = False

    def put(self, finished: Finished, /) -> None:
        """Take a span; export its part of the trace if that has ended."""
        if self._is_closed:
            return
        span = finished.to_span()
        trace = getattr(finished, "trace", None)
        if not isinstance(trace, LocalTrace):  # of another library, which tells of no trace
            self._hand_on([span])
            return
        waiting = self._waiting.setdefault(trace, deque())
        waiting.append(span)
        if trace.ended:
            self._waiting.pop(trace, None)
            self._hand_on(_drained(waiting))

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - an exporter has its own deadline
        """Export what waits for the end of its trace; say whether the exporter took it."""
        done = [self._hand_on(_drained(each)) for each in list(self._waiting.values())]
        return all(done)

    def close(self, timeout: float) -> bool:
        """Flush, take no more, and close the exporter."""
        if self._is_closed:
            return True
        done = self.flush(timeout)
        self._is_closed = True
        close = getattr(self._export, "close", None)
        if callable(close):
            close()
        return done

    def _hand_on(self, spans: Sequence[Span]) -> bool:
        if not spans:
            return True
        try:
            self._export(spans)
        except Exception as error:  # noqa: BLE001 - no exporter's fault may break the program
            if not self._has_failed:
                self._has_failed = True
                _log.warning(
                    "spans were not exported (%s: %s); further failures are not reported",
                    type(error).__name__,
                    error,
                )
            _log.debug("an export failed", exc_info=True)
            return False
        return True


def _drained(waiting: deque[Span]) -> list[Span]:
    taken: list[Span] = []
    while True:
        try:
            taken.append(waiting.popleft())
        except IndexError:
            return taken
