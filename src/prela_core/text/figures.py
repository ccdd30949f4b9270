"""Durations, counts, money and moments, as people read them."""

from __future__ import annotations

import math
from datetime import UTC, datetime

__all__ = ["ago", "count", "dollars", "duration", "moment", "tokens"]

# Each table reads: below this, write it so. The bounds lie where the shorter form would
# round up to the next one: 999.6 ms is "1.0 s", never "1000 ms".
_MILLISECONDS = (
    (0.0005, 1, "0 ms"),
    (0.9995, 1000, "{:.0f} µs"),
    (9.95, 1, "{:.1f} ms"),
    (999.5, 1, "{:.0f} ms"),
    (59_950, 0.001, "{:.1f} s"),
)
# (below this many of the small unit, milliseconds in one, small units in the large, text)
_CLOCKS = (
    (3600, 1000, 60, "{}m {:02d}s"),
    (24 * 60, 60_000, 60, "{}h {:02d}m"),
    (1000 * 24, 3_600_000, 24, "{}d {:02d}h"),
)
_DAY_MS = 86_400_000
_AGES_MS = 1_000_000 * _DAY_MS
_THOUSANDS = (
    (9.95e3, 1e-3, "{:.1f}k"),
    (999.5e3, 1e-3, "{:.0f}k"),
    (9.95e6, 1e-6, "{:.1f}M"),
    (999.5e6, 1e-6, "{:.0f}M"),
    (9.95e9, 1e-9, "{:.1f}G"),
    (999.5e9, 1e-9, "{:.0f}G"),
)
_DOLLARS = (
    (0.00005, "<$.0001"),
    (0.99995, "${:.4f}"),
    (999.995, "${:.2f}"),
    (999_999.5, "${:,.0f}"),
)
_AGO = ((60, 1, "s"), (3600, 60, "m"), (86_400, 3600, "h"), (28 * 86_400, 86_400, "d"))
_JUST_NOW_SECONDS = 5
_THOUSAND = 1000


def duration(ms: float | None) -> str:
    """Write milliseconds with the unit that suits: 12 µs, 3.4 ms, 1.2 s, 2m 05s, 1h 02m, 3d 04h.

    None, for what has not ended, is the empty text. What is no number at all is `?`.
    """
    if ms is None:
        return ""
    if not math.isfinite(ms):
        return "?"
    if ms < 0:
        return "-" + duration(-ms)
    for below, factor, text in _MILLISECONDS:
        if ms < below:
            return text.format(ms * factor)
    for under, unit_ms, ratio, text in _CLOCKS:
        units = round(ms / unit_ms)
        if units < under:
            return text.format(units // ratio, units % ratio)
    return f"{ms / _DAY_MS:.0f}d" if ms < _AGES_MS else f"{ms / _DAY_MS:.0e}d"


def count(number: int) -> str:
    """Write a whole number in full: 1,204."""
    return f"{number:,}"


def tokens(number: int | None) -> str:
    """Write a number of tokens in at most five characters: 940, 1.2k, 123k, 1.2M."""
    if number is None:
        return ""
    if number < 0:
        return "-" + tokens(-number)
    if number < _THOUSAND:
        return str(number)
    for below, factor, text in _THOUSANDS:
        if number < below:
            return text.format(number * factor)
    return f"{number:.0e}"


def dollars(usd: float | None) -> str:
    """Write US dollars, to four places below one dollar; an amount too small for that says so."""
    if usd is None:
        return ""
    if not math.isfinite(usd):
        return "?"
    if usd < 0:
        return "-" + dollars(-usd)
    if usd == 0:
        return "$0"
    for below, text in _DOLLARS:
        if usd < below:
            return text.format(usd)
    return f"${usd:.1e}"


def ago(then: datetime, now: datetime) -> str:
    """Say how long before `now` something was; a date when that is over four weeks."""
    distance = (now - then).total_seconds()
    seconds = abs(distance)
    if seconds < _JUST_NOW_SECONDS:
        return "just now"
    for below, unit, letter in _AGO:
        if seconds < below:
            words = f"{int(seconds // unit)}{letter}"
            return f"in {words}" if distance < 0 else f"{words} ago"
    return f"{then.astimezone(UTC):%Y-%m-%d}"


def moment(then: datetime) -> str:
    """Write a moment in UTC, to the millisecond: 2026-01-15 12:00:00.000Z."""
    return then.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"
