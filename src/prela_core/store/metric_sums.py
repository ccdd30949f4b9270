"""Raw values of several groups of spans as those of all of them together, where that can be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

__all__ = ["Raw", "add_up", "together"]

Raw = dict[str, Any]
"""Values by the names of `metric_queries.parts_of`."""

_DISTINCT = ("traces", "users", "sessions")
_LEAST, _MOST, _PERCENTILES = "_min", "_max", "_percentiles"


def add_up(parts: Iterable[str]) -> bool:
    """Say whether values of groups tell that of all: a percentile or a number of users do not."""
    return not any(part in _DISTINCT or part.endswith(_PERCENTILES) for part in parts)


def together(raws: Sequence[Raw]) -> Raw:
    """Give the values of all spans of several groups, of which there is one at least.

    Values that do not `add_up` are left out.
    """
    return {part: _of_all(part, raws) for part in raws[0] if add_up([part])}


def _of_all(part: str, raws: Sequence[Raw]) -> Any:
    for ending, chosen in ((_LEAST, min), (_MOST, max)):
        if part.endswith(ending):
            # Where nothing is known the engine says 0.
            known = f"{part.removesuffix(ending)}_known"
            return chosen((raw[part] for raw in raws if int(raw[known])), default=0)
    return sum(int(raw[part]) for raw in raws)
