"""Conditions of `prela_core.ask` as SQL, every value a bound parameter.

Three readings of a condition: over the visible row of a span, over a trace's own row with its
visible spans, and over any rows, which proposes too many and never too few.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from prela_core import ask
from prela_core.ask import Condition as Asked
from prela_core.ask import Subject
from prela_core.errors import InvalidError
from prela_core.store.asked_fields import Binder, rows_of_trace_clause, span_clause, trace_clause
from prela_core.store.asked_relatives import (
    RELATIVE_COLUMNS,
    child_clause,
    parent_clause,
    under_clause,
)
from prela_core.store.conditions import Condition
from prela_core.store.fragments import collapsed
from prela_core.store.trace_row import ROW, ROW_COLUMNS

__all__ = ["may_hold", "relatives_may_hold", "span_holds", "trace_holds"]


def trace_holds(where: Asked, scope: Sequence[str]) -> Condition:
    """Say that a trace meets `where`: over the aliases of `ROW` and its visible spans.

    `scope` is as for `span_holds`.
    """
    compiler = _Compiler("asked", scope)
    return compiler.whole(compiler.trace(where))


def span_holds(where: Asked, scope: Sequence[str]) -> Condition:
    """Say that a visible span meets `where`.

    `scope` are the clauses of `collapsed` that take all traces of the spans looked at.
    """
    compiler = _Compiler("asked", scope)
    return compiler.whole(compiler.span(where))


def may_hold(where: Asked | None, about: Subject) -> list[Condition]:
    """Give conditions on rows: whatever meets `where` has, for each of them, a row that meets it.

    Of a trace, the rows are any of its; of a span there is one condition at most, on its own.
    """
    if where is None:
        return []
    compiler = _Compiler("may")
    if about is Subject.TRACE:
        found = compiler.rows(where)
    else:
        row = compiler.row(where)
        found = [] if row is None else [row]
    return [compiler.whole(sql) for sql in dict.fromkeys(found)]


def relatives_may_hold(where: Asked | None) -> list[Condition]:
    """Give such conditions on rows of the trace of a span that meets `where`, at whatever time."""
    if where is None:
        return []
    compiler = _Compiler("near")
    return [compiler.whole(sql) for sql in dict.fromkeys(compiler.relatives(where))]


class _Compiler:
    def __init__(self, prefix: str, scope: Sequence[str] = ()) -> None:
        self._binder = Binder(prefix)
        self._scope = scope

    def whole(self, sql: str) -> Condition:
        return Condition(sql, self._binder.parameters, tuple(self._binder.columns))

    def trace(self, where: Asked) -> str:
        match where:
            case ask.And() | ask.Or() | ask.Not():
                return _joined(where, self.trace)
            case ask.Any(of):
                return f"countIf({self._local(of)}) > 0"
            case ask.All(of):
                return f"countIf(NOT ({self._local(of)})) = 0"
            case ask.Compare() if ask.FIELDS[where.field].of_trace:
                return trace_clause(where, self._binder)
            case _:
                return f"countIf({self._local(where)}) > 0"

    def span(self, where: Asked) -> str:
        match where:
            case ask.And() | ask.Or() | ask.Not():
                return _joined(where, self.span)
            case ask.Any() | ask.All():
                return self._in_traces(where)
            case _:
                return self._local(where)

    def rows(self, where: Asked) -> list[str]:
        """Give clauses, for each of which a trace that meets `where` has some row."""
        match where:
            case ask.And(parts):
                return [sql for part in parts for sql in self.rows(part)]
            case ask.Or(parts):
                sides = [self.rows(part) for part in parts]
                # Whichever side holds, there is a row for its first clause.
                return [_any_of(side[0] for side in sides)] if all(sides) else []
            case ask.Any(of) | ask.All(of):
                return [*filter(None, [self.row(of)]), *self.relatives(of)]
            case ask.Parent() | ask.Child() | ask.Under():
                return self.relatives(where)
            case ask.Compare() if ask.FIELDS[where.field].of_trace:
                row = rows_of_trace_clause(where)
            case ask.Not():
                row = None
            case _:
                row = self.row(where)
        return [row] if row else []

    def relatives(self, where: Asked) -> list[str]:
        """Give such clauses for what a span asks of those around it, and of its trace."""
        match where:
            case ask.And(parts):
                return [sql for part in parts for sql in self.relatives(part)]
            case ask.Parent(of) | ask.Child(of) | ask.Under(of):
                return [*filter(None, [self.row(of)]), *self.relatives(of)]
            case ask.Any() | ask.All():
                return self.rows(where)
            case _:
                return []

    def row(self, where: Asked) -> str | None:
        """Give a clause that the row of a span that meets `where` meets; None when all may."""
        match where:
            case ask.And(parts):
                said = [sql for part in parts if (sql := self.row(part))]
                return " AND ".join(f"({sql})" for sql in said) or None
            case ask.Or(parts):
                sides = [self.row(part) for part in parts]
                return _any_of(map(str, sides)) if all(sides) else None
            case _ if _is_local(where):
                return self._local(where)
            case _:
                return None

    def _local(self, where: Asked) -> str:
        match where:
            case ask.And() | ask.Or() | ask.Not():
                return _joined(where, self._local)
            case ask.Parent(of):
                return parent_clause(self._local(of), self._seen())
            case ask.Child(of):
                return child_clause(self._local(of), self._seen())
            case ask.Under(of):
                return under_clause(self._local(of), self._seen())
            case ask.Compare() | ask.Words():
                return span_clause(where, self._binder)
            case _:
                raise InvalidError("any(...) and all(...) can't stand inside each other")

    def _seen(self) -> str:
        """Give all visible spans of the traces looked at, with the columns asked about so far."""
        self._binder.reads(*RELATIVE_COLUMNS)
        return collapsed(self._binder.columns, list(self._scope))

    def _in_traces(self, where: Asked) -> str:
        """Say that the span's trace meets `where`."""
        inner = _Compiler(f"{self._binder.prefix}{len(self._binder.parameters)}_", self._scope)
        clause = inner.whole(inner.trace(where))
        self._binder.parameters |= clause.parameters
        source = collapsed(dict.fromkeys((*ROW_COLUMNS, *clause.columns)), list(self._scope))
        return (
            f"trace_id IN (SELECT trace_id FROM ({ROW} FROM {source}"
            f" GROUP BY trace_id HAVING {clause.sql}))"
        )


def _joined(where: ask.And | ask.Or | ask.Not, inside: Callable[[Asked], str]) -> str:
    if isinstance(where, ask.Not):
        return f"NOT ({inside(where.of)})"
    word = " AND " if isinstance(where, ask.And) else " OR "
    return word.join(f"({inside(part)})" for part in where.of)


def _any_of(clauses: Iterable[str]) -> str:
    return " OR ".join(f"({sql})" for sql in clauses)


def _is_local(where: Asked) -> bool:
    """Say whether a span's own row is enough to tell."""
    match where:
        case ask.And(parts) | ask.Or(parts):
            return all(map(_is_local, parts))
        case ask.Not(of):
            return _is_local(of)
        case _:
            return isinstance(where, (ask.Compare, ask.Words))
