"""A thread that brings spans to one exporter, and does not let go of them until they are there."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from contextvars import Context

from prela_core.emit.batcher import Batcher, Bounds
from prela_core.emit.ports import Exporter
from prela_core.emit.size import size_of
from prela_core.errors import TooLargeError, UnavailableError
from prela_core.io.sink_log import SinkLog
from prela_core.io.spill import Spill
from prela_core.io.unobserved import Unobserved
from prela_core.model import Span

__all__ = ["Outbox"]

_LAST_ATTEMPTS = 3
"""Attempts after closing began, unless the server says when to come back: a program whose
server is not there should not wait at its end for as long as it may."""

_LOOKS_EVERY = 30.0
"""Seconds between two looks for spilled spans of other processes."""


class Outbox:
    """Drives one exporter by a `Batcher`, in a daemon thread of its own.

    Thread-safe. What gives way or is left at the end goes to `spill` if there is one, else it
    is lost and counted in `log`. The exporter is called, and closed, in that one thread only.
    """

    def __init__(
        self,
        exporter: Exporter,
        *,
        bounds: Bounds,
        log: SinkLog,
        spill: Spill | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._exporter = Unobserved(exporter)
        self._batcher: Batcher[Span] = Batcher(bounds, jitter)
        self._log = log
        self._spill = spill
        self._clock = clock
        self._changed = threading.Condition()  # reentrant, for signal handlers
        self._is_closing = False
        self._is_stopped = False
        self._attempts_left = _LAST_ATTEMPTS
        self._bounds = bounds
        self._look_at = float("-inf")
        self._look_pause = bounds.first_pause
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, once. Raises `RuntimeError` where none can be had."""
        if self._thread is not None:
            return
        thread = threading.Thread(target=self._run, name="prela-export", daemon=True)
        Context().run(thread.start)  # not in the span that happened to be first
        self._thread = thread

    def add(self, spans: Iterable[Span]) -> None:
        """Take `spans` to be exported."""
        gone: list[Span] = []
        with self._changed:
            now = self._clock()
            is_late = self._is_stopped
            for span in spans:
                gone += [span] if is_late else self._batcher.add(span, size_of(span), now)
            self._changed.notify_all()
        self._save(gone, "they came after the end" if is_late else "the buffer was full")

    def hasten(self) -> int:
        """Let all that was added go at once; give a number for `wait`."""
        with self._changed:
            number = self._batcher.hasten()
            self._changed.notify_all()
            return number

    def wait(self, number: int, until: float) -> bool:
        """Wait until what was added before `number` is settled, or the clock says `until`."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._batcher.settled >= number or self._is_stopped,
                max(0.0, until - self._clock()),
            )

    def finish(self) -> None:
        """Begin to close: all goes at once, and attempts are few from now on."""
        with self._changed:
            self._batcher.hasten()
            self._is_closing = True
            self._changed.notify_all()

    def close(self, until: float) -> bool:
        """Export what is held until the clock says `until`; say whether nothing was left."""
        self.finish()
        if self._thread is None:
            self._run_here(until)
        else:
            self.wait(self._batcher.added, until)
        with self._changed:
            self._is_stopped = True
            left = self._batcher.give_up()
            self._changed.notify_all()
        self._save(left, "they were not delivered by the end")
        if self._thread is not None:
            # It has little left to do, unless an attempt is in flight; that is not waited for.
            self._thread.join(max(0.0, until - self._clock()))
        return not left

    def _run_here(self, until: float) -> None:
        """Try each batch once in the calling thread: there is no other."""
        while self._clock() < until and (batch := self._batcher.take(self._clock())):
            self._settle(self._attempt(batch))
        self._close_exporter()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            if batch:
                self._settle(self._attempt(batch))
            else:
                self._deliver_spilled()
        self._close_exporter()

    def _close_exporter(self) -> None:
        with suppress(Exception):
            self._exporter.close()

    def _next(self) -> Sequence[Span] | None:
        """Wait for the next batch; an empty one is for the spilled spans, None for the end."""
        with self._changed:
            while not self._is_stopped:
                now = self._clock()
                if batch := self._batcher.take(now):
                    return batch
                due_at = self._batcher.due_at()
                # Spilled spans wait while newer ones can't be delivered either.
                looks = self._spill is not None and not (self._is_closing or self._batcher.failures)
                if looks and now >= self._look_at:
                    return []
                times = [due_at] if due_at is not None else []
                times += [self._look_at] if looks else []
                self._changed.wait(max(0.0, min(times) - now) if times else None)
        return None

    def _attempt(self, spans: Sequence[Span]) -> Exception | None:
        try:
            self._exporter(spans)
        except Exception as error:  # noqa: BLE001 - no exporter's fault may end the thread
            self._log.failed(error)
            return error
        return None

    def _settle(self, error: Exception | None) -> None:
        lost = 0
        with self._changed:
            if self._is_stopped:
                return  # what was in flight has been given up meanwhile
            if error is None:
                self._batcher.succeeded()
            elif isinstance(error, UnavailableError):
                self._batcher.failed(self._clock(), error.retry_after)
                self._consider_stopping(error)
            elif not (isinstance(error, TooLargeError) and self._batcher.too_large()):
                lost = self._batcher.refused()
            self._changed.notify_all()
        self._log.dropped(lost, "they were refused")

    def _consider_stopping(self, error: UnavailableError) -> None:
        if self._is_closing:
            self._attempts_left -= not error.retry_after
            self._is_stopped = self._spill is not None or self._attempts_left <= 0

    def _deliver_spilled(self) -> None:
        claim = self._spill.claim() if self._spill is not None else None
        if claim is None:
            pause = _LOOKS_EVERY
        else:
            error = self._attempt(claim.spans) if claim.spans else None
            if isinstance(error, UnavailableError):
                claim.release()
                pause = max(self._look_pause, error.retry_after)
                self._look_pause = min(self._look_pause * 2, self._bounds.longest_pause)
            else:
                self._look_pause = self._bounds.first_pause
                claim.delivered()
                self._log.dropped(len(claim.spans) if error else 0, "they were refused")
                pause = 0.0
        with self._changed:
            self._look_at = self._clock() + pause

    def _save(self, spans: Sequence[Span], why: str) -> None:
        """Spill `spans`, or let them go."""
        if spans:
            saved = self._spill.save(spans) if self._spill is not None else 0
            self._log.dropped(len(spans) - saved, why)
            with self._changed:
                self._look_at = self._clock()
