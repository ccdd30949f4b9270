"""How many files this process may have open, of which every connection is one."""

from __future__ import annotations

import contextlib

__all__ = ["connections_within", "raise_open_files"]

_ENOUGH = 65_536
_OWN = 2048
"""What the store, the bus and the rest need at the most; half of a small number must do."""


def raise_open_files() -> int:
    """Let this process open as many files as it may ask for, and say how many that is.

    A shell gives a program 1024, which is kept low for programs of old that break with more. What
    the system's limit for this user is, is not touched.
    """
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ModuleNotFoundError:
        return _ENOUGH

    def bounded(limit: int) -> int:
        return _ENOUGH if limit == resource.RLIM_INFINITY else min(limit, _ENOUGH)

    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if bounded(now) < bounded(most):
        with contextlib.suppress(ValueError, OSError):  # macOS has a limit that it does not tell
            resource.setrlimit(resource.RLIMIT_NOFILE, (bounded(most), most))
    return bounded(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


def connections_within(files: int) -> int:
    """Give how many connections leave enough of `files` for everything else."""
    return files - min(files // 2, _OWN)
