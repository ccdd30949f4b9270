"""The current span and what is said of its block, in the headers of requests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from types import TracebackType
from typing import Any, Self

from prela_core.emit.baggage_header import read_baggage, write_baggage
from prela_core.emit.block_context import merged
from prela_core.emit.neighbour import NEIGHBOURHOOD
from prela_core.emit.place import (
    HERE,
    SAID_HERE,
    LocalTrace,
    Place,
    RemotePlace,
    Said,
    innermost,
)
from prela_core.emit.trace_headers import read_traceparent, read_tracestate, write_traceparent

__all__ = ["Headers", "extract", "inject"]

Headers = Mapping[str, Any] | Mapping[bytes, Any] | Iterable[tuple[Any, Any]]
"""Headers as frameworks have them: a mapping, or pairs; names and values are text or bytes."""

_TRACEPARENT = "traceparent"
_TRACESTATE = "tracestate"
_BAGGAGE = "baggage"


def inject(headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
    """Write the current span into `headers` (a new dict by default), and give them.

    Sets `traceparent`, `tracestate` and `baggage`, each where there is something to say, in
    place of any that are there in whatever letter case. Session, user and the like of
    `context(...)` go to whoever gets the headers.
    """
    headers = {} if headers is None else headers
    here = innermost()
    said = SAID_HERE.get()
    if here is not None:
        trace = here.trace
        parent = write_traceparent(trace.trace_id, here.span_id, sampled=trace.sampled)
        if parent is not None:
            _put(headers, _TRACEPARENT, parent)
            _put(headers, _TRACESTATE, trace.state)
    if said is not None:
        _put(headers, _BAGGAGE, write_baggage(said))
    return headers


def _put(headers: MutableMapping[str, str], name: str, value: str) -> None:
    for key in [key for key in headers if key.lower() == name]:
        del headers[key]
    if value:
        headers[name] = value


class extract:  # noqa: N801 - used as a function is, in a `with` statement
    """Go on, in a `with` block, with the trace that `headers` tell of.

        with prela_core.extract(request.headers), prela_core.span("handle"):
            ...

    Spans that start within are children of the caller's, are recorded if it was (the sampler
    decides), and have the attributes of its `baggage`. Headers that break the rules of W3C
    Trace Context or Baggage are passed over: then a trace begins here. `headers` may be those
    of any framework, ASGI's pairs of bytes among them, or None, as those of a message without.
    """

    __slots__ = ("_before", "_next_door", "_place", "_said")

    def __init__(self, headers: Headers | None) -> None:
        found = _found(headers or ())
        self._place = _place_of(found)
        self._said = read_baggage(",".join(found[_BAGGAGE]))
        self._before: tuple[Place | None, Said | None] = (None, None)
        self._next_door: object = None

    @property
    def trace_id(self) -> str | None:
        """The id of the caller's trace; None where the headers tell of none."""
        return self._place.trace.trace_id if self._place is not None else None

    @property
    def span_id(self) -> str | None:
        """The id of the caller's span; None where the headers tell of none."""
        return self._place.span_id if self._place is not None else None

    @property
    def sampled(self) -> bool | None:
        """Whether the caller recorded its trace; None where the headers tell of none."""
        return self._place.trace.sampled if self._place is not None else None

    def __enter__(self) -> Self:
        self._before = (HERE.get(), SAID_HERE.get())
        if self._place is not None:
            HERE.set(self._place)
            if NEIGHBOURHOOD.next_door is not None:
                self._next_door = NEIGHBOURHOOD.entered(self._place)
        if self._said is not None:
            said = self._said
            SAID_HERE.set(merged(self._before[1], dict(said.attributes), said.foreign))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        # Not by tokens: the block may end in another context than it began in.
        HERE.set(self._before[0])
        SAID_HERE.set(self._before[1])
        if self._next_door is not None:
            NEIGHBOURHOOD.left(self._next_door)
            self._next_door = None


def _place_of(found: Mapping[str, list[str]]) -> RemotePlace | None:
    # Of two parents none can be believed; the other headers may come in several pieces.
    if len(found[_TRACEPARENT]) != 1:
        return None
    parent = read_traceparent(found[_TRACEPARENT][0])
    if parent is None:
        return None
    trace_id, span_id, sampled = parent
    state = read_tracestate(",".join(found[_TRACESTATE]))
    return RemotePlace(LocalTrace(trace_id, sampled, state), span_id)


def _found(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {_TRACEPARENT: [], _TRACESTATE: [], _BAGGAGE: []}
    pairs = headers.items() if isinstance(headers, Mapping) else headers
    for name, value in pairs:
        known = found.get(_text(name).lower())
        if known is None:
            continue
        if isinstance(value, (str, bytes)):
            known.append(_text(value))
        elif isinstance(value, Iterable):
            known += [_text(each) for each in value]
    return found


def _text(value: Any) -> str:
    # Header bytes are Latin-1 (RFC 9110, section 5.5).
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
