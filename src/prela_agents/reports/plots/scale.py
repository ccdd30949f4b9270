"""Where values go, and the round numbers beside them."""

from __future__ import annotations

import math

import attrs

__all__ = ["Scale", "short", "ticks"]


@attrs.frozen
class Scale:
    """Takes values from `low` to `high` to places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Give the place of `value`; the middle, where all values are one."""
        if self.high == self.low:
            return (self.start + self.end) / 2
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


_LEAST = 1e-6
"""What is closer together is one value on any plot, and no round numbers lie between."""


def ticks(low: float, high: float, count: int = 3) -> list[float]:
    """Give about `count` round numbers; the first is at most `low`, the last at least `high`."""
    if high - low < _LEAST:
        high = low + 1
    raw = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(raw))
    step = next(each * unit for each in (1, 2, 2.5, 5, 10) if each * unit >= raw * 0.999)
    step = max(step, 1.0) if float(low).is_integer() and float(high).is_integer() else step
    first = math.floor(low / step)
    last = math.ceil(high / step)
    return [round(each * step, 10) for each in range(first, last + 1)]


def short(value: float) -> str:
    """Write a number for an axis: `950`, `1.2k`, `3M`."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            shown = value / (1e3 if letter == "k" else size)
            return f"{shown:.1f}".removesuffix(".0") + letter
    return f"{value:,.1f}".removesuffix(".0")
