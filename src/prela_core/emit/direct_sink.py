"""The sink without a background: spans are exported where their trace ends."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from weakref import WeakKeyDictionary

from prela_core.emit.place import LocalTrace
from prela_core.emit.ports import Exporter, Finished, Processor
from prela_core.emit.processing import Fault
from prela_core.emit.stages import Stages
from prela_core.emit.tail import KeepErrors
from prela_core.emit.unrecorded import unrecorded
from prela_core.model import Span

__all__ = ["DirectSink"]

_log = logging.getLogger("prela")


_EXPORTING: ContextVar[object] = ContextVar("prela_exporting", default=None)
"""The sink that exports here."""


class DirectSink:
    """Gathers what ends within one local root, and exports it in one call when that ends.

    `export` is called in the thread that ends the root, with the spans in the order of their
    ends; that thread waits. A span that ends after its root, as that of a task which nobody
    waited for, is exported when it ends; with `at_once`, every span is. `processors` and `tail`
    come before: what they make of the spans of one call is exported. When `export` raises, the
    program goes on; `failed` is told, and by default logs the first such error. `fault` is told
    of a processor that raises.

    While it exports, nothing that the exporter or a processor does is recorded. Of spans that
    end then in the same thread, as by a finalizer or in a signal handler, the export follows: an
    exporter need not bear to be called within its own call.

    No lock is needed: a span is put in before `ended` is read, the root has ended before its
    spans are taken out, and a deque hands each of them to one taker only.
    """

    def __init__(
        self,
        export: Exporter,
        *,
        processors: Sequence[Processor] = (),
        tail: KeepErrors | None = None,
        at_once: bool = False,
        failed: Callable[[Exception], None] | None = None,
        fault: Fault = lambda _processor, _error: None,
    ) -> None:
        self._export = export
        self._processors = processors
        self._tail = tail
        self._at_once = at_once
        self._failed = failed or self._log_first
        self._fault = fault
        self._waiting: WeakKeyDictionary[LocalTrace, deque[Span]] = WeakKeyDictionary()
        self._late: deque[Span] = deque()
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
        if trace.ended or self._at_once:
            self._waiting.pop(trace, None)
            self._hand_on(_drained(waiting))

    def flush(self, timeout: float) -> bool:  # noqa: ARG002 - an exporter has its own deadline
        """Export what waits for the end of its trace; say whether the exporter took it."""
        # A list of references is made in one step; other threads add to the dictionary meanwhile.
        traces = [trace for ref in self._waiting.keyrefs() if (trace := ref()) is not None]
        left = [self._waiting.get(trace) for trace in traces]
        done = [self._hand_on(_drained(each)) for each in (*left, self._late) if each]
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
        exporting = _EXPORTING.get()
        if exporting is self:
            self._late.extend(spans)
            return True
        _EXPORTING.set(self)
        try:
            with unrecorded():
                done = self._exported(spans)
                while self._late:
                    done &= self._exported(_drained(self._late))
        finally:
            _EXPORTING.set(exporting)
        return done

    def _exported(self, spans: Sequence[Span]) -> bool:
        # Stages of their own, so that threads need no lock; all that is held ends here.
        stages = Stages(self._processors, self._tail, self._fault)
        kept = [each for span in spans for each in stages.put(span, False, 0.0)] + stages.end()
        if not kept:
            return True
        try:
            self._export(kept)
        except Exception as error:  # noqa: BLE001 - no exporter's fault may break the program
            self._failed(error)
            return False
        return True

    def _log_first(self, error: Exception) -> None:
        if not self._has_failed:
            self._has_failed = True
            _log.warning(
                "spans were not exported (%s: %s); further failures are not reported",
                type(error).__name__,
                error,
            )
        _log.debug("an export failed", exc_info=error)


def _drained(waiting: deque[Span]) -> list[Span]:
    taken: list[Span] = []
    while True:
        try:
            taken.append(waiting.popleft())
        except IndexError:
            return taken
