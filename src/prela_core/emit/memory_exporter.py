"""An exporter that keeps what it is given."""

from __future__ import annotations

from collections.abc import Sequence

from prela_core.model import Span

__all__ = ["MemoryExporter"]


class MemoryExporter:
    """Keeps spans, in the order they came, for as long as it lives. Any thread may export."""

    def __init__(self) -> None:
        self._spans: list[Span] = []

    def __call__(self, spans: Sequence[Span]) -> None:
        """Keep `spans`."""
        self._spans.extend(spans)

    @property
    def spans(self) -> list[Span]:
        """All spans so far, in a list of your own."""
        return list(self._spans)

    def traces(self) -> dict[str, list[Span]]:
        """Give the spans by trace id, the traces in the order of their first spans."""
        traces: dict[str, list[Span]] = {}
        for span in self.spans:
            traces.setdefault(span.trace_id, []).append(span)
        return traces

    def clear(self) -> None:
        """Forget all spans."""
        self._spans.clear()
