"""Errors of clickhouse-connect and its engines, translated to ours in this one place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver import exceptions

from prela_core.errors import InvalidError, StoreUnavailableError

__all__ = [
    "FOR_OPERATORS",
    "TOO_EXPENSIVE",
    "RefusedByStoreError",
    "code_of",
    "is_unsupported",
    "translated",
]

# Names and numbers are those of ClickHouse's ErrorCodes.cpp.
TOO_EXPENSIVE = frozenset({158, 159, 160, 241, 307, 396})
"""TOO_MANY_ROWS, TIMEOUT_EXCEEDED, TOO_SLOW, MEMORY_LIMIT_EXCEEDED, TOO_MANY_BYTES, ..._RESULT."""

_REFUSES_THE_ROWS = frozenset({6, 27, 33, 38, 41, 53, 70, 117, 321, 349, 435, 636})
"""Parsing, conversion and type errors: the same rows will fail again."""

FOR_OPERATORS = {
    60: "UNKNOWN_TABLE",
    81: "UNKNOWN_DATABASE",
    164: "READONLY",
    202: "TOO_MANY_SIMULTANEOUS_QUERIES",
    241: "MEMORY_LIMIT_EXCEEDED",
    243: "NOT_ENOUGH_SPACE",
    252: "TOO_MANY_PARTS",
    497: "ACCESS_DENIED",
    516: "AUTHENTICATION_FAILED",
}
"""What somebody has to see to, by the name that can be looked up."""

_UNSUPPORTED = frozenset({36, 42, 44, 48, 62, 80, 115, 127, 344})
"""BAD_ARGUMENTS, ILLEGAL_COLUMN, SYNTAX_ERROR, ILLEGAL_INDEX, SUPPORT_IS_DISABLED and so on."""

_CODE = re.compile(r"\bCode: (\d+)")


class RefusedByStoreError(InvalidError):
    """The store can't hold these rows, now or later."""


@contextmanager
def translated(*, writing: bool) -> Iterator[None]:
    """Raise our errors for theirs; the driver's message goes into the cause, not to the caller."""
    try:
        yield
    except (exceptions.ClickHouseError, exceptions.StreamCompleteException) as error:
        code = code_of(error)
        if writing and code in _REFUSES_THE_ROWS:
            raise RefusedByStoreError("the store can't hold what was sent") from error
        if not writing and code in TOO_EXPENSIVE:
            raise StoreUnavailableError(
                "the question took more time or memory than one may; "
                "narrow it, for example by start_time"
            ) from error
        raise StoreUnavailableError(
            f"the store can't {'write' if writing else 'answer'} now"
            f"{'' if code is None else f' ({_named(code)})'}",
            retry_after=2,
        ) from error
    except OSError as error:
        # The driver hands rows to the embedded engine through a temporary file.
        raise StoreUnavailableError(
            f"the store can't {'write' if writing else 'answer'} now ({error.strerror})",
            retry_after=2,
        ) from error


def is_unsupported(error: exceptions.ClickHouseError) -> bool:
    """Say whether a server refused a statement because it knows no such thing."""
    return code_of(error) in _UNSUPPORTED


def _named(code: int) -> str:
    name = FOR_OPERATORS.get(code)
    return f"code {code}" if name is None else f"code {code}, {name}"


def code_of(error: Exception) -> int | None:
    """Give the number of the engine's error, if it says one."""
    code = getattr(error, "code", None)
    if isinstance(code, int):
        return code
    match = _CODE.search(str(error))
    return int(match[1]) if match else None
