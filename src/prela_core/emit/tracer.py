"""The tracer: what a program makes its spans with."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from prela_core.emit.active_span import FIXED, ActiveSpan
from prela_core.emit.given import given, text_of
from prela_core.emit.neighbour import NEIGHBOURHOOD
from prela_core.emit.place import HERE, SAID_HERE, LocalTrace, Place, innermost
from prela_core.emit.ports import Finished, Sampler, Sink
from prela_core.emit.unrecorded import UnrecordedRoot, UnrecordedSpan
from prela_core.model import SpanType, new_span_id, new_trace_id
from prela_core.wire.encode import json_value

__all__ = ["Tracer"]

_log = logging.getLogger("prela")

_TYPES: Mapping[str, SpanType] = {kind.value: kind for kind in SpanType}


class Tracer:
    """Makes spans of one service and puts each into `sink` when it ends.

        tracer = open_tracer("shop-agent", export=HttpExporter("http://127.0.0.1:8000"))

        with tracer.span("answer", span_type=SpanType.AGENT):
            with tracer.span("chat", span_type=SpanType.LLM, **{"llm.model": "gpt-4o"}) as span:
                span.set("llm.input_tokens", 412)

    The innermost open span is the parent of a new one, over `await` and asyncio tasks, and over
    threads as `in_context` says.

    `now_ns` gives nanoseconds since 1970 and `monotonic_ns` nanoseconds that never run back.
    `sampler` is asked at each local root; without one, a trace is recorded unless the program
    that it comes from said not to. `attributes` are set on every span.
    """

    __slots__ = (
        "_attributes",
        "_new_span_id",
        "_new_trace_id",
        "_said_once",
        "_sampler",
        "monotonic_ns",
        "now_ns",
        "service_name",
        "sink",
    )

    process: ClassVar[object] = object()
    """Another one in each process: a span that was started before a fork is no local root."""

    def __init__(
        self,
        service_name: str,
        sink: Sink,
        *,
        now_ns: Callable[[], int],
        monotonic_ns: Callable[[], int],
        sampler: Sampler | None = None,
        attributes: Mapping[str, Any] | None = None,
        trace_id: Callable[[], str] = new_trace_id,
        span_id: Callable[[], str] = new_span_id,
    ) -> None:
        self.service_name = service_name
        self.sink = sink
        self.now_ns = now_ns
        self.monotonic_ns = monotonic_ns
        self._sampler = sampler
        self._attributes: dict[str, Any] = json_value(given(attributes))
        self._new_trace_id = trace_id
        self._new_span_id = span_id
        self._said_once: set[str] = set()

    def span(
        self,
        name: str,
        /,
        span_type: SpanType | str | None = SpanType.CUSTOM,
        attributes: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ActiveSpan:
        """Make a span for a `with` block; it starts where the block does.

        `attributes` and `more` are set on it. A `span_type` that is no word of `SpanType`
        becomes `custom`, and the word the attribute `prela.span_type`; None leaves the type to
        what the attributes tell.
        """
        here = HERE.get() if NEIGHBOURHOOD.next_door is None else innermost()
        return self.span_below(here, name, span_type, attributes, more)

    def span_below(
        self,
        above: Place | None,
        name: str,
        span_type: SpanType | str | None = SpanType.CUSTOM,
        attributes: Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> ActiveSpan:
        """Make a span as `span` does, but as a child of `above`, or as a root."""
        if above is not None and (trace := above.trace).owner is self:
            if not trace.sampled:
                return UnrecordedSpan(trace, above.span_id)
            span_id = self._new_span_id()
            if trace.process is not self.process:
                trace = self._local_trace(above, span_id)
        else:
            span_id = self._new_span_id()
            trace = self._local_trace(above, span_id)
            if not trace.sampled:
                return UnrecordedRoot(trace, span_id)

        said = self._said(attributes, more)
        kind = span_type if type(span_type) is SpanType else _kind_of(span_type, said)
        parent_id = above.span_id if above is not None else None
        return ActiveSpan(self, trace, span_id, parent_id, name, kind, said)

    def score_later(
        self,
        trace_id: str,
        span_id: str,
        name: str,
        value: float | None = None,
        *,
        label: str | None = None,
        comment: str | None = None,
    ) -> None:
        """Score a span that ended long ago, perhaps in another program: feedback of a user.

        Recorded as a span of its own below that one, of the type `evaluator`.
        """
        own_id = self._new_span_id()
        trace = LocalTrace(trace_id, True, "", own_id, self, self.process)
        said = self._said(None, None)
        span = ActiveSpan(self, trace, own_id, span_id, name, SpanType.EVALUATOR, said)
        with span:
            span.score(name, value, label=label, comment=comment)

    def put(self, finished: Finished) -> None:
        """Put what has ended into the sink."""
        try:
            self.sink.put(finished)
        except Exception as error:  # noqa: BLE001 - no sink's fault may break the program
            self._say_once("a span was not taken", error)

    def attributes_here(self) -> dict[str, Any]:
        """Give what is set on every span that starts here: by the tracer, and by blocks around."""
        return self._said(None, None)

    def samples(self, trace_id: str) -> bool:
        """Ask the sampler about a trace whose root is another library's, in this program."""
        return self._sampler is None or self._samples(self._sampler, trace_id, None)

    def _said(
        self, attributes: Mapping[str, Any] | None, more: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Give the attributes of a new span: later ones win."""
        said = self._attributes.copy()
        if (here := SAID_HERE.get()) is not None:
            said.update(here.attributes)
        if attributes is not None:
            said.update(attributes if type(attributes) is dict else given(attributes))
        if more:
            said.update(more)
        if said and not FIXED.issuperset(map(type, said.values())):
            for key, value in said.items():
                if type(value) not in FIXED:
                    said[key] = json_value(value)
        return said

    def _local_trace(self, above: Place | None, root_id: str) -> LocalTrace:
        if above is None:
            trace_id, state = self._new_trace_id(), ""
            sampled = self._sampler is None or self._samples(self._sampler, trace_id, None)
        else:
            trace_id, state = above.trace.trace_id, above.trace.state
            sampled = above.trace.sampled
            if self._sampler is not None and above.remote and above.trace.owner is None:
                sampled = self._samples(self._sampler, trace_id, sampled)
        return LocalTrace(trace_id, sampled, state, root_id, self, self.process)

    def _samples(
        self,
        sampler: Sampler,
        trace_id: str,
        parent_sampled: bool | None,  # noqa: FBT001 - the port's
    ) -> bool:
        try:
            return sampler(trace_id, parent_sampled, self.monotonic_ns())
        except Exception as error:  # noqa: BLE001 - no sampler's fault may break the program
            self._say_once("the sampler failed, so the trace is recorded", error)
            return True

    def _say_once(self, what: str, error: Exception) -> None:
        if what not in self._said_once:
            self._said_once.add(what)
            _log.warning(
                "%s (%s: %s); further failures are not reported", what, type(error).__name__, error
            )


def _kind_of(word: SpanType | str | None, said: dict[str, Any]) -> SpanType | None:
    """Give the type that `word` names; one that names none is kept in `said`."""
    if word is None:
        return None
    known = _TYPES.get(text_of(word).lower())
    if known is None:
        said.setdefault("prela.span_type", json_value(word))
    return known or SpanType.CUSTOM


def _after_fork() -> None:
    Tracer.process = object()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
