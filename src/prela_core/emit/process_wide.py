"""The tracer that the whole program shares, and what is said without naming one.

Libraries and modules can use these at import time and anywhere else: the tracer is looked up at
each call. While none is set they record nothing, at the cost of one look.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prela_core.emit.active_span import ActiveSpan
from prela_core.emit.place import HERE
from prela_core.emit.tracer import Tracer
from prela_core.emit.unrecorded import NO_SPAN
from prela_core.model import SpanType

__all__ = ["current_span", "get_tracer", "score", "set_tracer", "span", "standing_in"]


class _Shared:
    tracer: Tracer | None = None
    of_the_program: Tracer | None = None
    is_stood_in_for: bool = False


def set_tracer(tracer: Tracer | None) -> Tracer | None:
    """Let the program share `tracer` from now on; None lets it record nothing.

    Gives the one that was set before. While another one is `standing_in`, it waits for the end
    of that.
    """
    before, _Shared.of_the_program = _Shared.of_the_program, tracer
    if not _Shared.is_stood_in_for:
        _Shared.tracer = tracer
    return before


@contextmanager
def standing_in(tracer: Tracer) -> Iterator[None]:
    """Let the program share `tracer` in this block, whatever it sets up meanwhile."""
    before, was_stood_in_for = _Shared.tracer, _Shared.is_stood_in_for
    _Shared.tracer, _Shared.is_stood_in_for = tracer, True
    try:
        yield
    finally:
        _Shared.is_stood_in_for = was_stood_in_for
        _Shared.tracer = before if was_stood_in_for else _Shared.of_the_program


def get_tracer() -> Tracer | None:
    """Give the tracer that the program shares; None while none is set."""
    return _Shared.tracer


def span(
    name: str,
    /,
    span_type: SpanType | str | None = SpanType.CUSTOM,
    attributes: Mapping[str, Any] | None = None,
    **more: Any,
) -> ActiveSpan:
    """Make a span of the shared tracer, as `Tracer.span` says.

    While none is set, a span that records nothing.
    """
    tracer = _Shared.tracer
    if tracer is None:
        return NO_SPAN
    return tracer.span(name, span_type, attributes, **more)


def current_span() -> ActiveSpan:
    """Give the span that the running code is in; outside of all, one that records nothing.

    So a traced function can say more of itself wherever it is called. An asyncio task is in the
    span that was current when it was created. So is what `in_context` wraps, and, unless it was
    opted out of, a new thread and the work of a thread pool.
    """
    here = HERE.get()
    return here if isinstance(here, ActiveSpan) else NO_SPAN


def score(
    name: str,
    value: float | None = None,
    *,
    label: str | None = None,
    comment: str | None = None,
) -> None:
    """Score the current span, as `ActiveSpan.score` says; outside of all nothing is recorded."""
    current_span().score(name, value, label=label, comment=comment)
