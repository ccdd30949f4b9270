"""The thread between the program and the outboxes: an inbox, and the stages spans go through."""

from __future__ import annotations

import itertools
import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context

import attrs

from prela_core.emit.batcher import Bounds
from prela_core.emit.ports import Finished
from prela_core.emit.size import size_of
from prela_core.emit.stages import Stages
from prela_core.emit.unrecorded import unrecorded
from prela_core.io.outbox import Outbox
from prela_core.io.sink_log import SinkLog
from prela_core.model import Span

__all__ = ["Gatherer"]

_log = logging.getLogger("prela")

_TICK = 0.1
"""Seconds between two looks at the inbox while spans come."""
_QUIET_TICKS = 20
"""Looks in vain after which the thread sleeps until it is woken."""
_WAKES_AT = 256
"""Spans in the inbox that are not left for the next tick."""
_GROUP, _GROUP_SIZE = 64, 1 << 20
"""Spans, or bytes of them, handed to the outboxes together."""
_LEAST_ROOM = 16
"""Spans that the inbox takes however large they are."""
_LONGEST = threading.TIMEOUT_MAX / 2
"""Seconds that can be waited for; nobody sees the end of more, be it infinite."""
_SHARE = 4
"""The inbox takes the fourth part of the bytes that a buffer holds."""


@attrs.define(eq=False)
class _Mark:
    """Goes through the inbox behind what a flush is about."""

    is_last: bool = False
    passed: threading.Event = attrs.field(factory=threading.Event)
    numbers: list[int] = attrs.field(factory=list)


class Gatherer:
    """Takes finished spans from any thread, and hands them to `outboxes` from its own.

    Its daemon thread starts with the first span. While spans come it looks at the inbox ten
    times a second, so that most of them wake nobody; after two seconds without any it sleeps.
    When the inbox is full the newest are dropped and counted: they come faster than they can be
    processed. It holds fewer where spans are large, by the size of those before them.

    `put` takes no lock, so a signal handler or a finalizer may make spans too.
    """

    def __init__(
        self,
        outboxes: Sequence[Outbox],
        stages: Stages,
        *,
        bounds: Bounds,
        log: SinkLog,
        clock: Callable[[], float],
        started: Callable[[], None] = lambda: None,
    ) -> None:
        self._outboxes = outboxes
        self._stages = stages
        self._bounds = bounds
        self._log = log
        self._clock = clock
        self._started = started
        self._lock = threading.RLock()
        self._inbox: deque[Finished | _Mark] = deque()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._wakes_at = -1
        self._room = bounds.held
        self._mean_size = 0.0
        # Counting by `next` is one step for all threads, which `+= 1` is not.
        self._overflow = itertools.count()
        self._readings = 0
        self._counted = 0
        self._told = 0
        self._is_running = False
        self._is_closed = False
        self._closed_well = True
        self._has_taken = False

    @property
    def lost(self) -> int:
        """How many spans were lost until now, for whatever reason."""
        self._count_losses()
        return self._log.lost

    def put(self, finished: Finished, /) -> None:
        """Take a span: an append, and a look at whether the thread must be told."""
        inbox = self._inbox
        inbox.append(finished)
        if len(inbox) > self._wakes_at:
            self._tell()

    def flush(self, timeout: float) -> bool:
        """Export what was put until now, for `timeout` seconds at most; say whether all was.

        A span that was lost since the last flush makes it False, once. Traces that the tail
        sampler has not decided on stay.
        """
        until = self._clock() + min(timeout, _LONGEST)
        mark = self._pass_mark(_Mark(), until)
        numbers = zip(self._outboxes, mark.numbers, strict=False)
        settled = [outbox.wait(number, until) for outbox, number in numbers]
        return self._lost_none() and mark.passed.is_set() and all(settled)

    def close(self, timeout: float) -> bool:
        """Take no more, flush for `timeout` seconds at most, and close the exporters."""
        with self._lock:
            if self._is_closed:
                return self._closed_well
            self._is_closed = True
            self._wakes_at = -1
        self._log.begin_to_end()
        try:
            return self._finish(self._clock() + min(timeout, _LONGEST))
        except KeyboardInterrupt:
            # Whoever is at the keyboard waits no longer; what is lost is saved or counted.
            self._finish(self._clock())
            raise

    def _finish(self, until: float) -> bool:
        self._pass_mark(_Mark(is_last=True), until)
        for outbox in self._outboxes:
            outbox.finish()
        delivered = [outbox.close(until) for outbox in self._outboxes]
        self._log.dropped(self._empty_inbox(), "they were not processed by the end")
        self._closed_well = self._lost_none() and all(delivered)
        self._log.sum_up()
        return self._closed_well

    def start(self) -> None:
        """Start the threads, unless another thread is about to, or none can be had."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._is_running:
                return
            for outbox in self._outboxes:
                outbox.start()
            thread = threading.Thread(target=self._gather, name="prela-gather", daemon=True)
            Context().run(thread.start)  # not in the span that happened to be first
            self._is_running = True
            self._wakes_at_most(_WAKES_AT)
            self._started()
        except RuntimeError:  # as at the interpreter's end
            _log.debug("no thread can be started to export spans", exc_info=True)
        finally:
            self._lock.release()

    def _tell(self) -> None:
        """See to what `put` could not: no thread yet, a thread asleep, no room."""
        inbox = self._inbox
        if self._is_closed:
            self._log.dropped(self._drop_newest(), "they came after the end")
            return
        if len(inbox) > self._room and self._is_running:
            if self._drop_newest():
                next(self._overflow)
            return
        if not self._is_running:
            self.start()
        elif self._lock.acquire(blocking=False):
            # Said before it wakes: then nobody is to be told again until there is no room.
            self._wakes_at_most(self._room)
            self._lock.release()
        if self._wake.empty():
            self._wake.put(None)

    def _drop_newest(self) -> int:
        """Undo one `put`, this thread's or a later one; never a mark. Says how many it dropped."""
        try:
            newest = self._inbox.pop()
        except IndexError:
            return 0  # it was taken meanwhile
        if type(newest) is not _Mark:
            return 1
        self._inbox.append(newest)
        return 0

    def _pass_mark(self, mark: _Mark, until: float) -> _Mark:
        """Send `mark` through the inbox, and wait until it has passed or the clock says `until`."""
        if not self._is_running and self._inbox:
            self.start()
        self._inbox.append(mark)
        if self._is_running:
            self._wake.put(None)
            mark.passed.wait(max(0.0, until - self._clock()))
        else:
            # Nothing was put yet, or the interpreter ends and has no threads to give.
            self._drain()
        return mark

    def _count_losses(self) -> None:
        with self._lock:
            overflow = next(self._overflow) - self._readings
            self._readings += 1
            new, self._counted = overflow - self._counted, overflow
        self._log.dropped(new, "they came faster than they could be processed")

    def _lost_none(self) -> bool:
        """Say whether nothing was lost since this was asked last."""
        before, self._told = self._told, self.lost
        return before == self._told

    def _empty_inbox(self) -> int:
        left = 0
        with suppress(IndexError):
            while True:
                left += not isinstance(self._inbox.popleft(), _Mark)
        return left

    # The thread that gathers.

    def _gather(self) -> None:
        with unrecorded():  # a processor that is traced would else have no end of spans
            self._gather_on()

    def _gather_on(self) -> None:
        vain = 0
        while not self._drain():
            self._wakes_at_most(min(_WAKES_AT, self._room))
            self._count_losses()
            vain = 0 if self._has_taken or self._stages.holds else vain + 1
            if vain < _QUIET_TICKS:
                with suppress(queue.Empty):
                    self._wake.get(timeout=_TICK)
                continue
            self._wakes_at_most(-1)
            # Looked at after it was said, so that no `put` falls between the two.
            if not self._inbox:
                self._wake.get()
            vain = 0

    def _wakes_at_most(self, count: int) -> None:
        with self._lock:
            if not self._is_closed:
                self._wakes_at = count

    def _drain(self) -> bool:
        """Take all that is in the inbox through the stages; say whether it was the end."""
        self._has_taken = False
        ready = self._stages.due(self._clock())
        while True:
            try:
                one = self._inbox.popleft()
            except IndexError:
                self._hand_on(ready)
                return False
            if isinstance(one, _Mark):
                if one.is_last:
                    ready += self._stages.end()
                self._hand_on(ready)
                ready = []
                one.numbers = [outbox.hasten() for outbox in self._outboxes]
                one.passed.set()
                if one.is_last:
                    return True
                continue
            self._has_taken = True
            ready += self._through_stages(one)
            if len(ready) >= _GROUP or len(ready) * self._mean_size >= _GROUP_SIZE:
                self._hand_on(ready)
                ready = []

    def _through_stages(self, finished: Finished) -> list[Span]:
        try:
            span = finished.to_span()
            size = size_of(span)
            # Up at once, down slowly: a bound is for the worst.
            self._mean_size = max(size, self._mean_size + (size - self._mean_size) / 64)
            fitting = int(self._bounds.held_size / _SHARE / self._mean_size)
            self._room = max(_LEAST_ROOM, min(self._bounds.held, fitting))
            is_local_root = getattr(finished, "is_local_root", None)
            return self._stages.put(span, is_local_root, self._clock())
        except Exception as error:  # noqa: BLE001 - whatever a foreign span does, the thread goes on
            self._log.failed_to_read(type(finished), error)
            return []

    def _hand_on(self, spans: Sequence[Span]) -> None:
        if spans:
            for outbox in self._outboxes:
                outbox.add(spans)
