"""Tail sampling: traces are kept or dropped as wholes, once it is known how they went."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import attrs

from prela_core.emit import samplers
from prela_core.emit.size import size_of
from prela_core.model import Span, Status

__all__ = ["KeepErrors", "TailSampler", "keep_errors"]

_COSTS = ("llm.cost_usd", "gen_ai.usage.cost", "llm.cost.total")
"""Where spans say their cost in dollars; the first one present counts."""

_DECISIONS = 10_000
"""Traces whose decision is remembered for spans that come late."""


@attrs.frozen(kw_only=True)
class KeepErrors:
    """Which traces a `TailSampler` keeps, and how much it holds; see `keep_errors`."""

    ratio: float = 0.0
    slower_than: float | None = None
    costlier_than: float | None = None
    patience: float = 30.0
    held: int = 10_000
    held_size: int = 64 << 20


def keep_errors(
    ratio: float = 0.0,
    *,
    slower_than: float | None = None,
    costlier_than: float | None = None,
    patience: float = 30.0,
    held: int = 10_000,
    held_size: int = 64 << 20,
) -> KeepErrors:
    """Keep each trace with an error in it, and of the others the share `ratio` by trace id.

    Traces in which a span took more than `slower_than` seconds, or whose spans say that they cost
    more than `costlier_than` dollars together, are kept too. A trace is decided on when its
    outermost span in this process ends; after `patience` seconds, or when more than `held` spans
    or `held_size` bytes are held, it is decided on with what is there. Spans that come later
    follow the decision. Raises `ValueError` for a ratio that is none.
    """
    samplers.ratio(ratio)  # raises for what is none
    return KeepErrors(
        ratio=ratio,
        slower_than=slower_than,
        costlier_than=costlier_than,
        patience=patience,
        held=held,
        held_size=held_size,
    )


@attrs.define(eq=False)
class _Trace:
    since: float
    spans: list[Span] = attrs.field(factory=list)
    size: int = 0
    cost: float = 0.0


class TailSampler:
    """Holds the spans of each trace until it is decided on. No clock: `now` is in seconds.

    What is dropped here was not asked for, so it does not count as lost.
    """

    def __init__(self, policy: KeepErrors) -> None:
        self._policy = policy
        self._chance = samplers.ratio(policy.ratio)
        self._open: OrderedDict[str, _Trace] = OrderedDict()
        self._decided: OrderedDict[str, bool] = OrderedDict()
        self._held = 0
        self._size = 0

    def __len__(self) -> int:
        """Count the spans that are held."""
        return self._held

    @property
    def size(self) -> int:
        """About how many bytes the held spans take."""
        return self._size

    def put(self, span: Span, is_local_root: bool | None, now: float) -> list[Span]:  # noqa: FBT001 - a port's value
        """Take an ended span; give those which may go now.

        `is_local_root` of None: it is not known, and only a span without a parent is one.
        """
        decision = self._decided.get(span.trace_id)
        if decision is not None:
            self._decided.move_to_end(span.trace_id)
            return [span] if decision else []
        trace = self._open.setdefault(span.trace_id, _Trace(now))
        size = size_of(span)
        trace.spans.append(span)
        trace.size += size
        self._held += 1
        self._size += size
        trace.cost += _cost_of(span.attributes)
        ended = span.parent_span_id is None if is_local_root is None else is_local_root
        if self._is_wanted(span, trace):
            return self._decide(span.trace_id, keep=True)
        if ended:
            return self._decide(span.trace_id)
        kept = []
        while self._held > self._policy.held or self._size > self._policy.held_size:
            kept += self._decide(next(iter(self._open)))
        return kept

    def due(self, now: float) -> list[Span]:
        """Decide on the traces that were held for as long as `patience`, and give what is kept."""
        kept = []
        while self._open:
            trace_id, oldest = next(iter(self._open.items()))
            if now - oldest.since < self._policy.patience:
                break
            kept += self._decide(trace_id)
        return kept

    def end(self) -> list[Span]:
        """Decide on all traces, and give what is kept."""
        kept = []
        while self._open:
            kept += self._decide(next(iter(self._open)))
        return kept

    def _is_wanted(self, span: Span, trace: _Trace) -> bool:
        policy = self._policy
        if span.status == Status.ERROR:
            return True
        if policy.slower_than is not None and (span.duration_ms or 0) > policy.slower_than * 1000:
            return True
        return policy.costlier_than is not None and trace.cost > policy.costlier_than

    def _decide(self, trace_id: str, *, keep: bool | None = None) -> list[Span]:
        if keep is None:
            keep = self._chance(trace_id, None, 0)
        trace = self._open.pop(trace_id)
        self._held -= len(trace.spans)
        self._size -= trace.size
        self._decided[trace_id] = keep
        if len(self._decided) > _DECISIONS:
            self._decided.popitem(last=False)
        return trace.spans if keep else []


def _cost_of(attributes: Mapping[str, Any]) -> float:
    for key in _COSTS:
        value = attributes.get(key)
        if isinstance(value, (int, float)) and value > 0:
            return float(value)
    return 0.0
