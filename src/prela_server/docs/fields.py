"""What each field of an answer means: what its Python type and its class do not say.

A field is looked up as `Class.field`, then as `field`; `started_at` means the same in all
classes that have it. The entries are keywords of JSON Schema, put on top of those of its type.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from prela_core.model import Flag, SpanType, Status
from prela_core.store import DeletionState
from prela_core.store.words import SEARCHED_FIELDS

__all__ = ["FIELDS"]

_STATUS = {"type": "string", "enum": [word.value for word in Status]}
_SPAN_TYPE = {"type": "string", "enum": [word.value for word in SpanType]}
_ACCEPTED = {"const": "accepted", "description": "Always `accepted`: what was taken is durable."}
_COUNT = {"minimum": 0}
_IN_AND_OUT = (
    "What {}: text as it is; messages of any vendor as a JSON list of objects with `role`, "
    "`content`, `tool_calls` (`id`, `name`, `arguments`), `tool_call_id` and the like; anything "
    "else as compact JSON."
)


def _says(description: str, **keywords: Any) -> Mapping[str, Any]:
    return {"description": description, **keywords}


FIELDS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        # of traces and spans
        "trace_id": _says("The id of the trace, as it was sent."),
        "span_id": _says("The id of the span, as it was sent."),
        "parent_span_id": _says("The span that caused this one; null for a root."),
        "root_span_id": _says("The earliest span without a parent; null until one has arrived."),
        "name": _says("What the step is called."),
        "TraceSummary.name": _says("The name of the root span, or else of the earliest one."),
        "service_name": _says("The program that took the step."),
        "TraceSummary.service_name": _says(
            "The program of the root span, or else of the earliest one."
        ),
        "span_type": _says("What kind of step it is.", **_SPAN_TYPE),
        "span_type_sent": _says("The kind as the sender wrote it; empty when none was sent."),
        "started_at": _says("When the step began."),
        "TraceSummary.started_at": _says("When the earliest span began."),
        "completed_at": _says("When the last span ended; null while any of them runs."),
        "ended_at": _says("When the step ended; null while it runs."),
        "created_at": _says("When Prela received this version of the span."),
        "duration_ms": _says(
            "Milliseconds from start to end; negative when the sender's end lies before its start, "
            "0 while the step runs."
        ),
        "TraceSummary.duration_ms": _says(
            "Milliseconds from the earliest start to the latest moment known.", minimum=0
        ),
        "status": _says("How the step ended.", **_STATUS),
        "TraceSummary.status": _says(
            "`error` if any span failed, else `pending` while any runs, else `success`.", **_STATUS
        ),
        "status_sent": _says("The status as the sender wrote it."),
        "status_message": _says("Why it failed, in the sender's words."),
        "span_count": _says("How many spans have arrived.", **_COUNT),
        "error_count": _says("How many of them failed.", **_COUNT),
        "models": _says("The models that were called, in the order of the alphabet."),
        "metadata": _says("What the sender said of the trace as a whole.", type="object"),
        "attributes": _says("All attributes of the span, as they were sent.", type="object"),
        "events": _says("What happened during the step, as it was sent.", type="array", items={}),
        "links": _says("Other spans it has to do with, as sent.", type="array", items={}),
        "flags": _says(
            "What is odd about the span, though it was accepted.",
            items={"type": "string", "enum": Flag(sum(Flag)).names()},
        ),
        "spans": _says("All spans, by start, then by id."),
        # read from attributes
        "provider": _says("Who runs the model, such as `openai`."),
        "model": _says("The model that was called."),
        "input_tokens": _says("Tokens that were read, as the sender counted them."),
        "output_tokens": _says("Tokens that were written, as the sender counted them."),
        "TraceSummary.input_tokens": _says("Tokens read by all spans, none twice.", **_COUNT),
        "TraceSummary.output_tokens": _says("Tokens written by all spans, none twice.", **_COUNT),
        "cache_read_tokens": _says("Tokens that were read from a cache."),
        "cache_write_tokens": _says("Tokens that were written to a cache."),
        "reasoning_tokens": _says("Tokens that were spent on reasoning."),
        "cost_usd": _says("What the step cost, in US dollars; null when that is not known."),
        "TraceSummary.cost_usd": _says("What all spans cost, in US dollars.", **_COUNT),
        "cost_source": _says(
            "`sent` by the client, or `computed` from the price table.",
            enum=["sent", "computed", None],
        ),
        "price_version": _says("The version of the price table that was used."),
        "session_id": _says("The session or conversation."),
        "user_id": _says("The user on whose behalf it was done."),
        "agent_name": _says("The agent that took the step."),
        "tool_name": _says("The tool that was used."),
        "input": _says(_IN_AND_OUT.format("went in")),
        "output": _says(_IN_AND_OUT.format("came out")),
        "ttft_ms": _says("Milliseconds until the first token came."),
        "scores": _says(
            "How well it was done, as others judged: what they sent of a name, a value (a number), "
            "a label, an explanation and a source.",
            type="array",
            items={"type": "object"},
        ),
        "environment": _says("Where it ran, such as `production`."),
        # of search hits
        "field": _says("The field that holds the words.", enum=list(SEARCHED_FIELDS)),
        "excerpt": _says("The text around the first word found."),
        "highlights": _says(
            "Where words stand in the excerpt: pairs of start and end, in characters."
        ),
        "Arrivals.items": _says("The spans, in the order in which they were stored."),
        "Arrivals.next_cursor": _says("Send it as `cursor` for what comes next; never null."),
        # of analyses
        "segments": _says(
            "Who had the time, from start to end without a gap: their durations add up to the "
            "trace's."
        ),
        "PathSegment.span_id": _says("The span; null where no span of the path ran."),
        "PathSegment.started_at": _says("When the stretch begins."),
        "PathSegment.ended_at": _says("When it ends."),
        "PathSegment.duration_ms": _says("Its milliseconds.", minimum=0),
        "CriticalPath.started_at": _says("When the earliest span began."),
        "CriticalPath.duration_ms": _says(
            "Milliseconds from the earliest start to the latest moment known.", minimum=0
        ),
        "CriticalPath.spans": _says("All spans, those with the most time on the path first."),
        "self_ms": _says("Milliseconds in which it ran and none of its children did.", minimum=0),
        "path_ms": _says("Milliseconds for which it was on the critical path.", minimum=0),
        "nodes": _says("Who took part, in the order of their first calls."),
        "edges": _says("Who called whom, in the order of their first calls."),
        "GraphNode.id": _says("`span_type` and `name`, joined by a colon."),
        "GraphNode.name": _says("The name of the agent or tool, or the model."),
        "source": _says("The `id` of the caller; null for what nobody called."),
        "target": _says("The `id` of what was called."),
        "calls": _says("How often.", **_COUNT),
        "GraphNode.errors": _says("How many of the calls failed.", **_COUNT),
        "GraphEdge.errors": _says("How many of the calls failed.", **_COUNT),
        "GraphNode.duration_ms": _says("Milliseconds of all calls that have ended, added up."),
        "GraphEdge.duration_ms": _says("Milliseconds of all calls that have ended, added up."),
        "GraphNode.input_tokens": _says("Tokens that its calls read.", **_COUNT),
        "GraphNode.output_tokens": _says("Tokens that its calls wrote.", **_COUNT),
        "GraphNode.cost_usd": _says("What its calls cost, in US dollars.", **_COUNT),
        "before": _says("The first of the two; null for a span that only the second has."),
        "after": _says("The second of the two; null for a span that only the first has."),
        "counts": _says("For each difference, how many spans have it; what none has is left out."),
        "TraceDiff.spans": _says("All spans of both, as one tree in the order of the second."),
        "depth": _says("How many spans stand above it.", **_COUNT),
        "differences": _says("In what the two differ; empty where they are the same."),
        "SpanFacts.input": _says(
            "What went in, from shortly before the first difference; null where there is none."
        ),
        "SpanFacts.output": _says(
            "What came out, from shortly before the first difference; null where there is none."
        ),
        # of measures
        "measures": _says("What was measured, in the order that was asked for."),
        "by": _says("The fields that spans were grouped by."),
        "bucket": _says("How long the stretches of time are; null for the whole time as one."),
        "rows": _says("The groups in their order, each over time, all others last."),
        "has_more": _says("Whether there are more groups than were asked for."),
        "start": _says("When the bucket begins; null where none were asked for."),
        "group": _says(
            "The value of each field that was grouped by, null for spans that do not say it. "
            "Empty in the row of all others."
        ),
        "is_other": _says("Whether the row holds all groups beyond `limit` together."),
        "values": _says("Each measure by its name; null where there is nothing to measure."),
        # of deletions
        "deletion_id": _says("The id of the deletion."),
        "state": _says("How far it is.", enum=[word.value for word in DeletionState]),
        "selection": _says("What was asked to be deleted, as it was sent.", type="object"),
        "asked_at": _says("When it was asked; what was received later stays."),
        "gone_at": _says("From when on nothing of it is found; null while some may be."),
        "Deletion.completed_at": _says("When it was done; null until then."),
        "Deletion.traces": _says("Traces of which something was deleted.", **_COUNT),
        "Deletion.spans": _says("Spans that were deleted, each counted once.", **_COUNT),
        "DeletionCount.traces": _says("Traces of which something would be deleted.", **_COUNT),
        "DeletionCount.spans": _says("Spans that would be deleted, each counted once.", **_COUNT),
        "Deletion.rows": _says(
            "Rows that were deleted, by table: all versions of a span count; of `dead_letters`, "
            "each that held something."
        ),
        "DeletionCount.rows": _says("Rows that would be deleted, by table."),
        # of groups
        "GroupSummary.name": _says("The value that its spans have in common."),
        "GroupSummary.span_count": _says("How many spans it has.", **_COUNT),
        "trace_count": _says("How many traces they are of.", **_COUNT),
        "GroupSummary.error_count": _says("How many of the spans failed.", **_COUNT),
        "GroupSummary.input_tokens": _says("Tokens read by its spans, none twice.", **_COUNT),
        "GroupSummary.output_tokens": _says("Tokens written by its spans, none twice.", **_COUNT),
        "GroupSummary.cost_usd": _says("What its spans cost, in US dollars.", **_COUNT),
        "first_seen": _says("When its earliest span began."),
        "last_seen": _says("When its latest span began."),
        # of pages
        "items": _says("The items of this page, in order."),
        "next_cursor": _says("Send it as `cursor` for the next page; null at the end."),
        # of receipts
        "AcceptedTrace.status": _ACCEPTED,
        "AcceptedSpan.status": _ACCEPTED,
        "AcceptedBatch.status": _ACCEPTED,
        "AcceptedTrace.spans": _says("How many spans were taken.", **_COUNT),
        "AcceptedTrace.trace_id": _says("The id of the trace."),
        "ingested": _says("How many spans were taken.", **_COUNT),
        "total": _says("How many spans the request held.", **_COUNT),
        "rejected": _says("The spans that were not taken, each with its reason."),
        "warnings": _says("What the sender should know of spans that were taken."),
        "index": _says("The span's place in the request, from 0.", **_COUNT),
        "Rejected.span_id": _says("The span's id, if it has one."),
        "reason": _says("What is wrong with it."),
        # of problems and health
        "type": _says("What kind of problem it is; `about:blank` when the status says it all."),
        "title": _says("The status in words."),
        "Problem.status": _says("The status of the answer.", minimum=400, maximum=599),
        "detail": _says("One sentence: what is wrong, where, and what to do."),
        "errors": _says("The places in the request that are wrong, when there are several."),
        "pointer": _says("A JSON pointer into the body, or `?` and the name of a parameter."),
        "Health.status": {"const": "healthy", "description": "Always `healthy`."},
        "Readiness.status": _says("Whether all parts answer.", enum=["ready", "unready"]),
        "parts": _says("Each part that was asked, with `ready` or what is wrong with it."),
    }
)
