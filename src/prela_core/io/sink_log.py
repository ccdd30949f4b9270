"""What a sink tells people of its troubles: each kind once, and what was lost in all at the end."""

from __future__ import annotations

import logging
import threading
from collections import Counter

from prela_core.emit.ports import Processor
from prela_core.errors import ForbiddenError, InputError, UnauthenticatedError, UnavailableError

__all__ = ["SinkLog"]

_log = logging.getLogger("prela")


class SinkLog:
    """Logs to `prela`: the first trouble of each kind as a warning, others at debug.

    It counts lost spans by what lost them. Nothing here raises, and the texts of spans are in
    none of the sentences. `tries_again` tells whether spans outlive a failed attempt.
    """

    def __init__(self, *, tries_again: bool = True) -> None:
        self._fate = (
            "they are kept, up to a bound, and tried again" if tries_again else "they are lost"
        )
        self._lock = threading.RLock()  # reentrant, for signal handlers
        self._said: set[str] = set()
        self._lost: Counter[str] = Counter()
        self._is_ending = False
        self._has_summed_up = False

    @property
    def lost(self) -> int:
        """How many spans are lost until now, whatever the reason."""
        with self._lock:
            return sum(self._lost.values())

    def failed(self, error: Exception) -> None:
        """Say that an attempt to export failed, and what to do."""
        if isinstance(error, UnavailableError):
            self._say(
                "unavailable",
                f"spans can't be delivered now ({error}); {self._fate}",
            )
        elif isinstance(error, (UnauthenticatedError, ForbiddenError)):
            self._say(
                "key",
                f"the API key is refused ({error}); spans are lost until PRELA_API_KEY, or "
                "api_key, is a key that may send them",
            )
        elif isinstance(error, InputError):
            self._say("refused", f"spans were refused ({error}); they are lost")
        else:
            self._say(
                f"exporter {type(error).__name__}",
                f"an exporter failed ({type(error).__name__}: {error}); its spans are lost",
            )
        _log.debug("an export failed", exc_info=error)

    def failed_to_process(self, processor: Processor, error: Exception) -> None:
        """Say that a processor raised."""
        name = getattr(processor, "__name__", type(processor).__name__)
        # Not the error's text: it may quote what redaction would have taken out.
        self._say(
            f"processor {name}",
            f"the processor {name} raised {type(error).__name__}; mend it: until then spans go "
            "on without it, or without their contents where it redacts",
        )

    def failed_to_read(self, kind: type, error: Exception) -> None:
        """Say that a finished span could not be made a `Span`; count it as lost."""
        self._say(f"read {kind}", f"spans of {kind.__qualname__} can't be read: {error!r}")
        self.dropped(1, "they could not be read")

    def dropped(self, count: int, why: str) -> None:
        """Count spans that are lost because of `why`, such as `the buffer was full`."""
        if count <= 0:
            return
        with self._lock:
            self._lost[why] += count
        if not self._is_ending:
            self._say("dropped", f"spans are being dropped: {why}; the total follows at the end")
        elif self._has_summed_up:
            self._say("dropped", f"spans are being dropped: {why}")

    def warn(self, kind: str, sentence: str) -> None:
        """Say `sentence`, once for each `kind`."""
        self._say(kind, sentence)

    def begin_to_end(self) -> None:
        """Say no more that spans are dropped: the total follows soon."""
        self._is_ending = True

    def sum_up(self) -> None:
        """Say what was lost in all, if anything was."""
        with self._lock:
            lost = dict(self._lost)
        self._is_ending = self._has_summed_up = True
        if lost:
            count = sum(lost.values())
            reasons = ", ".join(f"{count:,} as {why}" for why, count in lost.items())
            spans = "1 span was" if count == 1 else f"{count:,} spans were"
            _log.warning("%s lost in all: %s", spans, reasons)

    def _say(self, kind: str, sentence: str) -> None:
        with self._lock:
            is_new = kind not in self._said
            self._said.add(kind)
        if is_new:
            _log.warning("%s", sentence)
