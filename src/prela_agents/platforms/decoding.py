"""Answers as typed values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from prela_agents.errors import MalformedAnswerError
from prela_agents.http import Answer

__all__ = ["decoded", "from_epoch", "in_utc"]

T = TypeVar("T")


def decoded(answer: Answer, kind: type[T]) -> T:
    """Read the body as `kind`.

    Raises `MalformedAnswerError` when it is no JSON, or lacks what the platform promises.
    """
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedAnswerError(
            answer.platform, f"{answer.url} answered with something else than documented: {error}"
        ) from None


def in_utc(moment: datetime) -> datetime:
    """Give the same moment in UTC; one without a zone is taken to be in UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def from_epoch(seconds: float) -> datetime:
    """Give the moment that is so many seconds after 1970."""
    return datetime.fromtimestamp(seconds, UTC)
