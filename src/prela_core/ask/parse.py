"""Text to conditions, by recursive descent; every mistake is told with its place.

or      = and { "or" and }
and     = term { [ "and" ] term }
term    = "not" term | one [ "under" above ]
above   = one [ "under" above ]
one     = "(" or ")" | call | comparison | words
call    = ( "any" | "all" | "parent" | "child" | "under" ) "(" or ")"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType

import attrs

from prela_core.ask.condition import (
    All,
    And,
    Any,
    Child,
    Compare,
    Condition,
    Not,
    Op,
    Or,
    Parent,
    Pattern,
    Under,
    Words,
)
from prela_core.ask.fields import FIELDS, Field, Kind, Subject, field_of
from prela_core.ask.tokens import Token, TokenKind, tokens
from prela_core.ask.values import day_of, read_value
from prela_core.errors import QueryError

__all__ = ["MAX_DEPTH", "MAX_LENGTH", "MAX_TERMS", "parse"]

MAX_LENGTH = 4096
MAX_DEPTH = 32
MAX_TERMS = 64
MAX_RELATIVES = 8
"""How much may be asked at once: characters, parentheses inside each other, conditions, and
conditions on the spans around one, each of which reads their traces once more."""

_SIGNS = {"=": Op.IS, "!=": Op.IS} | {op.value: op for op in Op}
_ORDERED = (Kind.DURATION, Kind.MONEY, Kind.COUNT, Kind.MOMENT)
_ORDERING = (Op.ABOVE, Op.AT_LEAST, Op.BELOW, Op.AT_MOST)
_MOMENTS = {"since": Op.AT_LEAST, "until": Op.BELOW}
"""Names that are a comparison with `started` already."""
_CALLS: Mapping[str, Callable[[Condition], Condition]] = MappingProxyType(
    {"any": Any, "all": All, "parent": Parent, "child": Child, "under": Under}
)
_OF_TRACES = ("any", "all")
_CLOSE = 0.6


def parse(text: str, about: Subject = Subject.TRACE) -> Condition | None:
    """Read `text` as a condition on traces or spans; None when there is nothing in it.

    Raises `QueryError`, an `InvalidError` that knows the place of the mistake.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"at most {MAX_LENGTH} characters can be asked at once", text, MAX_LENGTH)
    listed = tokens(text)
    if len(listed) == 1:
        return None
    return _Parser(text, listed, about).whole()


class _Parser:
    def __init__(self, text: str, listed: list[Token], about: Subject) -> None:
        self._text = text
        self._tokens = listed
        self._at = 0
        self._depth = 0
        self._terms = 0
        self._relatives = 0
        self._about = about
        self._in_call = ""

    def whole(self) -> Condition:
        condition = self._or()
        if self._next.kind is not TokenKind.END:
            raise self._fault("this parenthesis closes nothing")
        return condition

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, keyword: str) -> bool:
        found = self._next.kind is TokenKind.KEYWORD and self._next.text == keyword
        self._at += found
        return found

    def _or(self) -> Condition:
        found = [self._and()]
        while self._takes("or"):
            found.append(self._and())
        return found[0] if len(found) == 1 else Or(tuple(found))

    def _and(self) -> Condition:
        found = [self._term()]
        while True:
            joined = self._takes("and")
            ends = self._next.kind in (TokenKind.END, TokenKind.CLOSE)
            ends = ends or (self._next.kind is TokenKind.KEYWORD and self._next.text != "not")
            if ends and not joined:
                break
            found.append(self._term())
        return found[0] if len(found) == 1 else And(tuple(found))

    def _term(self) -> Condition:
        token = self._next
        if self._takes("not"):
            return Not(self._deeper(token, self._term))
        found = self._one()
        return self._under(found, token) if self._takes("under") else found

    def _under(self, below: Condition, start: Token) -> Condition:
        """Read what stands behind `under`, of which `below` stands before."""
        outer, self._about, self._in_call = (self._about, self._in_call), Subject.SPAN, "under"
        above = Under(self._above())
        self._about, self._in_call = outer
        if isinstance(below, All):
            return All(Or((Not(above), below.of)))
        of_one = below.of if isinstance(below, Any) else below
        if (fault := _not_of_one_span(of_one)) is not None:
            raise self._fault(
                f"{fault} is no condition on one span, which could be under another", start
            )
        parts = of_one.of if isinstance(of_one, And) else (of_one,)
        joined = And((*parts, above))
        return Any(joined) if isinstance(below, Any) or self._about is Subject.TRACE else joined

    def _above(self) -> Condition:
        self._count_relative(self._tokens[self._at - 1])
        found = self._one()
        return And((found, Under(self._above()))) if self._takes("under") else found

    def _one(self) -> Condition:
        token = self._take()
        match token.kind:
            case TokenKind.OPEN:
                return self._closed(token)
            case TokenKind.CALL:
                return self._call(token)
            case TokenKind.COMPARISON:
                self._count(token)
                return self._comparison(token)
            case TokenKind.WORDS:
                self._count(token)
                if not token.text.strip():
                    raise self._fault("there is nothing between these quotes", token)
                return Words(token.text)
        self._at -= 1
        what = {TokenKind.END: "the end", TokenKind.CLOSE: "a closing parenthesis"}
        raise self._fault(
            f"a condition is missing before {what.get(token.kind, repr(token.text))}"
            + ("; put the word in quotes to look for it" if token.text else "")
        )

    def _closed(self, opening: Token) -> Condition:
        condition = self._deeper(opening, self._or)
        if self._next.kind is not TokenKind.CLOSE:
            raise self._fault("this parenthesis is not closed", opening)
        self._take()
        return condition

    def _call(self, token: Token) -> Condition:
        if token.text not in _CALLS:
            raise self._fault(
                f"there is no {token.text}(...); there are "
                f"{', '.join(f'{each}(...)' for each in _CALLS)}",
                token,
            )
        if self._in_call and token.text in _OF_TRACES:
            raise self._fault(
                f"{token.text}(...) can't stand inside {self._in_call}(...), "
                "which is about one span",
                token,
            )
        if token.text not in _OF_TRACES:
            self._count_relative(token)
        outer, self._about, self._in_call = (self._about, self._in_call), Subject.SPAN, token.text
        inside = self._closed(token)
        self._about, self._in_call = outer
        return _CALLS[token.text](inside)

    def _comparison(self, token: Token) -> Condition:
        field, op = self._field(token), _SIGNS[token.sign]
        if token.text.lower() in _MOMENTS:
            if op is not Op.IS or token.sign == "!=":
                raise self._fault(f"write {token.text.lower()}:2h, with a colon", token)
            op = _MOMENTS[token.text.lower()]
        if not token.pieces:
            raise self._fault(
                f"a value is missing after {self._text[token.start : token.value].strip()}",
                attrs.evolve(token, start=token.value),
            )
        if field.kind is Kind.MOMENT and op is Op.IS and (day := self._day(token, field)):
            first, second = (
                Compare(field.name, each, moment)
                for each, moment in zip((Op.AT_LEAST, Op.BELOW), day, strict=True)
            )
            condition: Condition = And((first, second))
        else:
            condition = self._compare(token, field, op)
        return Not(condition) if token.sign == "!=" else condition

    def _day(self, token: Token, field: Field) -> tuple[int, int] | None:
        try:
            return day_of(token.pieces)
        except ValueError as error:
            raise self._unread(token, field, error) from None

    def _compare(self, token: Token, field: Field, op: Op) -> Compare:
        kind = field.kind
        keyed = kind in (Kind.ATTRIBUTE, Kind.SCORE)
        if op in _ORDERING and keyed:
            kind = Kind.COUNT
        elif op in _ORDERING and kind not in _ORDERED:
            raise self._fault(f"{field.name} can only be compared with : = != or ~", token)
        elif op is Op.HOLDS and kind in _ORDERED:
            raise self._fault(f"{field.name} can be compared with : = != > >= < or <=", token)
        elif op is Op.HOLDS:
            kind = Kind.TEXT
        try:
            value = read_value(kind, token.pieces)
        except ValueError as error:
            raise self._unread(token, field, error) from None
        if isinstance(value, Pattern) and op in _ORDERING:
            raise self._fault(f"a star can't be compared with {token.sign}", token)
        if isinstance(value, Pattern) and op is Op.HOLDS:
            value = "".join(part for part, _ in token.pieces)
        if op is Op.HOLDS and not value:
            raise self._fault(
                "there is nothing between these quotes", attrs.evolve(token, start=token.value)
            )
        if field.kind is Kind.PROSE and token.sign in (":", "!=") and isinstance(value, str):
            op = Op.HOLDS if value and token.sign == ":" else op
        return Compare(field.name, op, value, token.key)

    def _field(self, token: Token) -> Field:
        field = field_of("started" if token.text.lower() in _MOMENTS else token.text)
        if field is None:
            names = [*FIELDS, *_MOMENTS]
            near = get_close_matches(token.text.lower(), names, 1, _CLOSE)
            advice = f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"
            raise self._fault(
                f"there is no field {token.text[:40]!r}; {advice} "
                "(To look for the text, put it in quotes.)",
                token,
            )
        keyed = field.kind in (Kind.ATTRIBUTE, Kind.SCORE)
        if keyed and token.key is None:
            raise self._fault(f"write {field.name}.NAME, with the name of one", token)
        if field.column is None and self._about is Subject.SPAN:
            where = f", not of a span as in {self._in_call}(...)" if self._in_call else ""
            raise self._fault(f"{field.name} is of a trace as a whole{where}", token)
        return field

    def _deeper(self, token: Token, read: Callable[[], Condition]) -> Condition:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._fault(f"at most {MAX_DEPTH} can stand inside each other", token)
        condition = read()
        self._depth -= 1
        return condition

    def _count(self, token: Token) -> None:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise self._fault(f"at most {MAX_TERMS} conditions can be asked at once", token)

    def _count_relative(self, token: Token) -> None:
        self._relatives += 1
        if self._relatives > MAX_RELATIVES:
            raise self._fault(
                f"at most {MAX_RELATIVES} of parent, child and under can be asked at once", token
            )

    def _unread(self, token: Token, field: Field, error: ValueError) -> QueryError:
        shown = self._text[token.value : token.end]
        return self._fault(
            f"{shown[:40]} can't be compared with {field.name}: {error}",
            attrs.evolve(token, start=token.value),
        )

    def _fault(self, sentence: str, token: Token | None = None) -> QueryError:
        token = token or self._next
        return QueryError(sentence, self._text, token.start, token.end)


def _not_of_one_span(condition: Condition) -> str | None:
    """Give the part of `condition` that is about a trace as a whole, if there is one."""
    match condition:
        case Any() | All():
            return str(condition)
        case And(parts) | Or(parts):
            return next(filter(None, map(_not_of_one_span, parts)), None)
        case Not(of):
            return _not_of_one_span(of)
        case Compare() if FIELDS[condition.field].column is None:
            return condition.field
        case _:
            return None
