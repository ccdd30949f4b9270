"""`@trace`: each call of a function is a span."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial, wraps
from typing import Any, TypeVar, overload

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.captured import Arguments, Room, Yielded
from prela_core.emit.given import given, text_of
from prela_core.emit.process_wide import get_tracer
from prela_core.emit.stepping import Body, traced_async_generator, traced_generator
from prela_core.emit.tracer import Tracer
from prela_core.emit.unrecorded import UnrecordedSpan
from prela_core.model import SpanType

__all__ = ["trace"]

_KEYS = ("input.value", "output.value")
_TOOL_KEYS = ("tool.input", "tool.output")

F = TypeVar("F", bound=Callable[..., Any])


@overload
def trace(function: F, /) -> F: ...
@overload
def trace(
    *,
    name: str | None = None,
    span_type: SpanType | str | None = SpanType.CUSTOM,
    attributes: Mapping[str, Any] | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    tracer: Tracer | None = None,
) -> Callable[[F], F]: ...
def trace(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    span_type: SpanType | str | None = SpanType.CUSTOM,
    attributes: Mapping[str, Any] | None = None,
    capture_input: bool = True,
    capture_output: bool = True,
    tracer: Tracer | None = None,
) -> Any:
    """Let each call of a function be a span: `@trace`, or `@trace(span_type="tool")`.

    For functions, methods, coroutine functions, generators and async generators; each stays
    what it is, with its signature and its docstring. A generator's span lasts from its first
    item until it is exhausted or closed, and is the current one only while its body runs.

    `name` is the function's own by default, and with `span_type` tool or agent also `tool.name`
    or `agent.name`. Arguments (without `self`) and the result are copied, within bounds, to
    `tool.input` and `tool.output` of a tool, `input.value` and `output.value` of anything else;
    the items of a generator are its result, joined when all are text. `capture_input` and
    `capture_output` switch that off. Spans are `tracer`'s, by default those of the tracer that
    the program shares when the function is called; while there is none, nothing is recorded.
    """

    def decorated(function: Any) -> Any:
        if isinstance(function, (classmethod, staticmethod)):
            return type(function)(decorated(function.__func__))
        if not callable(function) or isinstance(function, type):
            raise TypeError(f"@trace is for functions and methods, not for {function!r}")
        return _traced(
            function,
            _Step(function, name, span_type, attributes, capture_input, capture_output, tracer),
        )

    return decorated if function is None else decorated(function)


class _Step:
    """What is said of each call of one function."""

    def __init__(  # noqa: PLR0917 - the arguments of `trace`
        self,
        function: Callable[..., Any],
        name: str | None,
        span_type: SpanType | str | None,
        attributes: Mapping[str, Any] | None,
        capture_input: bool,  # noqa: FBT001 - likewise
        capture_output: bool,  # noqa: FBT001 - likewise
        tracer: Tracer | None,
    ) -> None:
        self._name = text_of(name) if name else _name_of(function)
        self._span_type = span_type
        word = text_of(span_type).lower()
        named = {f"{word}.name": self._name} if word in ("agent", "tool") else {}
        self._attributes = {**named, **given(attributes)}
        self._input, self._output = _TOOL_KEYS if word == "tool" else _KEYS
        self._arguments = Arguments(function) if capture_input else None
        self.captures_output = capture_output
        self._tracer = tracer

    def span(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> ActiveSpan | None:
        """Make the span of a call; None where nothing is to be recorded."""
        tracer = self._tracer or get_tracer()
        if tracer is None:
            return None
        span = tracer.span(self._name, self._span_type, self._attributes)
        if self._arguments is not None and span.recording:
            span.set_copied(self._input, self._arguments.copied(args, kwargs))
        return span

    def returned(self, span: ActiveSpan, result: Any) -> None:
        """Note what a call gave."""
        if self.captures_output and span.recording and result is not None:
            span.set_copied(self._output, Room().copy(result))

    def yielded(self, span: ActiveSpan, items: Yielded) -> None:
        """Note what a generator gave until now."""
        if self.captures_output and span.recording:
            span.set_copied(self._output, items.output())


def _name_of(function: Callable[..., Any]) -> str:
    inner = function.func if isinstance(function, partial) else function
    return getattr(inner, "__name__", None) or type(inner).__name__


def _body_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give what tells the kind of `function`: of an object that can be called its `__call__`."""
    while isinstance(function, partial):
        function = function.func
    return function if inspect.isroutine(function) else type(function).__call__


def _traced(function: Callable[..., Any], step: _Step) -> Callable[..., Any]:
    body = _body_of(function)
    if inspect.isasyncgenfunction(body):
        return traced_async_generator(function, partial(_GeneratorCall, step))
    if inspect.isgeneratorfunction(body):
        return traced_generator(function, partial(_GeneratorCall, step))
    if inspect.iscoroutinefunction(body):
        return _traced_coroutine(function, step)

    @wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        span = step.span(args, kwargs)
        if span is None:
            return function(*args, **kwargs)
        with span:
            result = function(*args, **kwargs)
            step.returned(span, result)
            return result

    return wrapper


def _traced_coroutine(function: Callable[..., Any], step: _Step) -> Callable[..., Any]:
    @wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        span = step.span(args, kwargs)
        if span is None:
            return await function(*args, **kwargs)
        with span:
            result = await function(*args, **kwargs)
            step.returned(span, result)
            return result

    return wrapper


class _GeneratorCall:
    """One call of a generator: its span, if there is one, and what it yielded."""

    def __init__(self, step: _Step, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        self._step = step
        self._items = Yielded()
        self._span = span = step.span(args, kwargs)
        # One that changes nothing has no place to keep.
        self.inside: AbstractContextManager[None] = (
            nullcontext() if span is None or type(span) is UnrecordedSpan else Body(span)
        )

    def add(self, item: Any, /) -> None:
        """Keep a copy of what was yielded, where it is recorded."""
        if self._span is not None and self._span.recording:
            self._items.add(item)

    def ended(self, error: BaseException | None, /) -> None:
        """Note what was yielded, and end."""
        if self._span is not None:
            self._step.yielded(self._span, self._items)
            self._span.end(error)
