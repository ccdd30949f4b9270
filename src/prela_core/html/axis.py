"""A trace's axis of time, and the bars on it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import attrs

from prela_core.html.markup import Markup, tag
from prela_core.store import StoredSpan
from prela_core.text import figures

__all__ = ["Axis", "axis_of"]

_MILLISECOND = timedelta(milliseconds=1)
_TICKS = 5
_STEPS = (1, 2, 2.5, 5, 10)
_CLOCK_STEPS = (10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3)
_FROM_CLOCK = 5e3


@attrs.frozen
class Axis:
    """A stretch of time; every place on it is a share of its width, in per cent."""

    begin: datetime
    length_ms: float

    @property
    def step_ms(self) -> float:
        """How far its marks are apart: a round number, of which about four make the whole."""
        if self.length_ms <= 0:
            return 1.0
        wanted = self.length_ms / _TICKS
        if wanted > _FROM_CLOCK:
            for step in _CLOCK_STEPS:
                if wanted <= step:
                    return step
        power = 10.0 ** math.floor(math.log10(wanted))
        return next(step * power for step in _STEPS if wanted <= step * power * (1 + 1e-9))

    @property
    def step(self) -> float:
        """The same as a share."""
        return 100 * self.step_ms / self.length_ms if self.length_ms > 0 else 100.0

    def labels(self) -> Markup:
        """Set the moments of the marks."""
        shares = [at * self.step for at in range(int(100 / self.step) + 1)]
        return Markup("").join(
            tag(
                "span",
                figures.duration(at * self.step_ms) if at else "0",
                # The last would stand in the next column.
                style=f"right:{100 - share:.2f}%" if share > 92 else f"left:{share:.2f}%",  # noqa: PLR2004
            )
            for at, share in enumerate(shares)
        )

    def place(self, start: datetime, end: datetime) -> str:
        """Give the style of what lasts from `start` to `end`."""
        left, right = self._share(start), self._share(end)
        return f"left:{left:.2f}%;width:{max(right - left, 0):.2f}%"

    def bar(self, span: StoredSpan) -> Markup:
        """Draw a span's time; lighter is what a model took to its first token."""
        end = span.ended_at or self.begin + self.length_ms * _MILLISECOND
        waited = Markup("")
        if span.ttft_ms and span.duration_ms > 0:
            share = min(100 * span.ttft_ms / span.duration_ms, 100)
            waited = tag("u", style=f"width:{share:.1f}%")
        running = " running" if span.ended_at is None else ""
        style = self.place(span.started_at, max(end, span.started_at))
        return tag("i", waited, class_=f"b{running}", style=style)

    def _share(self, moment: datetime) -> float:
        if self.length_ms <= 0:
            return 0.0 if moment <= self.begin else 100.0
        share = 100 * ((moment - self.begin) / _MILLISECOND) / self.length_ms
        return min(max(share, 0.0), 100.0)


def axis_of(spans: Sequence[StoredSpan]) -> Axis:
    """Make the axis from the earliest start to the latest end or start of `spans`."""
    begin = min(span.started_at for span in spans)
    finish = max(max(span.ended_at or span.started_at, span.started_at) for span in spans)
    return Axis(begin, (finish - begin) / _MILLISECOND)
