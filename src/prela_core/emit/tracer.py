"""The tracer: what a program makes its spans with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.trace_in_progress import TraceInProgress
from prela_core.model import Span, SpanType, new_span_id, new_trace_id

__all__ = ["Tracer"]

_log = logging.getLogger("prela")


class Tracer:
    """Makes spans of one service and hands them to `export`, one call a trace.

        tracer = open_tracer("shop-agent", export=HttpExporter("http://127.0.0.1:8000"))

        with tracer.span("answer", span_type=SpanType.AGENT):
            with tracer.span("chat", span_type=SpanType.LLM, **{"llm.model": "gpt-4o"}) as span:
                span.set("llm.input_tokens", 412)

    The innermost open span is the parent of a new one, over `await` and asyncio tasks. In a
    thread it is only where the thread runs in a copy of the context:

        thread = Thread(target=contextvars.copy_context().run, args=(work,))

    `export` is called where the outermost span ends, with the spans that ended by then in the
    order of their ends. When it raises, the program goes on; the first such error is logged.
    `now` gives aware datetimes.
    """

    def __init__(
        self,
        service_name: str,
        export: Callable[[Sequence[Span]], None],
        *,
        now: Callable[[], datetime],
        trace_id: Callable[[], str] = new_trace_id,
        span_id: Callable[[], str] = new_span_id,
    ) -> None:
        self.service_name = service_name
        self._export = export
        self._now = now
        self._new_trace_id = trace_id
        self._new_span_id = span_id
        self._has_failed = False

    def span(
        self,
        name: str,
        /,
        span_type: SpanType | str = SpanType.CUSTOM,
        attributes: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> ActiveSpan:
        """Make a span for a `with` block; it starts where the block does.

        `attributes` and `more` are set on it. A `span_type` that is no word of `SpanType`
        becomes `custom`, and the word the attribute `prela.span_type`.
        """
        said = {**(attributes or {}), **more}
        try:
            kind = SpanType(str(span_type).lower())
        except ValueError:
            kind = SpanType.CUSTOM
            said.setdefault("prela.span_type", span_type)
        return ActiveSpan(name, kind, self.service_name, said, now=self._now, place=self._place)

    def _place(self, parent: ActiveSpan | None) -> tuple[TraceInProgress, str, str | None]:
        """Give a new span its trace, its id and its parent's id."""
        span_id = self._new_span_id()
        parent_id = parent.span_id if parent is not None else None
        trace = parent.trace_of(self) if parent is not None else None
        if trace is None:
            trace_id = parent.trace_id if parent is not None else self._new_trace_id()
            trace = TraceInProgress(trace_id, span_id, self, self._hand_on)
        return trace, span_id, parent_id

    def _hand_on(self, spans: Sequence[Span]) -> None:
        try:
            self._export(spans)
        except Exception as error:  # noqa: BLE001 - no exporter's fault may break the program
            if not self._has_failed:
                self._has_failed = True
                _log.warning(
                    "spans were not exported (%s: %s); further failures are not reported",
                    type(error).__name__,
                    error,
                )
            _log.debug("an export failed", exc_info=True)
