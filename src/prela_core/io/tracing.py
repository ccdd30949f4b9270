"""A tracer on this machine's own clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial

from prela_core.emit import Tracer
from prela_core.model import Span

__all__ = ["open_tracer"]


def open_tracer(service_name: str, export: Callable[[Sequence[Span]], None]) -> Tracer:
    """Give a `prela_core.emit.Tracer` for the spans of one service.

    `export` takes the spans of each finished trace: `HttpExporter` sends them to a server and
    `JsonlExporter` appends them to a file.
    """
    return Tracer(service_name, export, now=partial(datetime.now, UTC))
