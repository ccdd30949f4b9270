"""Conditions as text: `str` of any condition reads back as that condition."""

from __future__ import annotations

import typing

from hypothesis import assume, given
from hypothesis import strategies as st

from prela_core.ask import (
    FIELDS,
    Ago,
    All,
    And,
    Any,
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
    parse,
)
from prela_core.ask.parse import MAX_RELATIVES
from prela_core.model import SpanType, Status

ORDERED = (Kind.DURATION, Kind.MONEY, Kind.COUNT, Kind.MOMENT)
NUMBERS = [Op.IS, Op.ABOVE, Op.AT_LEAST, Op.BELOW, Op.AT_MOST]
ODD = st.text(st.sampled_from('ab"\\*:=<>~!() \n\t.é語'), max_size=6)
TEXTS = ODD | st.text(max_size=4)
NUMBER = st.floats(-1e6, 1e12)
LONE_STAR = Pattern(("", ""))


def _patterns(text: st.SearchStrategy[str]) -> st.SearchStrategy[Pattern]:
    ends = st.tuples(text, st.lists(text.filter(bool), max_size=2), text)
    return ends.map(lambda three: Pattern((three[0], *three[1], three[2])))


def _values(kind: Kind, op: Op) -> st.SearchStrategy[typing.Any]:
    if op is Op.HOLDS:
        return TEXTS.filter(bool)
    if kind in (Kind.ATTRIBUTE, Kind.SCORE) and op is not Op.IS:
        return NUMBER
    return {
        Kind.STATUS: st.sampled_from([word.value for word in Status]) | _patterns(TEXTS),
        Kind.SPAN_TYPE: st.sampled_from([word.value for word in SpanType]) | _patterns(TEXTS),
        Kind.DURATION: st.integers(-(10**9), 10**12).map(lambda micros: micros / 1000),
        Kind.MONEY: NUMBER,
        Kind.COUNT: NUMBER,
        Kind.MOMENT: st.integers(0, 4 * 10**15) | st.builds(Ago, st.integers(0, 10**15)),
    }.get(kind, TEXTS | _patterns(TEXTS))


@st.composite
def comparisons(draw: typing.Any, about: Subject) -> Compare:
    field = FIELDS[draw(st.sampled_from(list(FIELDS)))]
    if about is Subject.SPAN and field.column is None:
        field = FIELDS["name"]
    keyed = field.kind in (Kind.ATTRIBUTE, Kind.SCORE)
    if field.kind in ORDERED:
        op = draw(st.sampled_from(NUMBERS))
    else:
        op = draw(st.sampled_from([*NUMBERS, Op.HOLDS] if keyed else [Op.IS, Op.HOLDS]))
    value = draw(_values(field.kind, op))
    if op is Op.IS and draw(st.integers(0, 9)) == 0:
        value = LONE_STAR
    key = draw(TEXTS) if keyed else None
    return Compare(field.name, op, value, key)


def conditions(about: Subject = Subject.TRACE) -> st.SearchStrategy[Condition]:
    leaf = comparisons(about) | TEXTS.filter(str.strip).map(Words)

    def more(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        several = st.lists(inner, min_size=2, max_size=3).map(tuple)
        return inner.map(Not) | several.map(And) | several.map(Or)

    def related(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
        return more(inner) | inner.map(Parent) | inner.map(Child) | inner.map(Under)

    inside = st.recursive(leaf, related, max_leaves=4)
    if about is Subject.TRACE:
        spans = st.deferred(lambda: _inside)
        leaf = leaf | spans.map(Any) | spans.map(All)
        inside = st.recursive(leaf, more, max_leaves=6)
    return inside


_inside = conditions(Subject.SPAN)


@given(conditions())
def test_a_condition_reads_back_from_its_text(condition: Condition) -> None:
    text = str(condition)
    assume(sum(map(text.count, ("parent(", "child(", "under("))) <= MAX_RELATIVES)
    assert condition == parse(text)


@given(conditions(Subject.SPAN))
def test_one_on_spans_does_too(condition: Condition) -> None:
    assert condition == parse(str(condition), Subject.SPAN)
