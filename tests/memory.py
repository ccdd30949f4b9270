"""How much memory a block of a test takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["peak_memory"]


@contextmanager
def peak_memory() -> Iterator[Callable[[], int]]:
    """Give what tells, after the block, by how many bytes its memory rose at the most."""
    peak = 0
    tracemalloc.start()
    try:
        yield lambda: peak
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
