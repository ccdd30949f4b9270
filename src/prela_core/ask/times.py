"""Times that are meant from now, and the window in which what is asked for can have started."""

from __future__ import annotations

import attrs

from prela_core.ask.condition import (
    Ago,
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
    Under,
)

__all__ = ["bounds", "is_relative", "resolved"]


def is_relative(condition: Condition | None) -> bool:
    """Say whether what `condition` means depends on when it is asked."""
    match condition:
        case Compare():
            return isinstance(condition.value, Ago)
        case And() | Or():
            return any(map(is_relative, condition.of))
        case Not() | Any() | All() | Parent() | Child() | Under():
            return is_relative(condition.of)
        case _:
            return False


def resolved(condition: Condition, now: int) -> Condition:
    """Put moments in the place of `Ago`, as seen at `now` (microseconds)."""
    match condition:
        case Compare(value=Ago(micros)):
            return attrs.evolve(condition, value=max(now - micros, 0))
        case And(parts) | Or(parts):
            return attrs.evolve(condition, of=tuple(resolved(each, now) for each in parts))
        case Not(of) | Any(of) | All(of) | Parent(of) | Child(of) | Under(of):
            return attrs.evolve(condition, of=resolved(of, now))
        case _:
            return condition


def bounds(condition: Condition | None) -> tuple[int | None, int | None]:
    """Give the window in which whatever meets `condition` started: `first <= started < end`.

    Only what all of it must meet is looked at; None is no bound. Its times are resolved.
    """
    first: int | None = None
    end: int | None = None
    parts = condition.of if isinstance(condition, And) else (condition,)
    for part in parts:
        lo, hi = bounds(part) if isinstance(part, And) else _bounds_of(part)
        first = lo if first is None or (lo is not None and lo > first) else first
        end = hi if end is None or (hi is not None and hi < end) else end
    return first, end


def _bounds_of(part: Condition | None) -> tuple[int | None, int | None]:
    match part:
        case Compare(field="started", value=int(moment), op=op):
            return {
                Op.IS: (moment, moment + 1),
                Op.ABOVE: (moment + 1, None),
                Op.AT_LEAST: (moment, None),
                Op.BELOW: (None, moment),
                Op.AT_MOST: (None, moment + 1),
            }.get(op, (None, None))
        case _:
            return None, None
