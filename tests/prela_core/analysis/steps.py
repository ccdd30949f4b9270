"""Traces of which only places and times are of interest, as odd as clients make them."""

from __future__ import annotations

from datetime import datetime

import attrs
from hypothesis import strategies as st

from prela_core.model import from_micros

__all__ = ["Step", "traces"]


@attrs.frozen
class Step:
    """A span with times in microseconds; no `end` while it runs."""

    span_id: str
    parent_span_id: str | None
    start: int
    end: int | None

    @property
    def started_at(self) -> datetime:
        return from_micros(self.start)

    @property
    def ended_at(self) -> datetime | None:
        return None if self.end is None else from_micros(self.end)


@st.composite
def traces(draw: st.DrawFn) -> list[Step]:
    """Draw at least one span: parents missing, circular or of a later start, ends before starts."""
    ids = [f"s{at}" for at in range(draw(st.integers(1, 12)))]
    parents = st.sampled_from([None, "lost-1", "lost-2", *ids])
    moment = st.integers(0, 20)
    return [Step(one, draw(parents), draw(moment), draw(st.none() | moment)) for one in ids]
