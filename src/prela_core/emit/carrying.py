"""The current span for code that runs elsewhere: threads, executors, other processes."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from functools import update_wrapper
from types import TracebackType
from typing import Any, Generic, ParamSpec, TypeVar

from prela_core.emit.neighbour import NEIGHBOURHOOD
from prela_core.emit.place import HERE, SAID_HERE, Place, innermost
from prela_core.emit.propagation import extract, inject

__all__ = ["Carried", "InContext", "carried", "in_context"]

P = ParamSpec("P")
R = TypeVar("R")


def in_context(function: Callable[P, R], /) -> InContext[P, R]:
    """Give `function` so that it runs in the current span and `context(...)`, wherever it runs.

        Thread(target=in_context(work)).start()
        pool.submit(in_context(work), item)

    In another thread it runs in a copy of the whole context of now. It can be pickled when
    `function` can: in another process, of a `ProcessPoolExecutor` say, spans are children of the
    one that is current now, if that process has set up its own tracer.
    """
    return InContext(function, contextvars.copy_context(), dict(inject()))


class InContext(Generic[P, R]):
    """A function that takes its context along. `in_context` makes it."""

    def __init__(
        self,
        function: Callable[P, R],
        context: contextvars.Context | None,
        headers: dict[str, str],
    ) -> None:
        # First, as it copies attributes, and those of a callable object may be called like ours.
        update_wrapper(self, function)
        self._function = function
        self._context = context
        self._headers = headers

    def __call__(self, /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function where it came from."""
        if self._context is None:
            with extract(self._headers):
                return self._function(*args, **kwargs)
        # A context can't be entered twice at once, and a function may be called so.
        return self._context.copy().run(self._function, *args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._function, None, self._headers)


class Carried:
    """The current span and what is said of its block, to be current elsewhere for a while.

    Unlike `in_context` it carries nothing of other libraries.
    """

    __slots__ = ("_place", "_said")

    def __init__(self, place: Place | None, said: Any) -> None:
        self._place = place
        self._said = said

    def run(self, function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call `function` in it, in whatever thread this is."""
        with _Block(self._place, self._said):
            return function(*args, **kwargs)


def carried() -> Carried | None:
    """Give what there is to carry now; None outside of all spans and `context(...)` blocks."""
    place, said = innermost(), SAID_HERE.get()
    return None if place is None and said is None else Carried(place, said)


class _Block:
    __slots__ = ("_before", "_next_door", "_place", "_said")

    def __init__(self, place: Place | None, said: Any) -> None:
        self._place = place
        self._said = said

    def __enter__(self) -> None:
        self._before = (HERE.get(), SAID_HERE.get())
        HERE.set(self._place)
        SAID_HERE.set(self._said)
        self._next_door = NEIGHBOURHOOD.entered(self._place) if self._place is not None else None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        HERE.set(self._before[0])
        SAID_HERE.set(self._before[1])
        NEIGHBOURHOOD.left(self._next_door)
