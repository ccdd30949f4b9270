"""A span while it goes on, and which one the running code is in."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from prela_core.emit.trace_in_progress import TraceInProgress
from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status
from prela_core.wire.encode import json_value

__all__ = ["ActiveSpan", "current_span"]

_current: ContextVar[ActiveSpan | None] = ContextVar("prela_current_span", default=None)


def current_span() -> ActiveSpan | None:
    """Give the span that the running code is in; None outside of all.

    An asyncio task is in the span that was current when it was created. A new thread is in
    none: start it with `contextvars.copy_context().run` to carry the span over.
    """
    return _current.get()


class ActiveSpan:
    """A step that goes on. `Tracer.span` makes it; it starts and ends with its `with` block.

    Values are copied when they are set, so a list that grows later does not change what was
    said. Nothing here raises for what it is given, and nothing changes after the end.
    """

    def __init__(
        self,
        name: str,
        span_type: SpanType,
        service_name: str,
        attributes: Mapping[str, Any],
        *,
        now: Callable[[], datetime],
        place: Callable[[ActiveSpan | None], tuple[TraceInProgress, str, str | None]],
    ) -> None:
        self.name = name
        self.trace_id = ""
        self.span_id = ""
        self.parent_span_id: str | None = None
        self._span_type = span_type
        self._service_name = service_name
        self._attributes: dict[str, Any] = {}
        self._events: list[SpanEvent] = []
        self._links: list[SpanLink] = []
        self._status = Status.SUCCESS
        self._message: str | None = None
        self._now = now
        self._place = place
        self._trace: TraceInProgress | None = None
        self._token: Token[ActiveSpan | None] | None = None
        for key, value in attributes.items():
            self.set(key, value)

    def trace_of(self, owner: object) -> TraceInProgress | None:
        """Give the trace in progress that this span belongs to, if it is one of `owner`'s."""
        return self._trace if self._trace is not None and self._trace.owner is owner else None

    def set(self, key: str, value: Any) -> None:
        """Set the attribute `key`, such as `llm.model`, to anything that JSON can say."""
        self._attributes[str(key)] = json_value(value)

    def event(self, name: str, attributes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Note that something happened now."""
        said = json_value({**(attributes or {}), **more})
        self._events.append(SpanEvent(name, self._now(), said))

    def link(
        self, trace_id: str, span_id: str, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """Note that this span has to do with another one that is not its parent."""
        self._links.append(SpanLink(trace_id, span_id, json_value(attributes or {})))

    def fail(self, message: str) -> None:
        """Let the span end as an error, though no exception leaves its block."""
        self._status, self._message = Status.ERROR, message

    def __enter__(self) -> Self:
        """Start the span and make it the current one. A span starts only once."""
        if self._trace is not None:
            raise RuntimeError(f"the span {self.name!r} was started before")
        self._trace, self.span_id, self.parent_span_id = self._place(_current.get())
        self.trace_id = self._trace.trace_id
        self._started_at = self._now()
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the span; an exception is noted and goes on its way."""
        # A generator that is closed early raises GeneratorExit at its `yield`: no failure.
        if error is not None and not isinstance(error, GeneratorExit):
            self._note(error)
        self._leave()
        if self._trace is not None:
            self._trace.finished(self._span())

    def _note(self, error: BaseException) -> None:
        kind = type(error)
        name = kind.__qualname__ if kind.__module__ == "builtins" else _full_name(kind)
        text = _text_of(error)
        self.fail(f"{kind.__qualname__}: {text}" if text else kind.__qualname__)
        # The names are OpenTelemetry's semantic conventions for exceptions.
        self.event(
            "exception",
            {
                "exception.type": name,
                "exception.message": text,
                "exception.stacktrace": "".join(traceback.format_exception(error)),
            },
        )

    def _leave(self) -> None:
        if self._token is None:
            return
        # Where the block ends in another context than it began in, as that of an async
        # generator closed by the event loop may, this span never was current.
        with suppress(ValueError):
            _current.reset(self._token)
        self._token = None

    def _span(self) -> Span:
        # The wall clock may have been set back meanwhile; a step takes no negative time.
        ended_at = max(self._now(), self._started_at)
        return Span(
            trace_id=self.trace_id,
            span_id=self.span_id,
            parent_span_id=self.parent_span_id,
            name=self.name,
            span_type=self._span_type,
            service_name=self._service_name,
            started_at=self._started_at,
            ended_at=ended_at,
            status=self._status,
            status_message=self._message,
            attributes=dict(self._attributes),
            events=tuple(self._events),
            links=tuple(self._links),
        )


def _full_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - whatever the error's own __str__ raises
        return f"<its text can't be had: {type(broken).__name__}>"
