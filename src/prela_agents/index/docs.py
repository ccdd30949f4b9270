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

_RANKS = 5
"""What reciprocal rank fusion adds to a rank. With the usual 60, middling ranks in all lists
beat a first in one: of the golden questions to develop with, .84 found their section and not .91.
"""
_DEEP = 30
"""How many of each list are fused."""
_WORD = re.compile(r"[^\W_]+")


class DocsIndex:
    """Finds the passages that fit a question; see `prela_agents.ports.Index`.

    Words are looked for by their stems in the text and, weighing more, in the headings: in whole
    passages, which say most of a thing, and in single paragraphs, which say nothing else. Meaning
    is the likeness of the question to the best paragraph of a passage. It is made once and then
    only read; docs that change need another one.
    """

    def __init__(self, passages: Iterable[Passage], embedder: Embedder) -> None:
        self._passages: Mapping[str, Passage] = {each.id: each for each in passages}
        self._embedder = embedder
        pieces = [
            (each, piece) for each in self._passages.values() for piece in paragraphs(each.text)
        ]
        self._words = _full_text((each, each.text) for each in self._passages.values())
        self._closer = _full_text(pieces)
        self._owners = [each.id for each, _ in pieces]
        self._vectors = embedder.embed([f"{each.title}\n{piece}" for each, piece in pieces])

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        """Give the passages that fit best, best first; none where nothing fits at all."""
        scores: dict[str, float] = {}
        for ranked in (
            _by_words(self._words, question),
            _by_words(self._closer, question),
            self._by_meaning(question),
        ):
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

    def _by_meaning(self, question: str) -> Sequence[str]:
        (asked,) = self._embedder.embed([question])
        if not any(asked):
            return []
        best: dict[str, float] = {}
        for owner, vector in zip(self._owners, self._vectors, strict=True):
            likeness = sum(a * b for a, b in zip(asked, vector, strict=True))
            best[owner] = max(likeness, best.get(owner, -1.0))
        return sorted(best, key=lambda each: (-best[each], each))[:_DEEP]


def _full_text(texts: Iterable[tuple[Passage, str]]) -> sqlite3.Connection:
    # Only ever read after this, by one run at a time, be it in a worker thread.
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.execute(
        "CREATE VIRTUAL TABLE texts USING fts5"
        "(id UNINDEXED, trail, text, tokenize = 'porter unicode61')"
    )
    connection.executemany(
        "INSERT INTO texts VALUES (?, ?, ?)",
        ((each.id, f"{each.path} {each.title}", text) for each, text in texts),
    )
    return connection


def _by_words(texts: sqlite3.Connection, question: str) -> Sequence[str]:
    words = [
        word for word in dict.fromkeys(_WORD.findall(question.lower())) if word not in STOP_WORDS
    ]
    if not words:
        return []
    # Quoted, a word is a word to FTS5, whatever it holds.
    found = texts.execute(
        "SELECT id FROM texts WHERE texts MATCH ? ORDER BY bm25(texts, 0, 4, 1), rowid LIMIT ?",
        (" OR ".join(f'"{word}"' for word in words), 2 * _DEEP),
    )
    return list(dict.fromkeys(passage_id for (passage_id,) in found))[:_DEEP]
