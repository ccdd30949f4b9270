"""Ending well in the children of `multiprocessing`, which run no `atexit` functions."""

from __future__ import annotations

import sys
from collections.abc import Callable

__all__ = ["end_with_multiprocessing"]

_EARLY = 100
"""Finalizers of a higher priority run first: before pools and queues are gone."""


def end_with_multiprocessing(owner: object, end: Callable[[], None]) -> None:
    """Have `end` called when this process ends as a child of `multiprocessing`.

    A child that was forked leaves by `os._exit`, after the finalizers of `multiprocessing.util`.
    Those registered before the child's own code begins are forgotten, but for what
    `register_after_fork` registers again. The module is not loaded for this: a program without
    it has no such children.
    """
    util = sys.modules.get("multiprocessing.util")
    process = sys.modules.get("multiprocessing.process")
    if util is None or process is None:
        return
    if process.parent_process() is not None:
        util.Finalize(owner, end, exitpriority=_EARLY)
    else:
        util.register_after_fork(
            owner, lambda one: util.Finalize(one, end, exitpriority=_EARLY) and None
        )
