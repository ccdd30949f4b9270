"""Measures as people name and read them."""

from __future__ import annotations

from prela_core.store import Measure
from prela_core.text import figures

__all__ = ["heading_of", "written"]

_PERCENT = 100
_SMALL_SHARE = 0.00095

_HEADINGS = {
    Measure.COUNT: "spans",
    Measure.ERROR_RATE: "failed",
    Measure.TOTAL_TOKENS: "tokens",
    Measure.INPUT_TOKENS: "tokens in",
    Measure.OUTPUT_TOKENS: "tokens out",
    Measure.CACHE_READ_TOKENS: "cache read",
    Measure.CACHE_WRITE_TOKENS: "cache write",
    Measure.REASONING_TOKENS: "reasoning",
    Measure.COST: "cost",
}


def heading_of(measure: Measure) -> str:
    """Name a measure as a table's heading does: spans, failed, p95, p95 ttft."""
    if measure in _HEADINGS:
        return _HEADINGS[measure]
    return measure.removesuffix("_duration_ms").removesuffix("_ms").replace("_", " ")


def written(measure: Measure, value: float | None) -> str:
    """Write the value of a measure with its unit; nothing for None."""
    if value is None:
        return ""
    if measure is Measure.COST:
        return figures.dollars(value)
    if measure is Measure.ERROR_RATE:
        return _share(value)
    if measure.endswith("_ms"):
        return figures.duration(value)
    return figures.tokens(int(value)) if "tokens" in measure else figures.count(int(value))


def _share(share: float) -> str:
    if 0 < share < _SMALL_SHARE:
        return "<0.1%"
    return f"{share * _PERCENT:.1f}%" if share else "0%"
