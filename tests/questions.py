"""Spans of every odd kind, and questions about them whose answers are neither nothing nor all."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import attrs
import msgspec
from hypothesis import strategies as st

from prela_core.ask import (
    FIELDS,
    Ago,
    All,
    And,
    Child,
    Compare,
    Condition,
    Kind,
    Not,
    Op,
    Or,
    Parent,
    Pattern,
    Subject,
    Under,
    Words,
)
from prela_core.ask import Any as AnySpan
from prela_core.model import SpanBatch, SpanRecord, to_micros
from prela_core.testing import NOON, span_record

MICROS = to_micros(NOON)
SECOND = 1_000_000
DAY = 86_400 * SECOND

TEXTS = (
    *("a", "A", "chat", "chat gpt", "a*b", "50%", "under_score", "back\\slash", 'a "quote"'),
    *("語彙", "退款 now", "İstanbul", "ß", "ΟΔΟΣ", "ΰ", "tab\there", "new\nline", "' OR 1=1 --"),
    *("{ask0:String}", "1", "1.0", "true", "null", "-5", "1e3", " ", "%", "_", "\\", "NaN"),
)
_KEYS = ("env", "tier", "a.b", "odd key", '"', "é", "")
_JSON = (1, 1.0, -3, 2.5, 10**15, True, None, [], [1, 1.0], {"b": 1}, "", "1", *TEXTS[:12])
_TYPES = ("agent", "llm", "tool", "chain")
_STATUSES = ("success", "success", "error", "pending")
_STARTS = (0, 0, 1, -1, SECOND, -3600 * SECOND, DAY, -DAY, -40 * DAY)
_LENGTHS = (0.0, 0.001, 1.0, 1.001, 250.0, 2000.0, 90_000.0, -5.0)
_COSTS = (0, 0.05, 0.07, 0.25, 1e-9, 3.75e-8, 2)
_COUNTS = (0, 1, 2, 1000, 2**40)


def batches(count: int, project: str) -> Iterator[SpanBatch]:
    """Make `count` spans, some of them again: repeated, completed, or at another time."""
    random = Random(20260115)  # noqa: S311 - the same in every run
    received, sent = MICROS, []
    while len(sent) < count:
        spans = [_span(random, count) for _ in range(random.choice((1, 7, 60)))]
        spans += [_changed(random, each) for each in random.sample(sent, min(len(sent), 4))]
        sent += spans
        received += 1000
        yield SpanBatch(project, received, spans)


def _span(random: Random, count: int) -> SpanRecord:
    pick = random.choice
    started_at = MICROS + pick(_STARTS) + random.randrange(5)
    status = pick(_STATUSES)
    length = pick(_LENGTHS)
    said: dict[str, Any] = {pick(_KEYS): pick(_JSON) for _ in range(random.randrange(3))}
    for key, values in (
        ("llm.model", TEXTS),
        ("gen_ai.provider.name", TEXTS),
        ("user.id", TEXTS),
        ("session.id", TEXTS),
        ("agent.name", TEXTS),
        ("tool.name", TEXTS),
        ("deployment.environment", TEXTS),
        ("input.value", TEXTS),
        ("output.value", TEXTS),
        ("llm.cost_usd", _COSTS),
        ("llm.input_tokens", _COUNTS),
        ("llm.output_tokens", _COUNTS),
        ("gen_ai.usage.cache_read.input_tokens", _COUNTS),
    ):
        if random.random() < 0.2:
            said[key] = pick(values)
    return span_record(
        trace_id=f"t{random.randrange(count // 8)}",
        span_id=f"s{random.randrange(12)}",
        parent_span_id=pick(("", "", "gone", *(f"s{number}" for number in range(12)))),
        name=pick(TEXTS),
        span_type=pick(_TYPES),
        service_name=pick(TEXTS),
        started_at=started_at,
        ended_at=None if status == "pending" else started_at + round(length * 1000),
        duration_ms=0.0 if status == "pending" else length,
        status=status,
        status_message=pick(("", "", *TEXTS)),
        attributes=msgspec.json.encode(said),
        events=_events(random),
    )


def _events(random: Random) -> bytes:
    events = [
        {
            "name": "gen_ai.evaluation.result",
            "attributes": {
                "gen_ai.evaluation.name": random.choice(("helpful", "ok", "a.b")),
                random.choice(
                    ("gen_ai.evaluation.score.value", "gen_ai.evaluation.score.label")
                ): random.choice((0, 0.5, 1, "1", "yes", "no way")),
            },
        }
        for _ in range(random.randrange(3) if random.random() < 0.3 else 0)
    ]
    return msgspec.json.encode(events)


def _changed(random: Random, span: SpanRecord) -> SpanRecord:
    """Say the same again, or more, or at another time, or what it was not."""
    changed = attrs.asdict(span)
    match random.randrange(4):
        case 1:
            changed |= {"status": "success", "ended_at": span.started_at + 5, "duration_ms": 0.005}
        case 2:
            changed |= {"started_at": span.started_at - 35 * DAY}
        case 3:
            changed |= {"name": random.choice(TEXTS), "attributes": b"{}"}
    return SpanRecord(**changed)


_NUMBERS = (Op.IS, Op.ABOVE, Op.AT_LEAST, Op.BELOW, Op.AT_MOST)
_texts = st.sampled_from(TEXTS)
_pieces = st.sampled_from(("", *TEXTS, "c", "ch", "gpt"))
_patterns = st.builds(lambda a, b: Pattern((a, b)), _pieces, _pieces) | st.builds(
    lambda a, b, c: Pattern((a, b, c)), _pieces, _pieces.filter(bool), _pieces
)
_moments = st.builds(
    lambda offset, more: MICROS + offset + more, st.sampled_from(_STARTS), st.integers(-1, 6)
) | st.builds(Ago, st.sampled_from((0, 3600 * SECOND, 2 * DAY, 50 * DAY)))
_TRACE_SUMS = (0, 1, 2, 3, 5, 0.05, 0.12, 0.5, 1001, 2000)


@st.composite
def comparisons(draw: Any, about: Subject) -> Compare:  # noqa: C901, PLR0912 - one for each kind
    """Compare any field with what some span has, or nearly so."""
    field = FIELDS[draw(st.sampled_from(list(FIELDS)))]
    if about is Subject.SPAN and field.column is None:
        field = FIELDS["name"]
    kind, op = field.kind, draw(st.sampled_from(_NUMBERS))
    key = None
    if kind in (Kind.ATTRIBUTE, Kind.SCORE):
        key = draw(st.sampled_from(_KEYS if kind is Kind.ATTRIBUTE else ("helpful", "ok", "a.b")))
        kind = draw(st.sampled_from((Kind.COUNT, Kind.TEXT, Kind.TEXT)))
        if kind is Kind.TEXT:
            value = draw(st.sampled_from([*map(str, _JSON), '{"b":1}', "[1.0,1]", "yes", "0.50"]))
            return Compare(field.name, draw(st.sampled_from((Op.IS, Op.HOLDS))), value or "1", key)
    value: Any
    match kind:
        case Kind.DURATION:
            value = draw(st.sampled_from(_LENGTHS) | st.sampled_from((86_400_000.0, 0.002)))
        case Kind.MONEY:
            value = draw(st.sampled_from(_COSTS) | st.sampled_from(_TRACE_SUMS))
        case Kind.COUNT:
            value = draw(st.sampled_from(_COUNTS) | st.sampled_from(_TRACE_SUMS))
        case Kind.MOMENT:
            value = draw(_moments)
        case Kind.STATUS:
            op, value = Op.IS, draw(st.sampled_from(_STATUSES))
        case Kind.SPAN_TYPE:
            op, value = Op.IS, draw(st.sampled_from(_TYPES))
        case _ if field.name in ("trace_id", "span_id", "parent_id"):
            op = Op.IS
            value = draw(st.sampled_from(("t1", "s1", "gone", Pattern(("t1", "")))))
        case _:
            op = draw(st.sampled_from((Op.IS, Op.IS, Op.HOLDS)))
            value = draw(_texts if op is Op.HOLDS else _texts | _patterns | st.just(""))
    if op is Op.IS and draw(st.integers(0, 12)) == 0:
        value = Pattern(("", ""))
    if isinstance(value, int) and kind is not Kind.MOMENT:
        value = float(value)
    return Compare(field.name, op, value, key)


def _joined(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return inner.map(Not) | several.map(And) | several.map(Or)


def _joined_or_related(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return _joined(inner) | inner.map(Parent) | inner.map(Child) | inner.map(Under)


def conditions(about: Subject) -> st.SearchStrategy[Condition]:
    """Give conditions on spans or on traces, of up to six comparisons."""
    leaf = comparisons(Subject.SPAN) | st.sampled_from(TEXTS).filter(str.strip).map(Words)
    inside = st.recursive(leaf, _joined_or_related, max_leaves=3)
    own = comparisons(about) | leaf | inside | inside.map(AnySpan) | inside.map(All)
    return st.recursive(own, _joined, max_leaves=4)
