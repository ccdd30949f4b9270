"""Spans of other libraries' work, without touching the program: `prela_core.instrument()`.

Instrumentors of OpenTelemetry, OpenInference and OpenLLMetry make OpenTelemetry spans; a bridge
puts those into the sink of our tracer, in one tree with its own spans (`bridge`, which needs the
extra `otel`). For the clients of OpenAI and Anthropic there are helpers that need none of that:
`prela_core.instrumentation.openai` and `.anthropic`.
"""

from __future__ import annotations

from prela_core.instrumentation.bridging import Bridge, bridge
from prela_core.instrumentation.found import Family, Instrumentor
from prela_core.instrumentation.start import (
    Instrumented,
    Outcome,
    State,
    instrument,
    instrumentors,
)

__all__ = [
    "Bridge",
    "Family",
    "Instrumented",
    "Instrumentor",
    "Outcome",
    "State",
    "bridge",
    "instrument",
    "instrumentors",
]
