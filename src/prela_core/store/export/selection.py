"""What is to be exported, as values."""

from __future__ import annotations

from enum import StrEnum

import attrs

from prela_core.errors import InvalidError
from prela_core.store.filters import SpanFilter, TraceFilter

__all__ = ["ExportForm", "Selection"]


class ExportForm(StrEnum):
    """The form of a file of spans."""

    JSONL = "jsonl"
    """A span a line, as the API answers it, and a line for what was said of a trace as a whole."""
    ARROW = "arrow"
    """An Arrow IPC stream: a row a span."""
    PARQUET = "parquet"
    """A Parquet file: a row a span."""


@attrs.frozen(kw_only=True)
class Selection:
    """Which spans are meant: all those of the traces that `traces` describes, or `spans` alone.

    With neither it is everything that the project has; then what was said of traces that have no
    spans is there as well. Raises `InvalidError` when both are given.
    """

    traces: TraceFilter | None = None
    spans: SpanFilter | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse what can't be meant, and take an empty filter for none."""
        if self.traces is not None and self.spans is not None:
            raise InvalidError("either traces or spans can be selected, not both")
        if self.traces == TraceFilter():
            object.__setattr__(self, "traces", None)
        if self.spans == SpanFilter():
            object.__setattr__(self, "spans", None)

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return self.traces is None and self.spans is None

    @property
    def start_time(self) -> int | None:
        """No span that is meant starts before this moment."""
        meant = self.traces or self.spans
        return None if meant is None else meant.start_time

    def at(self, now: int) -> Selection:
        """Say the same with moments in the place of times from `now` (microseconds)."""
        return Selection(
            traces=self.traces and self.traces.at(now), spans=self.spans and self.spans.at(now)
        )
