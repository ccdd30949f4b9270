"""How each platform says its limits: one function for each."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from prela_agents.http.limits.reading import Reading, number, retry_after

__all__ = ["claude", "discord", "github", "linear", "plain", "reddit", "x"]

_FORBIDDEN = 403
_TOO_MANY = 429
_ACCEPTED = 202
_LARGEST = sys.float_info.max
_GITHUB_SECONDS = 60.0
"""GitHub's least wait when a secondary limit gives neither `retry-after` nor a spent quota."""


def plain(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read `Retry-After` and nothing else: feeds, pages, PyPI, Hacker News."""
    del status, body
    return Reading(retry_after=retry_after(headers, now))


def reddit(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read `X-Ratelimit-Remaining`, which may be a fraction, and `-Reset` in seconds."""
    del body
    reset = number(headers, "x-ratelimit-reset")
    said = retry_after(headers, now)
    return Reading(
        remaining=number(headers, "x-ratelimit-remaining"),
        reset_after=reset,
        retry_after=said if said is not None or status != _TOO_MANY else reset,
    )


def x(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read `x-rate-limit-remaining` and `-reset`, which is an epoch; there is no Retry-After."""
    reset = _until(number(headers, "x-rate-limit-reset"), now)
    spent = status == _TOO_MANY and "spend" in _words(body)
    return Reading(
        remaining=number(headers, "x-rate-limit-remaining"),
        reset_after=reset,
        retry_after=reset if status == _TOO_MANY else None,
        try_again=False if spent else None,
    )


def discord(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read the bucket's name, its `Reset-After`, global limits, and 202 while it indexes."""
    said = retry_after(headers, now)
    if status in {_TOO_MANY, _ACCEPTED}:
        asked = _object(body).get("retry_after")
        # JSON has numbers that no float is.
        if (
            isinstance(asked, int | float)
            and not isinstance(asked, bool)
            and 0 <= asked <= _LARGEST
        ):
            said = max(said or 0.0, float(asked))
    reset = number(headers, "x-ratelimit-reset-after")
    return Reading(
        bucket=headers.get("x-ratelimit-bucket"),
        remaining=number(headers, "x-ratelimit-remaining"),
        reset_after=reset,
        retry_after=reset if said is None and status == _TOO_MANY else said,
        everywhere=headers.get("x-ratelimit-global", "").lower() == "true",
        try_again=True if status == _ACCEPTED and "retry_after" in _object(body) else None,
    )


def github(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read `retry-after`, else the reset of a spent quota, else a minute: for 403 and 429."""
    remaining = number(headers, "x-ratelimit-remaining")
    reset = _until(number(headers, "x-ratelimit-reset"), now)
    said = retry_after(headers, now)
    limited = status == _TOO_MANY or (
        status == _FORBIDDEN
        and (said is not None or remaining == 0 or "secondary rate limit" in _words(body))
    )
    if limited and said is None:
        said = reset if remaining == 0 and reset is not None else _GITHUB_SECONDS
    return Reading(
        bucket=headers.get("x-ratelimit-resource"),
        remaining=remaining,
        reset_after=reset,
        retry_after=said,
        try_again=True if limited else None,
    )


def linear(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read requests and complexity, whose resets are in milliseconds, and `RATELIMITED`."""
    del status
    left = [
        (remaining, _until(reset / 1000 if reset is not None else None, now))
        for kind in ("requests", "complexity")
        if (remaining := number(headers, f"x-ratelimit-{kind}-remaining")) is not None
        for reset in (number(headers, f"x-ratelimit-{kind}-reset"),)
    ]
    remaining, reset_after = min(left, key=lambda each: each[0]) if left else (None, None)
    errors = _object(body).get("errors")
    limited = any(
        isinstance(error, Mapping)
        and isinstance(said := error.get("extensions"), Mapping)
        and said.get("code") == "RATELIMITED"
        for error in (errors if isinstance(errors, list) else ())
    )
    said = retry_after(headers, now)
    if limited and said is None:
        said = reset_after
    return Reading(
        remaining=remaining,
        reset_after=reset_after,
        retry_after=said,
        try_again=True if limited else None,
    )


def claude(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Reading:
    """Read `retry-after-ms`, `retry-after` and `x-should-retry`; a spend limit is for people."""
    milliseconds = number(headers, "retry-after-ms")
    said = milliseconds / 1000 if milliseconds is not None else retry_after(headers, now)
    should = {"true": True, "false": False}.get(headers.get("x-should-retry", "").lower())
    if status == _TOO_MANY and "spend limit" in _words(body):
        should = False
    return Reading(
        remaining=number(headers, "anthropic-ratelimit-requests-remaining"),
        retry_after=said,
        try_again=should,
    )


def _until(epoch: float | None, now: datetime) -> float | None:
    return None if epoch is None else max(epoch - now.timestamp(), 0.0)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _words(body: bytes) -> str:
    return body[:4096].decode("utf-8", "replace").lower()
