"""Ending a process on time, whatever its threads still wait for."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator

__all__ = ["ended_promptly"]

_GRACE = 1.0
"""Seconds for threads that are about to end."""


@contextlib.contextmanager
def ended_promptly() -> Iterator[None]:
    """End the process when the block exits, even if threads begun in it never end.

    The interpreter would wait for them without a bound. What is left then waits for a server that
    does not answer, and nobody waits for its answer any more.
    """
    earlier = set(threading.enumerate())
    try:
        yield
    except SystemExit as end:
        until = time.monotonic() + _GRACE
        begun = [one for one in threading.enumerate() if one not in earlier and not one.daemon]
        for thread in begun:
            thread.join(max(0.0, until - time.monotonic()))
        if any(thread.is_alive() for thread in begun):
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError):
                    stream.flush()
            os._exit(end.code if isinstance(end.code, int) else int(end.code is not None))
        raise
