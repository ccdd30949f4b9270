"""A few thousand varied spans, as they may come: repeated, late, corrected, moved, half told."""

from __future__ import annotations

import random
from typing import Any

import attrs
import msgspec

from prela_core.model import SpanBatch, SpanRecord, to_micros
from prela_core.testing import NOON, span_record

__all__ = ["varied_batches"]

MICROS = to_micros(NOON)
MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_TYPES = ("agent", "chain", "llm", "llm", "llm", "tool", "tool", "retrieval", "custom")
_MODELS = ("gpt-4o", "gpt-4o-mini", "claude-sonnet-4", "a\tmodel\\ 'of' \"ours\"", "模型")


def varied_batches(project_id: str, *, traces: int, seed: int = 5) -> list[SpanBatch]:
    """Make spans of `traces` traces, in batches by the order in which they are inserted.

    About one span in six comes again: as it was, more complete, with another start (a
    moment, an hour, a day or a month off), or as an older version that comes late.
    """
    rng = random.Random(seed)  # noqa: S311 - the same in every run
    sent: list[tuple[int, SpanRecord]] = []
    for number in range(traces):
        for span in _trace(rng, f"t{number:04d}"):
            # No two receipts of a gateway share a moment.
            at = MICROS + rng.randrange(40) * HOUR + 2 * len(sent)
            sent.append((at, span))
            if rng.random() < 0.16:
                sent.append((at + 1 + rng.choice((-HOUR, 0, HOUR)), _again(rng, span)))
    rng.shuffle(sent)
    return [SpanBatch(project_id, received_at, [span]) for received_at, span in sent]


def _trace(rng: random.Random, trace_id: str) -> list[SpanRecord]:
    begin = MICROS + rng.choice(
        (
            rng.randrange(-4 * DAY, 4 * DAY),
            rng.randrange(-3, 3) * HOUR + rng.randrange(-2, 2),
            12 * HOUR + rng.randrange(-MINUTE, MINUTE),  # around midnight
            17 * DAY - 12 * HOUR + rng.randrange(-MINUTE, MINUTE),  # and the end of the month
        )
    )
    told = rng.choice(("by leaves", "by both", "by both", "by agents", "by none"))
    shared = {
        "user.id": rng.choice(("", "u1", "u2", "u3", "ü 4", f"u-{trace_id}")),
        "session.id": rng.choice(("", f"s-{rng.randrange(30)}")),
        "deployment.environment": rng.choice(("", "production", "staging")),
    }
    service = rng.choice(("shop", "shop", "support", "", "odd 'name' %"))
    spans = []
    for number in range(rng.choice((1, 2, 3, 5, 8, 13))):
        kind = rng.choice(_TYPES) if number else rng.choice(("agent", "chain", "llm"))
        said: dict[str, Any] = {key: value for key, value in shared.items() if value}
        is_leaf = kind not in ("agent", "chain")
        if told == "by both" or ((told == "by leaves") == is_leaf and told != "by none"):
            said |= _spent(rng)
        if kind == "llm":
            said |= {"llm.model": rng.choice(_MODELS), "llm.vendor": rng.choice(("openai", "x"))}
        if kind == "tool" and rng.random() < 0.8:
            said["tool.name"] = rng.choice(("search", "buy", "refund"))
        if kind == "agent" and rng.random() < 0.9:
            said["agent.name"] = rng.choice(("planner", "writer"))
        status = rng.choice(("success",) * 7 + ("error", "error", "pending"))
        has_end = status != "pending" or rng.random() < 0.1
        lengths = (0, 1, 250_000, rng.randrange(5_000_000), rng.randrange(99 * HOUR))
        duration_us = rng.choice(lengths)
        begin_at = begin + rng.randrange(3 * MINUTE)
        spans.append(
            span_record(
                trace_id=trace_id,
                span_id=f"{number:02d}",
                parent_span_id=f"{rng.randrange(number):02d}" if number else "",
                name=rng.choice(("plan", "chat", "chat", "look up", "", "チャット")),
                span_type=kind,
                service_name=service,
                started_at=begin_at,
                ended_at=begin_at + duration_us if has_end else None,
                duration_ms=duration_us / 1000 if has_end else 0.0,
                status=status,
                attributes=msgspec.json.encode(said),
            )
        )
    return spans


def _spent(rng: random.Random) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if rng.random() < 0.8:
        said["llm.input_tokens"] = rng.choice((0, 7, rng.randrange(10_000)))
        said["llm.output_tokens"] = rng.randrange(900)
    if rng.random() < 0.3:
        said["gen_ai.usage.cache_read.input_tokens"] = rng.randrange(500)
    if rng.random() < 0.7:
        said["llm.cost_usd"] = rng.choice((0, 0.1, 1e-9, rng.random() / 7, rng.random() * 30))
    if rng.random() < 0.5:
        said["gen_ai.response.time_to_first_chunk"] = rng.choice((0.25, rng.random() * 3))
    return said


def _again(rng: random.Random, span: SpanRecord) -> SpanRecord:
    match rng.randrange(6):
        case 0:
            return span
        case 1:
            return attrs.evolve(span, status="pending", ended_at=None, duration_ms=0.0)
        case 2:
            return attrs.evolve(span, status="error", span_type="llm", attributes=b"{}")
        case 3:
            end = span.started_at + 77_000
            return attrs.evolve(span, status="success", ended_at=end, duration_ms=77.0)
        case _:
            off = rng.choice((1, -1, MINUTE, -HOUR, HOUR, DAY, -DAY, -17 * DAY, 31 * DAY))
            return attrs.evolve(
                span,
                started_at=span.started_at + off,
                ended_at=None if span.ended_at is None else span.ended_at + off,
            )
