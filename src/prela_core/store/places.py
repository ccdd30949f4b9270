"""Places in the key of `spans`, between which a reading of everything goes step by step."""

from __future__ import annotations

from typing import Any

from prela_core.store.fragments import HOUR

__all__ = ["BEHIND", "START", "UP_TO", "Place", "behind", "up_to"]

Place = tuple[int, str, str]
"""An hour, as its first second since 1970, and the ids of a trace and of a span."""

START: Place = (0, "", "")
"""What every row is behind."""

_AFTER = "toDateTime({after_hour:UInt32}, 'UTC')"
_UPTO = "toDateTime({hour:UInt32}, 'UTC')"

# The engine finds a place by what is said of the parts of the key, one after the other.
BEHIND = (
    f"{HOUR} >= {_AFTER}",
    f"({HOUR} > {_AFTER} OR trace_id >= {{after_trace:String}})",
    f"({HOUR} > {_AFTER} OR trace_id > {{after_trace:String}} OR span_id > {{after_span:String}})",
)
"""Say that a row is behind the place that `behind` binds."""

UP_TO = (
    f"{HOUR} <= {_UPTO}",
    f"({HOUR} < {_UPTO} OR trace_id <= {{trace:String}})",
    f"({HOUR} < {_UPTO} OR trace_id < {{trace:String}} OR span_id <= {{span:String}})",
)
"""Say that a row is at the place that `up_to` binds, or before it."""


def behind(place: Place) -> dict[str, Any]:
    """Bind `place` for `BEHIND`."""
    return dict(zip(("after_hour", "after_trace", "after_span"), place, strict=True))


def up_to(place: Place) -> dict[str, Any]:
    """Bind `place` for `UP_TO`."""
    return dict(zip(("hour", "trace", "span"), place, strict=True))
