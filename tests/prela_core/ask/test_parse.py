"""The query language: what is understood, and where a mistake is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_core.ask import (
    FIELDS,
    Ago,
    All,
    And,
    Any,
    Child,
    Compare,
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
from prela_core.errors import QueryError

IS = Op.IS
ERROR = Compare("status", IS, "error")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("status:error", ERROR),
        ("status=failed", ERROR),
        ("STATUS:Error", ERROR),
        ("model:claude*", Compare("model", IS, Pattern(("claude", "")))),
        ("model:*", Compare("model", IS, Pattern(("", "")))),
        ('name:"a * b"', Compare("name", IS, "a * b")),
        ('name:"a b"*', Compare("name", IS, Pattern(("a b", "")))),
        ("duration>2s", Compare("duration", Op.ABOVE, 2000.0)),
        ("duration_ms >= 1500", Compare("duration", Op.AT_LEAST, 1500.0)),
        ("duration<1m30s", Compare("duration", Op.BELOW, 90_000.0)),
        ("cost<=$0.05", Compare("cost", Op.AT_MOST, 0.05)),
        ("cost > .5", Compare("cost", Op.ABOVE, 0.5)),
        ("tokens>1.5k", Compare("tokens", Op.ABOVE, 1500.0)),
        ("attr.env=prod", Compare("attr", IS, "prod", "env")),
        ("attr.a.b>3", Compare("attr", Op.ABOVE, 3.0, "a.b")),
        ('attr."an odd: key":x', Compare("attr", IS, "x", "an odd: key")),
        ("score.helpful<0.5", Compare("score", Op.BELOW, 0.5, "helpful")),
        ("input:refund", Compare("input", Op.HOLDS, "refund")),
        ("input=refund", Compare("input", IS, "refund")),
        ("name~chat", Compare("name", Op.HOLDS, "chat")),
        ("since:2h", Compare("started", Op.AT_LEAST, Ago(7_200_000_000))),
        ("until:1970-01-02", Compare("started", Op.BELOW, 86_400_000_000)),
        (
            "started:1970-01-02",
            And(
                (
                    Compare("started", Op.AT_LEAST, 86_400_000_000),
                    Compare("started", Op.BELOW, 2 * 86_400_000_000),
                )
            ),
        ),
        ("refund", Words("refund")),
        ('"exact words"', Words("exact words")),
        (r'"a \"quoted\" c:\new"', Words(r'a "quoted" c:\new')),
        ("model!=x", Not(Compare("model", IS, "x"))),
        ("not a", Not(Words("a"))),
        ("a b", And((Words("a"), Words("b")))),
        ("a AND b", And((Words("a"), Words("b")))),
        ("a b or c", Or((And((Words("a"), Words("b"))), Words("c")))),
        ("a (b or c)", And((Words("a"), Or((Words("b"), Words("c")))))),
        ("not a b", And((Not(Words("a")), Words("b")))),
        ("any(type:TOOL status:error)", Any(And((Compare("type", IS, "tool"), ERROR)))),
        ("all(status:error)", All(ERROR)),
        ("parent(a) child(a)", And((Parent(Words("a")), Child(Words("a"))))),
        ("under(a)", Under(Words("a"))),
        (
            "any(type:tool status:error) under agent:planner",
            Any(And((Compare("type", IS, "tool"), ERROR, Under(Compare("agent", IS, "planner"))))),
        ),
        ("a under b", Any(And((Words("a"), Under(Words("b")))))),
        (
            "a under b under c",
            Any(And((Words("a"), Under(And((Words("b"), Under(Words("c")))))))),
        ),
        ("all(a) under b", All(Or((Not(Under(Words("b"))), Words("a"))))),
        ("any", Words("any")),
        ("", None),
        ("  \n ", None),
    ],
)
def test_what_is_understood(text: str, expected: object) -> None:
    assert expected == parse(text)


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("status:error modle:x", 14, "did you mean model?"),
        ("http://example.com", 1, "put it in quotes"),
        ("(a b", 1, "not closed"),
        ("a)", 2, "closes nothing"),
        ("()", 2, "a condition is missing before a closing parenthesis"),
        ("a and", 6, "a condition is missing before the end"),
        ("a or or b", 6, "a condition is missing before 'or'; put the word in quotes"),
        ("any(any(x))", 5, "can't stand inside any(...)"),
        ("any(a all(b))", 7, "can't stand inside any(...)"),
        ("some(x)", 1, "there are any(...), all(...), parent(...)"),
        ("any(spans>3)", 5, "of a trace as a whole"),
        ("spans>3 under a", 1, "spans is no condition on one span"),
        ("(any(a) b) under c", 1, "any(a) is no condition on one span"),
        ("a under any(b)", 9, "can't stand inside under(...)"),
        ("a under", 8, "a condition is missing before the end"),
        ("under(a) " * 9, 73, "at most 8 of parent, child and under"),
        ("duration>2x", 10, "500ms, 2s, 1m30s or 1h"),
        ("cost>much", 6, "a number such as $0.05"),
        ("tokens>1e999", 8, "more than can be compared"),
        ("duration:2*", 10, "a star alone"),
        ("started>yesterday", 9, "how long ago: 30m, 2h, 3d"),
        ("started:2026-02-30", 9, "2026-02-30 can't be compared with started"),
        ("started!=9999-12-31", 10, "between the years 1970 and 2099"),
        ("a started=0001-01-01", 11, "between the years 1970 and 2099"),
        ("started:2300-01-01", 9, "between the years 1970 and 2099"),
        ("status:maybe", 8, "success, error or pending"),
        ("type:hammer", 6, "llm"),
        ("model>3", 1, "model can only be compared with"),
        ("cost~3", 1, "cost can be compared with"),
        ("model:", 7, "a value is missing after model:"),
        ("model: x", 7, "a value is missing after model:"),
        ("attr:x", 1, "attr.NAME"),
        ("since>2h", 1, "since:2h"),
        ('a "b', 3, "this quote is not closed"),
        ('""', 1, "nothing between these quotes"),
        ("(" * 40, 33, "at most 32"),
        ("a " * 65, 129, "at most 64 conditions"),
        ("a" * 4097, 4097, "at most 4096 characters"),
    ],
)
def test_where_a_mistake_is_seen(text: str, column: int, says: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse(text)
    assert column == caught.value.column
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"column {column}: ")


FIELD = st.sampled_from([*FIELDS, "since", "until", "attr.a", "score.a", "none"])
SIGN = st.sampled_from([":", "=", "!=", ">", ">=", "<", "<=", "~"])
DAY = st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", fullmatch=True)
NUMBER = st.from_regex(r"-?\$?[0-9.]{1,20}(e[+-]?[0-9]{1,3})?(us|ms|[smhdwk])?", fullmatch=True)
VALUE = st.one_of(DAY, NUMBER, st.text(max_size=8), st.sampled_from(["*", "now", '"', '"a"']))
WORD = st.sampled_from(["(", ")", "any(", "child(", "not", "or", "and", "under", '"', "a"])
PART = st.one_of(st.tuples(FIELD, SIGN, VALUE).map("".join), WORD, st.text(max_size=8))


@given(st.one_of(st.text(), st.lists(PART, max_size=12).map(" ".join)), st.sampled_from(Subject))
def test_any_text_is_understood_or_has_a_mistake_with_its_place(text: str, about: Subject) -> None:
    column = 1
    try:
        parse(text, about)
    except QueryError as mistake:
        column = mistake.column
    assert 1 <= column <= len(text) + 1


def test_a_span_has_no_figures_of_a_trace() -> None:
    with pytest.raises(QueryError, match="column 3: errors is of a trace as a whole"):
        parse("a errors>1", Subject.SPAN)


def test_of_a_span_what_is_under_is_that_span() -> None:
    condition = parse("a under b", Subject.SPAN)
    assert And((Words("a"), Under(Words("b")))) == condition
