"""The index of the docs: SQLite's full text and vectors, fused by their ranks."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

import attrs

from prela_agents.index.cutting import paragraphs
from prela_agents.index.stop_words import STOP_WORDS
from prela_agents.model import Passage
from prela_agents.ports import Embedder

__all__ = ["DocsIndex"]

_RANKS = 60
"""What reciprocal rank fusion adds to a rank: with it, two good ranks beat one best."""
_DEEP = 30
"""How many of each list are fused."""
_WORD = re.compile(r"[^\W_]+(?:_[^\W_]+)*")


class DocsIndex:
    """Finds the passages that fit a question; see `prela_agents.ports.Index`.

    Words are looked for by their stems in the text and, weighing more, in the headings. Meaning is
    the likeness of the question to the best paragraph of a passage. It is made once and then only
    read; docs that change need another one.
    """

    def __init__(self, passages: Iterable[Passage], embedder: Embedder) -> None:
        self._passages: Mapping[str, Passage] = {each.id: each for each in passages}
        self._embedder = embedder
        self._words = _full_text(self._passages.values())
        self._owners, self._vectors = _vectors(self._passages.values(), embedder)

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        """Give the passages that fit best, best first; none where nothing fits at all."""
        scores: dict[str, float] = {}
        for ranked in (self._by_words(question), self._by_meaning(question)):
            for rank, passage_id in enumerate(ranked, start=1):
                scores[passage_id] = scores.get(passage_id, 0.0) + 1 / (_RANKS + rank)
        best = sorted(scores, key=lambda each: (-scores[each], each))[:limit]
        return [attrs.evolve(self._passages[each], score=scores[each]) for each in best]

    def passage(self, passage_id: str) -> Passage | None:
        """Give one passage, or None when the docs have none with this id."""
        return self._passages.get(passage_id)

    def passages(self) -> Sequence[Passage]:
        """Give all passages, by path and in the order they stand in."""
        return list(self._passages.values())

    def _by_words(self, question: str) -> Sequence[str]:
        words = [
            word
            for word in dict.fromkeys(_WORD.findall(question.lower()))
            if word not in STOP_WORDS
        ]
        if not words:
            return []
        # Quoted, a word is a word to FTS5, whatever it holds.
        found = self._words.execute(
            "SELECT id FROM passages WHERE passages MATCH ? "
            "ORDER BY bm25(passages, 0, 4, 1), rowid LIMIT ?",
            (" OR ".join(f'"{word}"' for word in words), _DEEP),
        )
        return [passage_id for (passage_id,) in found]

    def _by_meaning(self, question: str) -> Sequence[str]:
        (asked,) = self._embedder.embed([question])
        if not any(asked):
            return []
        best: dict[str, float] = {}
        for owner, vector in zip(self._owners, self._vectors, strict=True):
            likeness = sum(a * b for a, b in zip(asked, vector, strict=True))
            best[owner] = max(likeness, best.get(owner, -1.0))
        return sorted(best, key=lambda each: (-best[each], each))[:_DEEP]


def _full_text(passages: Iterable[Passage]) -> sqlite3.Connection:
    # Only ever read after this, by one run at a time, be it in a worker thread.
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute(
        "CREATE VIRTUAL TABLE passages USING fts5"
        "(id UNINDEXED, trail, text, tokenize = 'porter unicode61')"
    )
    connection.executemany(
        "INSERT INTO passages VALUES (?, ?, ?)",
        ((each.id, f"{each.path} {each.title}", each.text) for each in passages),
    )
    return connection


def _vectors(
    passages: Iterable[Passage], embedder: Embedder
) -> tuple[list[str], Sequence[Sequence[float]]]:
    pieces = [
        (each.id, f"{each.title}\n{piece}") for each in passages for piece in paragraphs(each.text)
    ]
    return [owner for owner, _ in pieces], embedder.embed([piece for _, piece in pieces])
