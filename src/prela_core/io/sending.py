"""What exporters to servers have in common: parts that are too large, and spans refused."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from prela_core.errors import InvalidError, MalformedError, TooLargeError

__all__ = ["Refusals", "send_each"]

T = TypeVar("T")

_ABOUT_THE_PART = (InvalidError, MalformedError, TooLargeError)
"""Another part may be taken all the same; of an unknown key, none would be."""

_log = logging.getLogger("prela")


class Refusals:
    """Counts the spans that a server did not take while it took others, and says so once."""

    def __init__(self) -> None:
        self.count = 0
        self._said = False

    def note(self, where: str, refused: int, reason: str) -> None:
        """Take note that `refused` spans were not taken at `where`."""
        self.count += refused
        level = logging.DEBUG if self._said else logging.WARNING
        self._said = True
        spans = "1 span was" if refused == 1 else f"{refused:,} spans were"
        last = "" if level == logging.DEBUG else "; further ones are only counted"
        _log.log(level, "%s refused by %s (%s)%s", spans, where, reason, last)


def send_each(parts: Iterable[list[T]], send: Callable[[list[T]], None]) -> None:
    """Send every part; one that is too large goes in halves.

    A part that is refused keeps none of the others back: its error, the first if there are
    several, is raised after them. What is about all of them is raised at once.
    """
    refusal: Exception | None = None
    for part in parts:
        waiting = [part]
        while waiting:
            one = waiting.pop()
            try:
                send(one)
            except TooLargeError as error:
                if len(one) == 1:
                    refusal = refusal or error
                    continue
                middle = len(one) // 2
                waiting += [one[middle:], one[:middle]]
            except _ABOUT_THE_PART as error:
                refusal = refusal or error
    if refusal is not None:
        raise refusal
