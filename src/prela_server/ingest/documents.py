"""What senders should send, as classes to read and to make a schema of.

Bodies are not decoded into these: the decoder in `prela_core.wire` takes much more, since what
clients in the field send is a fact of life. Whoever writes a new client keeps to these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import attrs
from msgspec import Meta

from prela_core.model import MAX_ID_LENGTH, SpanType, Status
from prela_core.store import StoredSpan

__all__ = [
    "BatchDocument",
    "EventDocument",
    "ImportDocument",
    "LinkDocument",
    "OtlpAnswer",
    "OtlpDocument",
    "PartialSuccess",
    "RpcStatus",
    "SpanDocument",
    "TraceDocument",
]

Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID_LENGTH, pattern=r"^[!-~]+$")]
# Aware, which is what gives it the format `date-time` of RFC 3339.
Moment = Annotated[datetime, Meta(tz=True)]
Milliseconds = Annotated[float, Meta(ge=0)]


@attrs.frozen(kw_only=True)
class EventDocument:
    """Something that happened at one moment within a span."""

    name: Annotated[str, Meta(description="What happened, such as `exception`.")]
    timestamp: Annotated[Moment, Meta(description="When it happened.")]
    attributes: Annotated[dict[str, Any], Meta(description="Anything else about it.")] = (
        attrs.field(factory=dict)
    )


@attrs.frozen(kw_only=True)
class LinkDocument:
    """Another span that this one has to do with, without being its child."""

    trace_id: Annotated[Id, Meta(description="The trace of the other span.")]
    span_id: Annotated[Id, Meta(description="The other span.")]
    attributes: Annotated[dict[str, Any], Meta(description="What they have to do with each other.")]


@attrs.frozen(kw_only=True)
class SpanDocument:
    """One step of an agent's work.

    Only the two ids are required. Sending a span again, with the same two ids, replaces it by
    its more complete version: send it once when the step begins, without `ended_at`, to see it
    while it runs, and again when it ends. Parents and children may come in any order. Fields
    that are not listed are passed over; put what you have to say into `attributes`.
    """

    span_id: Annotated[
        Id,
        Meta(
            description="The step's own id, unique within its trace. 16 hex digits are usual, "
            "but any 1 to 128 printable characters will do.",
            examples=["b7ad6b7169203331"],
        ),
    ]
    trace_id: Annotated[
        Id,
        Meta(
            description="The trace that the step belongs to. 32 hex digits are usual, but any "
            "1 to 128 printable characters will do.",
            examples=["0af7651916cd43dd8448eb211c80319c"],
        ),
    ]
    parent_span_id: Annotated[
        Id | None,
        Meta(description="The step that caused this one; null or left out for a root."),
    ] = None
    name: Annotated[
        str,
        Meta(description="What the step is called in lists and trees.", examples=["chat gpt-4o"]),
    ] = ""
    span_type: Annotated[
        SpanType | None,
        Meta(
            description="What kind of step it is, in any letter case. An unknown word is taken as "
            "`custom`, and kept in `span_type_sent`. Left out, the attributes tell, or else it is "
            "`custom`."
        ),
    ] = None
    service_name: Annotated[
        str,
        Meta(
            description="The program that took the step. Within a trace, the trace's own name "
            "stands in for one left out."
        ),
    ] = ""
    started_at: Annotated[
        Moment | None,
        Meta(
            description="When the step began, of 1970 to 2099, kept to the microsecond. Without a "
            "zone it is read as UTC. Left out, it is the moment of receipt."
        ),
    ] = None
    ended_at: Annotated[
        Moment | None, Meta(description="When the step ended; null or left out while it runs.")
    ] = None
    duration_ms: Annotated[
        Milliseconds | None,
        Meta(
            description="How long the step took, in milliseconds. It counts only where `ended_at` "
            "or `started_at` is missing; from both of them it is computed."
        ),
    ] = None
    status: Annotated[
        Status | None,
        Meta(
            description="How the step ended. `ok`, `completed` and `failed` are also understood, "
            "in any letter case. A step that ended without one is taken as a success."
        ),
    ] = None
    status_message: Annotated[
        str | None, Meta(description="Why it failed, in words for people.")
    ] = None
    attributes: Annotated[
        dict[str, Any],
        Meta(
            description="Anything else, under any keys, up to 1 MiB. Those of the OpenTelemetry "
            "GenAI and OpenInference conventions (model, tokens, cost, session, user, input, "
            "output) are also read into fields of their own."
        ),
    ] = attrs.field(factory=dict)
    events: Annotated[list[EventDocument], Meta(description="What happened during the step.")] = (
        attrs.field(factory=list)
    )
    links: Annotated[list[LinkDocument], Meta(description="Other spans it has to do with.")] = (
        attrs.field(factory=list)
    )
    replay_snapshot: Annotated[
        dict[str, Any] | None,
        Meta(
            description="What is needed to run the step again; kept as the attribute "
            "`prela.replay_snapshot`."
        ),
    ] = None


@attrs.frozen(kw_only=True)
class TraceDocument:
    """A trace, with all or some of its spans.

    The spans may come in several requests, and through the other addresses too. Times, status,
    duration and counts of a trace are computed from its spans, so `started_at` and the other
    fields that clients send for them are not needed.
    """

    trace_id: Annotated[
        Id,
        Meta(
            description="The trace's id: any 1 to 128 printable characters.",
            examples=["0af7651916cd43dd8448eb211c80319c"],
        ),
    ]
    service_name: Annotated[
        str, Meta(description="The program that took those steps which name no other.")
    ] = ""
    metadata: Annotated[
        dict[str, Any], Meta(description="Anything about the trace as a whole; it is given back.")
    ] = attrs.field(factory=dict)
    attributes: Annotated[
        dict[str, Any], Meta(description="More about the trace as a whole; it is only kept.")
    ] = attrs.field(factory=dict)
    spans: Annotated[
        list[SpanDocument],
        Meta(
            description="Its steps. A span without a `trace_id` of its own belongs to this trace."
        ),
    ] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class BatchDocument:
    """Spans of any traces. A bare list of spans is taken as well."""

    spans: Annotated[
        list[SpanDocument],
        Meta(description="The spans, at most 50,000. One bad span does not fail the others."),
    ]


@attrs.frozen(kw_only=True)
class ImportDocument:
    """Spans as they were exported. A bare list of them is taken as well."""

    spans: Annotated[
        list[StoredSpan],
        Meta(description="The spans, at most 50,000. One bad span does not fail the others."),
    ]


@attrs.frozen(kw_only=True)
class OtlpDocument:
    """An `ExportTraceServiceRequest` of OTLP, as JSON.

    What is in it is for the [specification](https://opentelemetry.io/docs/specs/otlp/) to say:
    ids are hex digits, 64-bit integers texts or numbers, enumerations numbers or their names.
    """

    resourceSpans: Annotated[  # noqa: N815 - OTLP's own spelling
        list[dict[str, Any]],
        Meta(description="Spans by the resource, and within it the scope, that they come from."),
    ] = attrs.field(factory=list)


@attrs.frozen(kw_only=True)
class PartialSuccess:
    """What was refused, or a warning when nothing was."""

    rejectedSpans: Annotated[  # noqa: N815 - likewise
        str, Meta(description="How many spans were refused; left out when none were.")
    ] = "0"
    errorMessage: Annotated[  # noqa: N815 - likewise
        str, Meta(description="Why, with the place of the first span of each reason.")
    ] = ""


@attrs.frozen(kw_only=True)
class OtlpAnswer:
    """An `ExportTraceServiceResponse` of OTLP: every span that is not refused is durable."""

    partialSuccess: Annotated[  # noqa: N815 - likewise
        PartialSuccess | None,
        Meta(description="Left out when there is nothing to say."),
    ] = None


@attrs.frozen(kw_only=True)
class RpcStatus:
    """Why an OTLP request was not answered: a `google.rpc.Status`, in the request's encoding."""

    code: Annotated[
        int, Meta(description="A code of `google.rpc.Code`, which says less than the HTTP status.")
    ]
    message: Annotated[str, Meta(description="What was wrong, and what to do.")]
