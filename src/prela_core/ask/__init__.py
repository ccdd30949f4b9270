"""The language in which traces and spans are asked for: text to conditions and back.

`parse('status:error model:claude* duration>2s')` gives a `Condition`, a plain value; `str` of it
is text that parses to the same value. What a condition means is said once in SQL
(`prela_core.store`) and once in plain Python (`prela_core.testing`).
"""

from __future__ import annotations

from prela_core.ask.condition import (
    GENERATIONS,
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
    Pattern,
    Under,
    Words,
)
from prela_core.ask.fields import FIELDS, Field, Kind, Subject
from prela_core.ask.parse import MAX_LENGTH, parse
from prela_core.ask.times import bounds, is_relative, resolved
from prela_core.ask.values import number_of, whole

__all__ = [
    "FIELDS",
    "GENERATIONS",
    "MAX_LENGTH",
    "Ago",
    "All",
    "And",
    "Any",
    "Child",
    "Compare",
    "Condition",
    "Field",
    "Kind",
    "Not",
    "Op",
    "Or",
    "Parent",
    "Pattern",
    "Subject",
    "Under",
    "Words",
    "bounds",
    "is_relative",
    "number_of",
    "parse",
    "resolved",
    "whole",
]
