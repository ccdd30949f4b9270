"""Saying that something goes on, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["waiting"]


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show `what` and the time it takes, on a terminal, while the block runs."""
    from rich.progress import SpinnerColumn, TimeElapsedColumn

    from prela_cli.progress import progress

    with progress(SpinnerColumn(), TimeElapsedColumn()) as shown:
        shown.add_task(what, total=None)
        yield
