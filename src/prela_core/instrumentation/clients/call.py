"""One call to a model, from its request to the end of its answer, as a span."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from prela_core.emit import ActiveSpan, Tracer
from prela_core.instrumentation.clients.reading import Assembly, Reading, plain
from prela_core.model import SpanType

__all__ = ["Call"]

_log = logging.getLogger("prela")

_TYPES: Mapping[str, SpanType] = {"chat": SpanType.LLM, "embeddings": SpanType.EMBEDDING}


class Call:
    """The span of a call, open until its answer has come wholly or never will.

    The span is the current one while the request is made, and no longer: what the program does
    between the pieces of a stream is not part of the call. Nothing here raises, whatever the
    service answers; what can't be read is not recorded.
    """

    def __init__(
        self, tracer: Tracer, reading: Reading, about: Mapping[str, Any], body: Any
    ) -> None:
        self._tracer = tracer
        self._reading = reading
        self._assembly: Assembly | None = None
        self._began = tracer.monotonic_ns()
        self._has_output = False
        self._has_ended = False
        self.is_pulling = False
        operation = reading.operation
        self.span: ActiveSpan = tracer.span(
            operation, _TYPES[operation], {"gen_ai.operation.name": operation, **about}
        )
        if self.span.recording:
            self._quietly(self._read_request, body)
        self.span.start()

    def _read_request(self, body: Any) -> None:
        given = {key: one for key, one in (body or {}).items() if not _is_omitted(one)}
        said = self._reading.request(plain(given))
        for key, value in said.items():
            self.span.set(key, value)
        if model := said.get("gen_ai.request.model"):
            self.span.name = f"{self._reading.operation} {model}"

    def retried(self, status: int | None) -> None:
        """Note that the client tries again after an answer of `status`, or after none."""
        said = {} if status is None else {"http.response.status_code": status}
        self.span.event("gen_ai.client.retry", said)

    def requested(self) -> None:
        """Be the current span no more: the request has been answered, if not in full."""
        self.span.leave()

    def take(self, piece: Any) -> None:
        """Take a piece of a stream."""
        if self.span.recording:
            self._quietly(self._take, piece)

    def _take(self, piece: Any) -> None:
        if self._assembly is None:
            self._assembly = self._reading.assembly()
        if self._assembly.add(plain(piece)) and not self._has_output:
            self._has_output = True
            seconds = (self._tracer.monotonic_ns() - self._began) / 1e9
            self.span.set("gen_ai.response.time_to_first_chunk", seconds)

    def end(self, answer: Any = None) -> None:
        """End well, with a whole answer or with what a stream has brought."""
        self._end(answer)

    def fail(self, error: BaseException, answer: Any = None) -> None:
        """End with an error; what a stream has brought until then is kept."""
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            self.span.set("http.response.status_code", status)
        kind = type(error)
        self.span.set("error.type", f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}")
        self._end(answer, error)

    def _end(self, answer: Any, error: BaseException | None = None) -> None:
        # A stream ends where it is exhausted, and is closed after that.
        if self._has_ended:
            return
        self._has_ended = True
        if self.span.recording:
            self._quietly(self._read_answer, answer)
        self.span.end(error)

    def _read_answer(self, answer: Any) -> None:
        if answer is None and self._assembly is not None:
            answer = self._assembly.answer()
        if answer is not None:
            for key, value in self._reading.response(plain(answer)).items():
                self.span.set(key, value)

    def _quietly(self, read: Callable[[Any], None], what: Any) -> None:
        try:
            read(what)
        except Exception:  # noqa: BLE001 - recording a call must not break it
            _log.debug("a model call was not read", exc_info=True)


def _is_omitted(value: Any) -> bool:
    """Tell the clients' own words for an argument that was not given."""
    return type(value).__name__ in ("NotGiven", "Omit")
