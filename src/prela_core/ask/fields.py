"""The fields that can be asked about, and where a span or a trace has them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

__all__ = ["FIELDS", "Field", "Kind", "Subject", "field_of"]


class Subject(StrEnum):
    """What a condition is about."""

    TRACE = "trace"
    SPAN = "span"


class Kind(StrEnum):
    """What a field holds, and so what it can be compared with."""

    TEXT = "text"
    PROSE = "prose"
    """Text too long to be known as a whole: a colon asks for a part of it."""
    STATUS = "status"
    SPAN_TYPE = "span type"
    DURATION = "duration"
    MONEY = "money"
    COUNT = "count"
    MOMENT = "moment"
    ATTRIBUTE = "attribute"
    SCORE = "score"


@attrs.frozen
class Field:
    """A field by the name that it is written with.

    `column` is where a span has it: of `StoredSpan`, and of the table `spans`; None when spans
    have none. With `of_trace`, a trace as a whole has one too, and it is that one which is meant
    outside `any(...)` and `all(...)`. `other` are longer names that are understood.
    """

    name: str
    kind: Kind
    meaning: str
    column: str | None
    of_trace: bool = False
    other: tuple[str, ...] = ()


_ALL = (
    Field("status", Kind.STATUS, "success, error or pending", "status", of_trace=True),
    Field(
        "duration",
        Kind.DURATION,
        "from start to end",
        "duration_ms",
        of_trace=True,
        other=("duration_ms",),
    ),
    Field("cost", Kind.MONEY, "US dollars", "cost_usd", of_trace=True, other=("cost_usd",)),
    Field("tokens", Kind.COUNT, "tokens read and written", "tokens", of_trace=True),
    Field("input_tokens", Kind.COUNT, "tokens read", "input_tokens", of_trace=True),
    Field("output_tokens", Kind.COUNT, "tokens written", "output_tokens", of_trace=True),
    Field(
        "started", Kind.MOMENT, "when it began", "started_at", of_trace=True, other=("started_at",)
    ),
    Field(
        "ended",
        Kind.MOMENT,
        "when it ended",
        "ended_at",
        of_trace=True,
        other=("ended_at", "completed_at"),
    ),
    Field("spans", Kind.COUNT, "how many spans the trace has", None, True, ("span_count",)),
    Field("errors", Kind.COUNT, "how many of its spans failed", None, True, ("error_count",)),
    Field("name", Kind.TEXT, "what the step is called", "name"),
    Field("type", Kind.SPAN_TYPE, "llm, tool, agent, ...", "span_type", other=("span_type",)),
    Field("model", Kind.TEXT, "the model that was called", "model"),
    Field("provider", Kind.TEXT, "who runs the model", "provider"),
    Field("tool", Kind.TEXT, "the tool that was used", "tool_name", other=("tool_name",)),
    Field("agent", Kind.TEXT, "the agent that took the step", "agent_name", other=("agent_name",)),
    Field("service", Kind.TEXT, "the program", "service_name", other=("service_name",)),
    Field("user", Kind.TEXT, "the user", "user_id", other=("user_id",)),
    Field("session", Kind.TEXT, "the session", "session_id", other=("session_id",)),
    Field("env", Kind.TEXT, "production, staging, ...", "environment", other=("environment",)),
    Field("input", Kind.PROSE, "what went in", "input"),
    Field("output", Kind.PROSE, "what came out", "output"),
    Field("message", Kind.PROSE, "why it failed", "status_message", other=("status_message",)),
    Field("ttft", Kind.DURATION, "until the first token came", "ttft_ms", other=("ttft_ms",)),
    Field("cache_read_tokens", Kind.COUNT, "tokens read from a cache", "cache_read_tokens"),
    Field("cache_write_tokens", Kind.COUNT, "tokens written to a cache", "cache_write_tokens"),
    Field("reasoning_tokens", Kind.COUNT, "tokens spent on reasoning", "reasoning_tokens"),
    Field("trace_id", Kind.TEXT, "the trace's id", "trace_id"),
    Field("span_id", Kind.TEXT, "the span's id", "span_id"),
    Field("parent_id", Kind.TEXT, "the parent's id", "parent_span_id", other=("parent_span_id",)),
    Field("attr", Kind.ATTRIBUTE, "an attribute, by its key", "attributes"),
    Field("score", Kind.SCORE, "a score, by its name", "scores"),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _ALL})
"""By name, in the order for reading."""

_NAMES = {name: field for field in _ALL for name in (field.name, *field.other)}


def field_of(name: str) -> Field | None:
    """Give the field that is called `name`, in any letter case; None for an unknown one."""
    return _NAMES.get(name.lower())
