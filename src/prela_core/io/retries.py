"""Trying again what a server may take another time, and when it says to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import httpx

from prela_core.errors import UnavailableError

__all__ = ["attempted", "retry_after"]

T = TypeVar("T")

_LONGEST_SECONDS = 60
_WHOLE = re.compile(r"[0-9]{1,9}")


def attempted(
    call: Callable[[], T],
    *,
    attempts: int,
    first_pause: float,
    longest_pause: float,
    sleep: Callable[[float], None],
) -> T:
    """Give what `call` gives, calling it `attempts` times at most while it is unavailable.

    Between two calls lie `first_pause` seconds, then twice as many each time, or as many as the
    error's `retry_after` if that is more, but never more than `longest_pause`. Raises the last
    `UnavailableError`, and any other error at once.
    """
    for attempt in range(attempts - 1):
        try:
            return call()
        except UnavailableError as error:
            sleep(min(max(first_pause * 2**attempt, error.retry_after), longest_pause))
    return call()


def retry_after(answer: httpx.Response) -> int:
    """Read `Retry-After` (RFC 9110, 10.2.3): whole seconds, 60 at most; 0 when it says none.

    A date is reckoned from the answer's own `Date`, so that clocks need not agree.
    """
    sent = answer.headers.get("retry-after", "")
    if _WHOLE.fullmatch(sent):
        return min(int(sent), _LONGEST_SECONDS)
    until = _date(sent)
    if until is None:
        return 0
    now = _date(answer.headers.get("date", "")) or datetime.now(UTC)
    return min(max(round((until - now).total_seconds()), 0), _LONGEST_SECONDS)


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
