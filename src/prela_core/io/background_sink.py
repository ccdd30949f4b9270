"""The sink for programs at work: a span costs them an append; threads do the rest."""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
from os import PathLike
from pathlib import Path

from prela_core.emit.batcher import Bounds
from prela_core.emit.ports import Exporter, Finished, Processor
from prela_core.emit.stages import Stages
from prela_core.emit.tail import KeepErrors
from prela_core.io.child_processes import end_with_multiprocessing
from prela_core.io.gatherer import Gatherer
from prela_core.io.outbox import Outbox
from prela_core.io.sink_log import SinkLog
from prela_core.io.spill import Spill

__all__ = ["BackgroundSink"]


class BackgroundSink:
    """Takes spans without ever waiting or raising, and exports them in daemon threads.

    One thread takes spans out of the inbox and runs `processors` and `tail`; each of
    `exporters` has a thread and a buffer of its own, so that one whose server is away holds up
    no other. `bounds` holds for the inbox and for each buffer. When a buffer is full the oldest
    spans give way; when the inbox is (spans come faster than they can be processed), the newest.
    What gives way, and what can't be delivered at the end, goes to files in `spill` if that
    is given. Else it is dropped and counted: the log `prela` says so once, and how many at the
    end.

    At the program's end it flushes for `flush_timeout` seconds at most. A forked child begins
    with an empty sink of its own. A signal's default action is left alone: SIGTERM ends a
    program that does not handle it without a flush.
    """

    def __init__(
        self,
        exporters: Sequence[Exporter],
        *,
        processors: Sequence[Processor] = (),
        tail: KeepErrors | None = None,
        spill: str | PathLike[str] | None = None,
        bounds: Bounds | None = None,
        flush_timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exporters = tuple(exporters)
        self._processors = tuple(processors)
        self._tail = tail
        self._spill = Path(spill) if spill is not None else None
        self._bounds = bounds or Bounds()
        self._flush_timeout = flush_timeout
        self._clock = clock
        self._is_closed = False
        self._here = self._gatherer()
        atexit.register(self._end)
        _open.add(self)
        if spill is not None:
            self._here.start()  # there may be spans of an earlier run to deliver

    @property
    def lost(self) -> int:
        """How many spans this process lost until now, for whatever reason."""
        return self._here.lost

    def put(self, finished: Finished, /) -> None:
        """Take a span. It takes well below a microsecond."""
        self._here.put(finished)

    def flush(self, timeout: float) -> bool:
        """Export what was put until now, for `timeout` seconds at most; say whether all was.

        A span that was lost since the last flush makes it False, once. Traces that the tail
        sampler has not decided on stay.
        """
        return self._here.flush(timeout)

    def close(self, timeout: float) -> bool:
        """Take no more, flush for `timeout` seconds at most, and close the exporters.

        The exporters are closed as soon as no attempt is in flight: one that hangs is not waited
        for any longer than this.
        """
        self._is_closed = True
        atexit.unregister(self._end)
        return self._here.close(timeout)

    def begin_anew(self) -> None:
        """Forget the spans and threads of the parent, which sends its spans itself, after a fork.

        Called in the child, by itself.
        """
        if not self._is_closed:
            self._here = self._gatherer()

    def _gatherer(self) -> Gatherer:
        """Make all that belongs to one process: its locks, queues and threads."""
        log = SinkLog()
        outboxes = [
            Outbox(
                exporter,
                bounds=self._bounds,
                log=log,
                spill=self._spill_of(number, log),
                clock=self._clock,
            )
            for number, exporter in enumerate(self._exporters)
        ]
        return Gatherer(
            outboxes,
            Stages(self._processors, self._tail, log.failed_to_process),
            bounds=self._bounds,
            log=log,
            clock=self._clock,
            started=self._has_started,
        )

    def _spill_of(self, number: int, log: SinkLog) -> Spill | None:
        if self._spill is None:
            return None
        # What one exporter could not deliver is none of the others' business.
        return Spill(self._spill / f"exporter-{number}" if number else self._spill, log)

    def _has_started(self) -> None:
        end_with_multiprocessing(self, self._end)

    def _end(self) -> None:
        # An interrupt has done its work by then: nothing is waited for any longer.
        with suppress(Exception, KeyboardInterrupt):
            self.close(self._flush_timeout)


_open: weakref.WeakSet[BackgroundSink] = weakref.WeakSet()


def _after_fork() -> None:
    for sink in list(_open):
        sink.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
