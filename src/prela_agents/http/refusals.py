"""What an answer that is not good means."""

from __future__ import annotations

from prela_agents.errors import (
    ExpiredTokenError,
    GoneError,
    LimitedError,
    MalformedAnswerError,
    NotSentError,
    PlatformError,
    RefusedError,
    SpendLimitError,
    UncertainError,
)
from prela_agents.http.limits import Reading

__all__ = ["error_of", "excerpt", "may_try_again"]

_PASSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
"""Codes that may be another one the next time; 409 is Claude's word for a clash of requests."""

_EXCERPT = 200


def may_try_again(status: int, reading: Reading) -> bool:
    """Say whether the same call may go well later; the platform's own word comes first."""
    return status in _PASSES if reading.try_again is None else reading.try_again


def error_of(
    platform: str, said: str, *, status: int, reading: Reading, repeatable: bool
) -> PlatformError:
    """Give the error that an answer is; whether something happened there decides its class."""
    if reading.try_again is False and status == 429:  # noqa: PLR2004 - as the RFC numbers it
        return SpendLimitError(platform, said, answered=status)
    limited = status == 429 or (reading.try_again and status < 500)  # noqa: PLR2004 - likewise
    if limited:
        return LimitedError(platform, said, retry_after=reading.retry_after or 0.0, answered=status)
    for codes, kind in (
        ({401}, ExpiredTokenError),
        ({404, 410}, GoneError),
        (range(300, 400), MalformedAnswerError),
    ):
        if status in codes:
            return kind(platform, said, answered=status)
    if 400 <= status < 500 and status not in _PASSES:  # noqa: PLR2004 - likewise
        return RefusedError(platform, said, answered=status)
    if repeatable:
        return NotSentError(platform, said, answered=status)
    return UncertainError(platform, said, answered=status)


def excerpt(body: bytes) -> str:
    """Give the start of a body on one line, for an error's sentence."""
    text = " ".join(body[: _EXCERPT * 4].decode("utf-8", "replace").split())
    shown = "".join(each if each.isprintable() else "?" for each in text[:_EXCERPT])
    return shown or "(an empty body)"
