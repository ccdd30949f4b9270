"""The docs as an index: words and vectors, fused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from prela_agents.index.fulltext import FullText
from prela_agents.index.headings import passages_of
from prela_agents.index.vectors import Vectors
from prela_agents.model import Passage
from prela_agents.ports import Embedder
from prela_core.errors import SettingsError

__all__ = ["DocsIndex"]

_DEPTH = 30
"""How far down each of the two lists is looked at."""

_FLATTENING = 60
"""Of reciprocal rank fusion (Cormack and others, 2009): how little the first ranks stand out."""

_BLANK_LINES = re.compile(r"\n\s*\n")


class DocsIndex:
    """The passages of a folder of Markdown, found by their words and by what they are like.

    A passage scores `1 / (60 + rank)` in each of the two lists that it is in, so that neither
    has to be measured in the other's terms. Long passages are compared paragraph by paragraph.
    """

    def __init__(self, passages: Iterable[Passage], embedder: Embedder) -> None:
        self._passages = tuple(passages)
        self._by_id = {each.id: each for each in self._passages}
        self._words = FullText(self._passages)
        self._vectors = Vectors([_pieces(each) for each in self._passages], embedder)

    @classmethod
    def of_folder(cls, folder: Path, embedder: Embedder) -> DocsIndex:
        """Read all `*.md` below `folder`. Raises `SettingsError` where there is none.

        Paths in passages are relative to the folder, with slashes.
        """
        files = sorted(path for path in folder.rglob("*.md") if path.is_file())
        if not files:
            raise SettingsError(f"{folder} has no docs (*.md) to answer from")
        found = []
        for path in files:
            text = path.read_text("utf-8", errors="replace")
            found += passages_of(path.relative_to(folder).as_posix(), text)
        return cls(found, embedder)

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        """Give the passages that fit best, best first; none where nothing fits at all."""
        scores: dict[int, float] = {}
        for ranked in (
            self._words.search(question, _DEPTH),
            self._vectors.search(question, _DEPTH),
        ):
            for rank, number in enumerate(ranked, 1):
                scores[number] = scores.get(number, 0.0) + 1 / (_FLATTENING + rank)
        best = sorted(scores, key=lambda number: (-scores[number], number))[:limit]
        return [attrs.evolve(self._passages[number], score=scores[number]) for number in best]

    def passage(self, passage_id: str) -> Passage | None:
        """Give one passage, or None when the docs have none with this id."""
        return self._by_id.get(passage_id)

    def passages(self) -> Sequence[Passage]:
        """Give all passages, by path and in the order they stand in."""
        return self._passages


def _pieces(passage: Passage) -> list[str]:
    """Give what is compared with a question: each paragraph below its headings."""
    return [f"{passage.title}\n{each}" for each in _BLANK_LINES.split(passage.text) if each.strip()]
