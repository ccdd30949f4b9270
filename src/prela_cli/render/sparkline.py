"""A row of numbers as a row of small bars."""

from __future__ import annotations

from collections.abc import Sequence

from prela_cli.render.glyphs import Glyphs

__all__ = ["bar", "sparkline"]


def sparkline(values: Sequence[float | None], width: int, glyphs: Glyphs) -> str:
    """Draw each value as one mark, from nothing to the largest; what is None leaves a gap.

    More values than `width` are drawn as the largest of each so many neighbours.
    """
    drawn = _largest_of_each(values, max(width, 1))
    top = max((each for each in drawn if each is not None), default=0)
    return "".join(_mark(each, top, glyphs) for each in drawn)


def bar(share: float, width: int, glyphs: Glyphs) -> str:
    """Draw a share, from 0 to 1, of `width` cells: half a cell at the least, if there is any."""
    halves = max(round(min(share, 1) * 2 * width), 1) if share > 0 else 0
    return glyphs.full * (halves // 2) + glyphs.left_half * (halves % 2)


def _mark(value: float | None, top: float, glyphs: Glyphs) -> str:
    if value is None:
        return " "
    if value <= 0 or top <= 0:
        return glyphs.levels[0]
    # The least that is more than nothing shows as more.
    steps = len(glyphs.levels) - 1
    return glyphs.levels[max(1, min(steps, round(value / top * steps)))]


def _largest_of_each(values: Sequence[float | None], width: int) -> list[float | None]:
    if not values:
        return []
    size = -(-len(values) // width)
    # The last, which people look at, is of a whole number of them.
    first = len(values) % size or size
    parts = [values[:first], *(values[at : at + size] for at in range(first, len(values), size))]
    return [max((each for each in part if each is not None), default=None) for part in parts]
