"""What a feed counts of itself."""

from __future__ import annotations

import attrs

__all__ = ["FeedFigures"]


@attrs.define
class FeedFigures:
    """Counts since the feed was started, and its state now."""

    taken: int = 0
    """Records that came from the bus, those that came again included."""
    rebalances: int = 0
    """How often partitions were given out anew."""
    kept: int = 0
    """Deliveries kept to be given again, for the store was away."""
    undecodable: int = 0
    lost: int = 0
    """Records that the bus deleted before they were taken: its retention is too short."""
    dead_letters: int = 0
    """Letters written for what could not be decoded or stored."""
    held_bytes: int = 0
    """Bytes of records that wait to be taken by the worker."""
    paused: bool = False
    """Whether no more is asked for until there is room."""
    lag: dict[int, int] = attrs.field(factory=dict)
    """Records that wait in each partition that is ours, as last seen."""
