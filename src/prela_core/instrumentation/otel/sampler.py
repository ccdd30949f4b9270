"""Our tracer's sampler, asked about traces whose root is OpenTelemetry's."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult
from opentelemetry.trace import Link, SpanKind, TraceState, format_trace_id
from opentelemetry.util.types import Attributes

from prela_core.emit import get_tracer

__all__ = ["RootSampler"]


class RootSampler(Sampler):
    """For roots only: wrap it in `ParentBased`, as what is below follows its parent."""

    def should_sample(  # noqa: PLR0917 - the SDK's signature
        self,
        parent_context: Context | None,  # noqa: ARG002 - the SDK's signature
        trace_id: int,
        name: str,  # noqa: ARG002 - likewise
        kind: SpanKind | None = None,  # noqa: ARG002 - likewise
        attributes: Attributes | None = None,
        links: Sequence[Link] | None = None,  # noqa: ARG002 - likewise
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Decide as our tracer does; while there is none, nothing is exported anyway."""
        tracer = get_tracer()
        if tracer is None or tracer.samples(format_trace_id(trace_id)):
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes, trace_state)
        return SamplingResult(Decision.DROP)

    def get_description(self) -> str:
        """Give the sampler's name."""
        return "PrelaRootSampler"
