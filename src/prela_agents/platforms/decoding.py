"""Answers as typed values."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeVar

import msgspec

from prela_agents.errors import MalformedAnswerError
from prela_agents.http import Answer

__all__ = ["Epoch", "Snowflake", "decoded", "from_epoch", "in_utc"]

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


_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2199, 1, 1, tzinfo=UTC)
"""Times beyond are mistakes, and more than stores and calendars hold."""

Epoch = Annotated[float, msgspec.Meta(ge=0, le=_LATEST.timestamp())]
"""Seconds after 1970."""

Snowflake = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,19}$")]
"""An id that is a number, and holds the time at which it was given."""


def in_utc(moment: datetime) -> datetime:
    """Give the same moment in UTC, between 1970 and 2199; one without a zone is taken as UTC."""
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    return min(max(aware, _EARLIEST), _LATEST).astimezone(UTC)


def from_epoch(seconds: float) -> datetime:
    """Give the moment that is so many seconds after 1970, until 2199."""
    return datetime.fromtimestamp(min(max(seconds, 0.0), _LATEST.timestamp()), UTC)
