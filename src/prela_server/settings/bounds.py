"""What numbers may be, as validators of attrs."""

from __future__ import annotations

import attrs

from prela_core.store.migrations import MAX_RETENTION_DAYS

__all__ = ["days", "port", "positive"]


def port(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    """Hold `value` to the ports of TCP; 0 asks for any free one."""
    if not 0 <= value < 65536:  # noqa: PLR2004 - the ports of TCP
        raise ValueError(f"{attribute.name} must be between 0 and 65535, not {value}")


def positive(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    """Hold `value` to be 1 or more."""
    if value < 1:
        raise ValueError(f"{attribute.name} must be at least 1, not {value}")


def days(_: object, attribute: attrs.Attribute[int], value: int) -> None:
    """Hold `value` to what the store can keep."""
    if not 0 <= value <= MAX_RETENTION_DAYS:
        raise ValueError(
            f"{attribute.name} must be between 0 and {MAX_RETENTION_DAYS}, not {value}"
        )
