"""The words without which nothing meets a condition, so that an index can narrow where to look."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from prela_core import ask
from prela_core.ask import Condition as Asked
from prela_core.ask import Subject
from prela_core.store.conditions import words_condition
from prela_core.store.fragments import PROJECT, Query, since_of
from prela_core.store.word_index import Narrowing, look_up, possible_rows
from prela_core.store.words import split_words

__all__ = ["Sought", "seek", "sought_words"]


@attrs.frozen
class Sought:
    """Words that some row of each trace that is looked for holds, and where such rows may be."""

    words: list[str]
    narrowing: Narrowing

    @property
    def is_few(self) -> bool:
        """Say whether all rows may be looked at in one go, as far as the index knows."""
        return self.narrowing.is_few

    def clause(self, lo: int | None, parameters: dict[str, Any]) -> str:
        """Say that the trace has a row that may hold the words, and starts at `lo` or later."""
        words = words_condition(self.words, "sought")
        clauses = [PROJECT, *since_of(lo, parameters)]
        rows = possible_rows(self.narrowing, clauses, words, parameters)
        return f"trace_id IN (SELECT trace_id FROM {rows})"


def seek(
    q: str | None, where: Asked | None, about: Subject
) -> Generator[Query, list[Sequence[Any]], Sought | None]:
    """Look up what `q` and `where` need; None when they need no words, or the index can't help."""
    words = [] if q is None else split_words(q)
    words = max(words, sought_words(where, about), key=_length)
    narrowing = (yield from look_up(words)) if words else None
    return None if narrowing is None else Sought(words, narrowing)


def sought_words(where: Asked | None, about: Subject) -> list[str]:
    """Give words that all stand in one row of whatever meets `where`; of a span, in its own row."""
    match where:
        case ask.Words(text):
            return [text]
        case ask.And(parts):
            found = [sought_words(part, about) for part in parts]
            if about is Subject.SPAN:
                return [word for words in found for word in words]
            return max(found, key=_length)
        case ask.Any(of) | ask.All(of) if about is Subject.TRACE:
            return sought_words(of, Subject.SPAN)
        case _:
            return []


def _length(words: Sequence[str]) -> int:
    """Give how long the longest is: a longer word is rarer, more often than not."""
    return max(map(len, words), default=0)
