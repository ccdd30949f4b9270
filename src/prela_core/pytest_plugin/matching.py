"""What a tool was called with, and whether that is what was expected."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from prela_core.store import StoredSpan

__all__ = ["arguments_of", "fits", "tool_of"]


def tool_of(call: StoredSpan) -> str:
    """Give the name of the tool that `call` called."""
    return call.tool_name or call.name


def arguments_of(call: StoredSpan) -> Mapping[str, Any]:
    """Give the arguments of `call` by name; an input that is no object is named `input`."""
    if call.input is None:
        return {}
    try:
        read = json.loads(call.input)
    except (ValueError, RecursionError):
        read = call.input
    return read if isinstance(read, dict) else {"input": read}


def fits(expected: Mapping[str, Any], arguments: Mapping[str, Any]) -> bool:
    """Say whether `arguments` has all that is `expected`, and as it is expected."""
    return all(name in arguments and _fits(one, arguments[name]) for name, one in expected.items())


def _fits(expected: Any, value: Any) -> bool:
    if isinstance(expected, re.Pattern):
        return isinstance(value, str) and expected.search(value) is not None
    if callable(expected):
        return bool(expected(value))
    return bool(expected == value)
