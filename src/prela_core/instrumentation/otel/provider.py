"""Which OpenTelemetry provider instrumentors get, and our bridge on it."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import DEFAULT_ON, ParentBased

from prela_core.instrumentation.otel.bridge import SpanBridge
from prela_core.instrumentation.otel.sampler import RootSampler

__all__ = ["bridged"]

_bridges: WeakKeyDictionary[Any, SpanBridge] = WeakKeyDictionary()
"""A provider gives no processor back, so one that has a bridge gets no second."""


def bridged(provider: Any) -> tuple[Any, SpanBridge]:
    """Put a bridge on `provider`, or on the process's own when it is None.

    A process without a provider gets a fresh one. A provider that takes no processors, such as
    one of another vendor, is left in its place, and a fresh one given beside it.
    """
    if provider is None:
        provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = _fresh()
        trace.set_tracer_provider(provider)
        # Another thread may have been first.
        provider = trace.get_tracer_provider()
    if not callable(getattr(provider, "add_span_processor", None)):
        provider = _fresh()
    bridge = _bridges.get(provider)
    if bridge is None:
        bridge = _bridges[provider] = SpanBridge()
        provider.add_span_processor(bridge)
    bridge.active = True
    return provider, bridge


def _fresh() -> TracerProvider:
    # Flushing at the program's end is the business of the tracer's owner.
    provider = TracerProvider(shutdown_on_exit=False)
    # A sampler that the environment names is the user's wish; without one ours decides on roots.
    if provider.sampler is DEFAULT_ON:
        provider.sampler = ParentBased(RootSampler())
    return provider
