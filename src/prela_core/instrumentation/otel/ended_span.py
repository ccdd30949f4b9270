"""A span that OpenTelemetry's SDK ended, in the form of ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from opentelemetry.sdk.resources import SERVICE_NAME
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, StatusCode, format_span_id, format_trace_id

from prela_core.model import EPOCH, Span, SpanEvent, SpanLink, Status, from_micros
from prela_core.wire.encode import json_value

__all__ = ["EndedSpan"]

_UNNAMED = "unknown_service"
"""How the SDK begins the name of a service that has none."""


@attrs.frozen(eq=False)
class EndedSpan:
    """A `Finished` of another library's making: what was recorded can't change after the end.

    `parent_id` is that of the nearest ancestor that is exported, in hex. `service_name` is used
    where the resource names none, and attributes of `said` where the span has none of that name.
    """

    span: ReadableSpan
    parent_id: str | None
    service_name: str = ""
    said: Mapping[str, Any] = attrs.field(factory=dict)

    def to_span(self) -> Span:
        """Give the span; its type is left to its attributes.

        Resource and scope become attributes spelled as where OTLP is received: `resource.<key>`
        but for the service's name, `otel.scope.name` and `otel.scope.version`. An attribute of
        the span's own of that name wins. Times are cut to the microsecond.
        """
        span = self.span
        context = span.get_span_context()
        resource = dict(span.resource.attributes)
        named = str(resource.pop(SERVICE_NAME, ""))
        attributes: dict[str, Any] = {f"resource.{key}": one for key, one in resource.items()}
        if scope := span.instrumentation_scope:
            attributes["otel.scope.name"] = scope.name
            if scope.version:
                attributes["otel.scope.version"] = scope.version
        attributes |= self.said
        attributes |= span.attributes or {}
        is_error = span.status.status_code is StatusCode.ERROR
        return Span(
            trace_id=_trace_id(context),
            span_id=_span_id(context),
            parent_span_id=self.parent_id,
            name=span.name,
            span_type=None,
            service_name=self.service_name if _is_unnamed(named) else named,
            started_at=from_micros(span.start_time // 1000) if span.start_time else EPOCH,
            ended_at=from_micros(span.end_time // 1000) if span.end_time else None,
            status=Status.ERROR if is_error else Status.SUCCESS,
            status_message=span.status.description,
            attributes=json_value(attributes),
            events=tuple(
                SpanEvent(
                    event.name,
                    from_micros(event.timestamp // 1000),
                    json_value(event.attributes or {}),
                )
                for event in span.events
            ),
            links=tuple(
                SpanLink(
                    _trace_id(link.context),
                    _span_id(link.context),
                    json_value(link.attributes or {}),
                )
                for link in span.links
            ),
        )


def _is_unnamed(service_name: str) -> bool:
    return not service_name or service_name.startswith(_UNNAMED)


def _trace_id(context: SpanContext | None) -> str:
    return format_trace_id(context.trace_id if context else 0)


def _span_id(context: SpanContext | None) -> str:
    return format_span_id(context.span_id if context else 0)
