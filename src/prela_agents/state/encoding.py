"""Values to JSON and back, and moments to microseconds."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

import msgspec

from prela_core.model import from_micros, to_micros

__all__ = ["decoded", "encoded", "moment", "stamp"]

T = TypeVar("T")


def encoded(value: Any) -> str:
    """Write a value of `model` as JSON."""
    return msgspec.json.encode(value).decode()


def decoded(body: str, kind: type[T]) -> T:
    """Read what `encoded` wrote."""
    return msgspec.json.decode(body, type=kind)


def stamp(at: datetime) -> int:
    """Give the microseconds since 1970."""
    return to_micros(at)


def moment(micros: int) -> datetime:
    """Give the moment of `micros`, aware and in UTC."""
    return from_micros(micros)
