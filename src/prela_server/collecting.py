"""A garbage collector that is told what a server's garbage looks like."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["seldom_collected"]

_YOUNG, _OLDER, _OLDEST = 5_000, 10, 10
"""Objects more than were let go of, and collections of the younger, before one looks again.

A body of a thousand spans is looked through about once while it is decoded by Python's own numbers,
and once in forty bodies by these; none of what waits to be stored is garbage.
"""


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector pass over what is there by now, and look for garbage less often."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _OLDER, _OLDEST)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
