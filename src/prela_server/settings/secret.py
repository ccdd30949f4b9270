"""Texts that must be seen nowhere: passwords, and addresses that hold one."""

from __future__ import annotations

import attrs

__all__ = ["MASK", "Secret"]

MASK = "********"
"""Stands for any secret, whatever its length."""


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
