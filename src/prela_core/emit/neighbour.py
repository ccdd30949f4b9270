"""The one other tracing library that shares the current span with ours, when there is one."""

from __future__ import annotations

import logging

from prela_core.emit.ports import Entered, Neighbour

__all__ = ["NEIGHBOURHOOD", "Neighbourhood", "set_neighbour"]

_log = logging.getLogger("prela")


class Neighbourhood:
    """Holds the neighbour and keeps its faults away from the program.

    `next_door` is None where nobody lives: callers check that first, so that it costs no more.
    """

    __slots__ = ("next_door",)

    def __init__(self) -> None:
        self.next_door: Neighbour | None = None

    def entered(self, span: Entered) -> object:
        """Tell the neighbour that `span` became the current one."""
        try:
            return self.next_door.entered(span) if self.next_door is not None else None
        except Exception:  # noqa: BLE001 - another library's fault must not break a program
            _log.debug("the neighbour did not take the span", exc_info=True)
            return None

    def left(self, token: object) -> None:
        """Tell the neighbour that the span of `token` is the current one no more."""
        if self.next_door is None or token is None:
            return
        try:
            self.next_door.left(token)
        except Exception:  # noqa: BLE001 - likewise
            _log.debug("the neighbour did not leave the span", exc_info=True)

    def foreign_parent(self) -> tuple[str, str, bool] | None:
        """Ask the neighbour for a current span of its own."""
        try:
            return self.next_door.foreign_parent() if self.next_door is not None else None
        except Exception:  # noqa: BLE001 - likewise
            _log.debug("the neighbour did not say its current span", exc_info=True)
            return None


NEIGHBOURHOOD = Neighbourhood()
"""The process has one, because it has one current span."""


def set_neighbour(neighbour: Neighbour | None) -> None:
    """Share the current span with `neighbour` from now on, in place of any other; None ends it."""
    NEIGHBOURHOOD.next_door = neighbour
