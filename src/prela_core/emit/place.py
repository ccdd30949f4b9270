"""Where the running code is: the span it is in, and what the block around it says of all spans."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, ClassVar

from prela_core.emit.neighbour import NEIGHBOURHOOD

__all__ = ["HERE", "SAID_HERE", "LocalTrace", "Place", "RemotePlace", "Said", "innermost"]


class LocalTrace:
    """The part of a trace that one tracer makes below one local root.

    A local root is a span without parent in this program, or whose parent is another tracer's.
    `state` is the W3C `tracestate`, as it came. `owner` and `process` are the tracer and the
    process that the part is of; both are None where the trace goes on elsewhere.
    """

    __slots__ = (
        "__weakref__",
        "ended",
        "owner",
        "process",
        "root_id",
        "sampled",
        "state",
        "trace_id",
    )

    def __init__(  # noqa: PLR0917 - a plain record, made on the hot path
        self,
        trace_id: str,
        sampled: bool,  # noqa: FBT001 - likewise
        state: str = "",
        root_id: str = "",
        owner: object = None,
        process: object = None,
    ) -> None:
        self.trace_id = trace_id
        self.sampled = sampled
        self.state = state
        self.root_id = root_id
        self.owner = owner
        self.process = process
        self.ended = False


class Place:
    """A span of this program or another, as what runs below it sees it.

    `before` is the place that was current when this one became so. Places that have ended are
    skipped on the way back, so blocks that do not nest leave no dead span behind.
    """

    __slots__ = ("before", "ended", "span_id", "trace")

    remote: ClassVar[bool] = False

    trace: LocalTrace
    span_id: str
    before: Place | None
    ended: bool

    @property
    def recording(self) -> bool:
        """Whether it is, or will be, exported."""
        return self.trace.sampled

    @property
    def trace_id(self) -> str:
        """The id of the span's trace."""
        return self.trace.trace_id

    def live(self) -> Place | None:
        """Give the place to go back to when this one is left."""
        before = self.before
        while before is not None and before.ended:
            before = before.before
        return before


class RemotePlace(Place):
    """A span that is not ours: another program's, or another library's in this one."""

    __slots__ = ()

    remote = True

    def __init__(self, trace: LocalTrace, span_id: str) -> None:
        self.trace = trace
        self.span_id = span_id
        self.before = None
        self.ended = False


class Said:
    """What holds for every span of a block.

    `attributes` are set on spans that start within; `foreign` are members of a W3C `baggage`
    that mean nothing to us and go on as they came.
    """

    __slots__ = ("attributes", "foreign")

    def __init__(self, attributes: Mapping[str, Any], foreign: tuple[str, ...] = ()) -> None:
        self.attributes = attributes
        self.foreign = foreign


HERE: ContextVar[Place | None] = ContextVar("prela_here", default=None)
SAID_HERE: ContextVar[Said | None] = ContextVar("prela_said_here", default=None)


def innermost() -> Place | None:
    """Give the innermost span, of ours or of the neighbour's; None outside of all."""
    here = HERE.get()
    if NEIGHBOURHOOD.next_door is None:
        return here
    foreign = NEIGHBOURHOOD.foreign_parent()
    if foreign is None:
        return here
    trace_id, span_id, sampled = foreign
    if here is not None and here.trace.trace_id == trace_id:
        # The neighbour's span lies within ours: its children belong to the same part.
        return RemotePlace(here.trace, span_id)
    return RemotePlace(LocalTrace(trace_id, sampled), span_id)
