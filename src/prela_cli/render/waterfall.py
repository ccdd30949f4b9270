"""When each span ran, as bars on one axis of time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import attrs

from prela_cli.render.glyphs import Glyphs
from prela_core.store import StoredSpan
from prela_core.text import figures

__all__ = ["TimeAxis", "axis_of"]

_MILLISECOND = timedelta(milliseconds=1)
_ROOM_FOR_MIDDLE = 30
_SLACK = 1e-6


@attrs.frozen
class TimeAxis:
    """A stretch of time drawn over `width` cells."""

    begin: datetime
    length_ms: float
    width: int

    def bar(self, span: StoredSpan, glyphs: Glyphs) -> str:
        """Draw `span` as `width` cells: at least half a cell, open to the right while it runs."""
        if self.width <= 0:
            return ""
        most = 2 * self.width
        # A span that ends where the next begins must not overlap it for a rounding error.
        first = max(math.floor(self._half_cells(span.started_at) + _SLACK), 0)
        if span.ended_at is None:
            cells = min(first, most) // 2
            return " " * cells + glyphs.open_end * (self.width - cells)
        first = min(first, most - 1)
        past = max(math.ceil(self._half_cells(span.ended_at) - _SLACK), first + 1)
        return _bar(first, min(past, most) if self.length_ms > 0 else most, self.width, glyphs)

    def labels(self) -> str:
        """Write the axis' moments over `width` cells: its start, its end, its middle if it fits."""
        right = figures.duration(self.length_ms)
        if len(right) + 2 > self.width:
            return " " * max(self.width, 0)
        line = "0" + right.rjust(self.width - 1)
        if self.width < _ROOM_FOR_MIDDLE or self.length_ms <= 0:
            return line
        middle = figures.duration(self.length_ms / 2)
        at = (self.width - len(middle)) // 2
        return line[:at] + middle + line[at + len(middle) :]

    def _half_cells(self, moment: datetime) -> float:
        """How many half cells stand before `moment`."""
        if self.length_ms <= 0:
            return 0.0
        share = (moment - self.begin) / _MILLISECOND / self.length_ms
        return share * 2 * self.width


@lru_cache(maxsize=4096)  # most spans of a long trace are short, and many stand at one place
def _bar(first: int, past: int, width: int, glyphs: Glyphs) -> str:
    """Draw the half cells from `first` until before `past`."""
    lead, head = divmod(first, 2)
    stop, tail = divmod(past, 2)
    start = glyphs.right_half if head else ""
    whole = glyphs.full * (stop - lead - head)
    return (" " * lead + start + whole + glyphs.left_half * tail).ljust(width)


def axis_of(spans: Sequence[StoredSpan], width: int) -> TimeAxis:
    """Make the axis from the earliest start to the latest end or start of `spans`."""
    begin = min(span.started_at for span in spans)
    finish = max(max(span.ended_at or span.started_at, span.started_at) for span in spans)
    return TimeAxis(begin, (finish - begin) / _MILLISECOND, width)
