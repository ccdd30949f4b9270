"""Generators within a span: it goes on between two items, but is current in the body only."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager
from functools import wraps
from types import TracebackType
from typing import Any, Protocol

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.neighbour import NEIGHBOURHOOD
from prela_core.emit.place import HERE, Place

__all__ = ["Begin", "Body", "GeneratorCall", "traced_async_generator", "traced_generator"]


class Body(AbstractContextManager[None]):
    """A block in which the body of a generator runs; entered at each of its resumptions.

    The first one starts the span. The places of body and consumer are kept apart: spans that
    the consumer starts between two items are not below this one, and spans that the body left
    open at a `yield` are current again when it goes on.
    """

    __slots__ = ("_inside", "_next_door", "_outside", "_span")

    def __init__(self, span: ActiveSpan) -> None:
        self._span = span
        self._inside: Place | None = None
        self._outside: Place | None = None
        self._next_door: object = None

    def __enter__(self) -> None:
        self._outside = HERE.get()
        if self._inside is None:
            self._span.start()
            self._next_door = self._span.take_next_door()
            return
        inside = self._inside if not self._inside.ended else self._inside.live()
        HERE.set(inside)
        if NEIGHBOURHOOD.next_door is not None and isinstance(inside, ActiveSpan):
            self._next_door = NEIGHBOURHOOD.entered(inside)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self._inside = HERE.get() or self._span
        HERE.set(self._outside)
        if self._next_door is not None:
            NEIGHBOURHOOD.left(self._next_door)
            self._next_door = None


class GeneratorCall(Protocol):
    """What goes with one call of a generator."""

    inside: AbstractContextManager[None]
    """The block for each resumption of the body."""

    def add(self, item: Any, /) -> None:
        """Note that the body yielded `item`."""

    def ended(self, error: BaseException | None, /) -> None:
        """Note that it is over, by `error` or without one."""


Begin = Callable[[tuple[Any, ...], Mapping[str, Any]], GeneratorCall]


def traced_generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Begin
) -> Callable[..., Generator[Any, Any, Any]]:
    """Give the generator function `function`, with what `begin` gives beside each call."""

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        call = begin(args, kwargs)
        try:
            result = yield from _steps(function(*args, **kwargs), call)
        except BaseException as error:
            call.ended(error)
            raise
        call.ended(None)
        return result

    return wrapper


def _steps(body: Generator[Any, Any, Any], call: GeneratorCall) -> Generator[Any, Any, Any]:
    sent: Any = None
    thrown: BaseException | None = None
    while True:
        with call.inside:
            try:
                item = body.send(sent) if thrown is None else body.throw(thrown)
            except StopIteration as done:
                return done.value
        sent = thrown = None
        call.add(item)
        try:
            sent = yield item
        except GeneratorExit:
            with call.inside:
                body.close()
            raise
        except BaseException as error:  # noqa: BLE001 - thrown into the body, which may raise it
            thrown = error


def traced_async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Begin
) -> Callable[..., AsyncGenerator[Any, Any]]:
    """Do for an async generator function what `traced_generator` does for another."""

    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        call = begin(args, kwargs)
        sent: Any = None
        thrown: BaseException | None = None
        try:
            body = function(*args, **kwargs)
            while True:
                with call.inside:
                    try:
                        item = await (body.asend(sent) if thrown is None else body.athrow(thrown))
                    except StopAsyncIteration:
                        break
                sent = thrown = None
                call.add(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with call.inside:
                        await _closed(body)
                    raise
                except BaseException as error:  # noqa: BLE001 - the body may raise it
                    thrown = error
        except BaseException as error:
            call.ended(error)
            raise
        call.ended(None)

    return wrapper


async def _closed(body: AsyncGenerator[Any, Any]) -> None:
    try:
        await body.aclose()
    except RuntimeError:
        # A loop that shuts down closes all generators at once, so this one may be at it.
        if not body.ag_running:  # type: ignore[attr-defined] # of every generator that Python makes
            raise
