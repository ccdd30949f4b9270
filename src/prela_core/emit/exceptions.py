"""What is said of an exception that ends a span."""

from __future__ import annotations

import traceback
from typing import Any

__all__ = ["exception_attributes", "exception_summary", "is_failure"]


def is_failure(error: BaseException) -> bool:
    """Say whether a span that `error` leaves has failed.

    A generator that is closed early raises `GeneratorExit` at its `yield`, and a program that is
    done may end with `sys.exit(0)`: neither went wrong.
    """
    if isinstance(error, SystemExit):
        return error.code not in (None, 0)
    return not isinstance(error, GeneratorExit)


def exception_summary(error: BaseException) -> str:
    """Give `error` in one line: its type, and its text if it has any."""
    name, text = type(error).__qualname__, _text_of(error)
    return f"{name}: {text}" if text else name


def exception_attributes(error: BaseException) -> dict[str, Any]:
    """Give the attributes of OpenTelemetry's semantic conventions for exceptions."""
    kind = type(error)
    builtin = kind.__module__ == "builtins"
    return {
        "exception.type": kind.__qualname__
        if builtin
        else f"{kind.__module__}.{kind.__qualname__}",
        "exception.message": _text_of(error),
        "exception.stacktrace": _stack_of(error),
    }


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - whatever the error's own __str__ raises
        return f"<its text can't be had: {type(broken).__name__}>"


def _stack_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception as broken:  # noqa: BLE001 - an exception's own code, as above
        return f"<its stack can't be had: {type(broken).__name__}>"
