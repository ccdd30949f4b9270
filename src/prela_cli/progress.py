"""How far long work is, on standard error and only on a terminal."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import Progress, ProgressColumn, TextColumn

__all__ = ["progress"]


def progress(*columns: ProgressColumn) -> Progress:
    """Make a line that says what is done, then `columns`, and is gone at the end."""
    return Progress(
        TextColumn("{task.description}"),
        *columns,
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    )
