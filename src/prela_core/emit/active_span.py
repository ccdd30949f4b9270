"""A span while it goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from prela_core.emit.exceptions import exception_attributes, exception_summary, is_failure
from prela_core.emit.given import given, text_of
from prela_core.emit.neighbour import NEIGHBOURHOOD
from prela_core.emit.place import HERE, LocalTrace, Place
from prela_core.emit.scores import SCORE_EVENT, score_attributes
from prela_core.emit.usage import usage_attributes
from prela_core.model import Span, SpanEvent, SpanLink, SpanType, Status, from_micros
from prela_core.wire.encode import json_value

if TYPE_CHECKING:
    from prela_core.emit.tracer import Tracer

__all__ = ["FIXED", "ActiveSpan"]

_log = logging.getLogger("prela")

FIXED = frozenset({str, int, float, bool, type(None)})
"""Types of values that can't change: what they look like as JSON is seen to after the end."""


class ActiveSpan(Place):
    """A step that goes on. `Tracer.span` makes it; it starts and ends with its `with` block.

    Its parent is the span that was current where it was made. Values are copied when they are
    set, so a list that grows later does not change what was said. Nothing here raises for what
    it is given, and nothing changes after the end. One that is not `recording` takes everything
    and keeps nothing.
    """

    __slots__ = (
        "_attributes",
        "_began",
        "_events",
        "_links",
        "_message",
        "_next_door",
        "_span_type",
        "_started",
        "_status",
        "_took",
        "_tracer",
        "name",
        "parent_span_id",
    )

    def __init__(  # noqa: PLR0917 - made in one place, and on the hot path
        self,
        tracer: Tracer,
        trace: LocalTrace,
        span_id: str,
        parent_span_id: str | None,
        name: str,
        span_type: SpanType | None,
        attributes: dict[str, Any],
    ) -> None:
        self.name = name
        self.trace = trace
        self.span_id = span_id
        self.parent_span_id = parent_span_id
        self.before = None
        self.ended = False
        self._tracer = tracer
        self._span_type = span_type
        self._attributes = attributes
        self._events: list[tuple[str, int, Any]] | None = None
        self._links: list[SpanLink] | None = None
        self._status = Status.SUCCESS
        self._message: str | None = None
        self._next_door: object = None
        # Nanoseconds: of the wall clock at the start, of the monotonic one from then on. Thus
        # a wall clock that is set back makes no step take negative time.
        self._started: int | None = None
        self._began = 0
        self._took = 0

    @property
    def is_local_root(self) -> bool:
        """Whether no span above it is of the same tracer, in this program."""
        return self.trace.root_id == self.span_id

    def set(self, key: str, value: Any) -> None:
        """Set the attribute `key`, such as `llm.model`, to anything that JSON can say."""
        if not self.ended:
            if type(key) is not str:
                key = text_of(key)
            self._attributes[key] = value if type(value) in FIXED else json_value(value)

    def set_copied(self, key: str, value: Any) -> None:
        """Set `key` to what `json_value` gave, or the like, and nobody else holds."""
        if not self.ended:
            self._attributes[key] = value

    def event(self, name: str, /, attributes: Mapping[str, Any] | None = None, **more: Any) -> None:
        """Note that something happened now."""
        if self.ended:
            return
        said = json_value({**given(attributes), **more})
        if self._events is None:
            self._events = []
        since_start = self._tracer.monotonic_ns() - self._began if self._started is not None else 0
        self._events.append((name, since_start, said))

    def link(
        self,
        trace_id: str | None,
        span_id: str | None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        """Note that this span has to do with another one that is not its parent.

        Without a trace id or a span id, as of an `extract` that found none, nothing is noted.
        """
        if self.ended or not (trace_id and span_id):
            return
        if self._links is None:
            self._links = []
        self._links.append(SpanLink(trace_id, span_id, json_value(given(attributes))))

    def fail(self, message: str | BaseException) -> None:
        """Let the span end as an error, though no exception leaves its block."""
        if not self.ended:
            self._status = Status.ERROR
            self._message = (
                exception_summary(message)
                if isinstance(message, BaseException)
                else text_of(message)
            )

    def record_exception(self, error: BaseException) -> None:
        """Note an exception that was dealt with; the span does not fail by that."""
        self.event("exception", exception_attributes(error))

    def score(
        self,
        name: str,
        value: float | None = None,
        *,
        label: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Say how good the step was: `value` as a number, `label` in a word, or both.

        Recorded as the event `gen_ai.evaluation.result` of OpenTelemetry's conventions.
        """
        self.event(SCORE_EVENT, score_attributes(name, value, label, comment))

    def usage(
        self,
        *,
        model: str | None = None,
        provider: str | None = None,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost_usd: float | None = None,
        time_to_first_token_ms: float | None = None,
    ) -> None:
        """Say what a model call used. What is None is left as it was.

        `input_tokens` leaves out those read from and written to a cache.
        """
        said = usage_attributes(
            model=model,
            provider=provider,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cache_read_tokens=cache_read_tokens,
            cache_write_tokens=cache_write_tokens,
            reasoning_tokens=reasoning_tokens,
            cost_usd=cost_usd,
            time_to_first_token_ms=time_to_first_token_ms,
        )
        for key, value in said.items():
            self.set(key, value)

    def start(self) -> Self:
        """Start the span and make it the current one. A span starts only once."""
        if self._started is not None:
            raise RuntimeError(f"the span {self.name!r} was started before")
        self.enter()
        tracer = self._tracer
        self._started = tracer.now_ns()
        self._began = tracer.monotonic_ns()
        return self

    def end(self, error: BaseException | None = None) -> None:
        """End the span, as an error when one is given. Only the first end of a started span counts.

        May be called in another task or thread than `start`.
        """
        if self.ended or self._started is None:
            return
        tracer = self._tracer
        self._took = tracer.monotonic_ns() - self._began
        if error is not None and is_failure(error):
            self.fail(exception_summary(error))
            self.record_exception(error)
        self.ended = True
        self.leave()
        trace = self.trace
        if trace.root_id == self.span_id:
            trace.ended = True
        tracer.put(self)

    def __enter__(self) -> Self:
        """Start the span and make it the current one. A span starts only once."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """End the span; an exception is noted and goes on its way."""
        self.end(error)

    def enter(self) -> None:
        """Become the current span."""
        self.before = HERE.get()
        HERE.set(self)
        if NEIGHBOURHOOD.next_door is not None:
            self._next_door = NEIGHBOURHOOD.entered(self)

    def leave(self) -> None:
        """Be the current span no more, if this is the context in which it is."""
        before = self.before
        if before is not None and before.ended:
            before = self.before = self.live()
        # Where it ends in another context than it began in, as an async generator closed by
        # the event loop may, this span need not be the current one.
        if HERE.get() is self:
            HERE.set(before)
        if self._next_door is not None:
            NEIGHBOURHOOD.left(self._next_door)
            self._next_door = None

    def take_next_door(self) -> object:
        """Give what the neighbour gave at the start; the taker leaves with it, not this span."""
        token, self._next_door = self._next_door, None
        return token

    def to_span(self) -> Span:
        """Give what the span says, in the form that is exported."""
        began = self._started or 0
        ended_at = from_micros((began + max(self._took, 0)) // 1000)
        return Span(
            trace_id=self.trace.trace_id,
            span_id=self.span_id,
            parent_span_id=self.parent_span_id,
            name=text_of(self.name),
            span_type=self._span_type,
            service_name=self._tracer.service_name,
            started_at=from_micros(began // 1000),
            ended_at=ended_at,
            status=self._status,
            status_message=self._message,
            attributes={
                text_of(key): json_value(value) if type(value) in FIXED else value
                for key, value in self._attributes.copy().items()
            },
            events=tuple(
                SpanEvent(text_of(name), from_micros((began + since_start) // 1000), said)
                for name, since_start, said in self._events or ()
            ),
            links=tuple(self._links or ()),
        )
