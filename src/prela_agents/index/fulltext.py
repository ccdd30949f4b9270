"""Finding passages by their words: SQLite's FTS5, in memory."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

from prela_agents.model import Passage

__all__ = ["FullText"]

_WORD = re.compile(r"\w+")
_COMMON = frozenset(
    {
        *("a", "about", "an", "and", "any", "are", "as", "at", "be", "by", "can", "could", "do"),
        *("does", "for", "from", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its"),
        *("me", "my", "of", "on", "or", "our", "should", "so", "some", "than", "that", "the"),
        *("their", "there", "these", "this", "to", "use", "using", "was", "we", "what", "when"),
        *("where", "which", "who", "why", "will", "with", "would", "you", "your"),
    }
)
"""Words that say nothing of what a question is about."""

_HEADING_WEIGHT = 3.0


class FullText:
    """The words of passages, by their stems; headings count three times as much as text."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute(
            "CREATE VIRTUAL TABLE words USING fts5 "
            "(trail, text, tokenize = \"porter unicode61 tokenchars '_'\")"
        )
        self._db.executemany(
            "INSERT INTO words (rowid, trail, text) VALUES (?, ?, ?)",
            [(n, f"{each.path} {each.title}", each.text) for n, each in enumerate(passages)],
        )

    def search(self, question: str, limit: int) -> list[int]:
        """Give the numbers of the passages that have any of the question's words, best first."""
        words = list(dict.fromkeys(word.lower() for word in _WORD.findall(question)))
        words = [word for word in words if word not in _COMMON] or words
        if not words:
            return []
        # Each is quoted, so that none is taken for an operator of the language.
        asked = " OR ".join(f'"{word}"' for word in words)
        rows = self._db.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY bm25(words, ?, 1.0), rowid "
            "LIMIT ?",
            (asked, _HEADING_WEIGHT, limit),
        )
        return [number for (number,) in rows]
