"""The docs, to look things up in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from prela_agents.model import Passage

__all__ = ["Embedder", "Index"]


class Embedder(Protocol):
    """Makes vectors of texts."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """Give a vector of length 1 for each text, all of the same dimension.

        Their dot product is their likeness, from -1 to 1; a text without words has all zeros.
        """


class Index(Protocol):
    """The passages of a folder of docs."""

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        """Give the passages that fit best, best first; none where nothing fits at all."""

    def passage(self, passage_id: str) -> Passage | None:
        """Give one passage, or None when the docs have none with this id."""

    def passages(self) -> Sequence[Passage]:
        """Give all passages, by path and in the order they stand in."""
