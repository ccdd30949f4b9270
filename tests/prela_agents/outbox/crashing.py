"""Breaking off between any two lines of code, as a process does that is killed there."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import prela_agents

SOURCE = Path(prela_agents.__file__).parent
WATCHED = (str(SOURCE / "outbox"), str(SOURCE / "state"), str(Path(__file__).parent / "standins"))


class Crash(BaseException):
    """The process ends here; no `except Exception` sees it."""


def crash() -> None:
    raise Crash


class Lines:
    """Counts the lines that are about to run in the rooms watched."""

    def __init__(self, last: int | None, watched: tuple[str, ...], end: Callable[[], None]) -> None:
        self.count = 0
        self._last = last
        self._watched = watched
        self._end = end

    def __call__(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any] | None:
        del event, arg
        return self._in_frame if frame.f_code.co_filename.startswith(self._watched) else None

    def _in_frame(self, frame: FrameType, event: str, arg: Any) -> Callable[..., Any]:
        del frame, arg
        if event == "line":
            if self.count == self._last:
                sys.settrace(None)
                self._end()
            self.count += 1
        return self._in_frame


@contextmanager
def crashing_before_line(
    number: int | None,
    watched: tuple[str, ...] = WATCHED,
    end: Callable[[], None] = crash,
) -> Iterator[Lines]:
    """Crash before line `number`, from 0, of those that run within; None for never."""
    lines = Lines(number, watched, end)
    before = sys.gettrace()
    sys.settrace(lines)
    try:
        yield lines
    finally:
        sys.settrace(before)
