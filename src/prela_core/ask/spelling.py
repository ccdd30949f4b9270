"""How values are written in the language, so that they read back as they are."""

from __future__ import annotations

import re

from prela_core.model import to_rfc3339

__all__ = ["KEYWORDS", "comparison", "duration", "money", "quoted", "text", "words"]

KEYWORDS = frozenset({"and", "or", "not", "under"})
"""Words that mean something by themselves, in any letter case; quotes make them words."""

_BARE = re.compile(r'[^\s()"\\*]+')
_BARE_WORD = re.compile(r'[^\s()"\\*:=<>!~]+')
_BARE_KEY = re.compile(r'[^\s()"\\*:=<>!~]+')
_PROSE = ("input", "output", "message")
_UNITS = (("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1))


def quoted(value: str) -> str:
    """Write any text between quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(value: str, *, empty: str = '""') -> str:
    """Write a text as it stands where it can, else between quotes."""
    if not value:
        return empty
    return value if _BARE.fullmatch(value) else quoted(value)


def words(value: str) -> str:
    """Write a word or phrase to look for."""
    if _BARE_WORD.fullmatch(value) and value.lower() not in KEYWORDS:
        return value
    return quoted(value)


def duration(micros: int) -> str:
    """Write whole microseconds in the largest unit that divides them."""
    unit, size = next(each for each in _UNITS if micros % each[1] == 0)
    return f"{micros // size}{unit}"


def money(dollars: float) -> str:
    """Write an amount of dollars."""
    return f"{'-' if dollars < 0 else ''}${_number(abs(dollars))}"


def comparison(field: str, key: str | None, sign: str, value: object) -> str:
    """Write a field, a sign and a value."""
    name = field
    if field in _PROSE and sign == ":":
        sign = "="  # the colon would ask for a part of it
    if key is not None:
        name += "." + (key if _BARE_KEY.fullmatch(key) else quoted(key))
    if field in ("started", "ended") and isinstance(value, int):
        return f"{name}{sign}{to_rfc3339(value)}"
    if isinstance(value, str):
        return f"{name}{sign}{text(value)}"
    if isinstance(value, (int, float)):
        return f"{name}{sign}{_amount(field, float(value))}"
    return f"{name}{sign}{value}"


def _amount(field: str, value: float) -> str:
    if field in ("duration", "ttft"):
        return f"{_number(value)}ms"
    return money(value) if field == "cost" else _number(value)


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - below it, floats tell whole numbers apart
