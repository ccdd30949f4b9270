"""Texts that must be seen nowhere: passwords, and addresses that hold one."""

from __future__ import annotations

import re

import attrs

__all__ = ["MASK", "Secret", "may_hold_one"]

MASK = "********"
"""Stands for any secret, whatever its length."""

_KEY = re.compile(r"(?<![A-Za-z])(sk|rk|whsec)_")


def may_hold_one(text: str) -> bool:
    """Say whether `text` looks like an address with a password in it, or like a secret key.

    People put such where neither belongs, and then it must not be quoted.
    """
    return "@" in text or _KEY.search(text) is not None


@attrs.frozen(repr=False)
class Secret:
    """A text that shows itself only to `reveal`: not in `repr`, formats, tracebacks or logs."""

    _text: str

    def reveal(self) -> str:
        """Give the text, to hand it to the library that needs it."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __str__(self) -> str:
        return MASK if self._text else ""

    def __repr__(self) -> str:
        return f"Secret({str(self)!r})"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")
