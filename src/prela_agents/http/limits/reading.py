"""What headers of an answer say about limits, in one form for all platforms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import attrs

__all__ = ["Limits", "Reading", "number", "retry_after"]


@attrs.frozen(kw_only=True)
class Reading:
    """What an answer says. Times are in seconds from now.

    `bucket` is the platform's own name of the limit, where it has one. `remaining` calls are left
    until `reset_after`. `retry_after` is what to wait before trying again; None says that it does
    not say. `everywhere` says that this wait is for all buckets. `try_again` says whether trying
    again can help: None leaves it to the status.
    """

    bucket: str | None = None
    remaining: float | None = None
    reset_after: float | None = None
    retry_after: float | None = None
    everywhere: bool = False
    try_again: bool | None = None


Limits = Callable[[int, Mapping[str, str], bytes, datetime], Reading]
"""Takes an answer's status, headers with names in lower case, body, and the time; pure."""


def number(headers: Mapping[str, str], name: str) -> float | None:
    """Read a header as a finite number that is not negative; None when it is none."""
    try:
        found = float(headers.get(name, ""))
    except ValueError:
        return None
    return found if 0 <= found < float("inf") else None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `Retry-After`: seconds, fractions too, or a date."""
    seconds = number(headers, "retry-after")
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max((until - now).total_seconds(), 0.0)
