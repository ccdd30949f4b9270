"""What decoding a body gives, whatever its form."""

from __future__ import annotations

import attrs

from prela_core.model import SpanBatch, SpanRecord, TraceRecord

__all__ = ["Decoded", "Rejected"]


@attrs.frozen
class Rejected:
    """A span that was not taken: its place in the request, its id if it has one, and why."""

    index: int
    span_id: str | None
    reason: str


@attrs.define
class Decoded:
    """What a body held. `total` counts every span in it, taken or not."""

    spans: list[SpanRecord]
    traces: list[TraceRecord]
    rejected: list[Rejected]
    total: int
    trace_id: str = ""
    """The id of the trace that the body was about; "" when it was about spans."""

    def batch(self, project_id: str, received_at: int) -> SpanBatch:
        """Give what was taken as a batch for the bus, each span once."""
        return SpanBatch(project_id, received_at, _last_versions(self.spans), self.traces)


def _last_versions(spans: list[SpanRecord]) -> list[SpanRecord]:
    """Keep of each span the version that readers would see, so that ties can't arise."""
    keys = [(span.trace_id, span.span_id) for span in spans]
    if len(set(keys)) == len(keys):
        return spans
    best: dict[tuple[str, str], SpanRecord] = {}
    for key, span in zip(keys, spans, strict=True):
        held = best.get(key)
        if held is None or span.completeness >= held.completeness:
            best[key] = span
    return list(best.values())
