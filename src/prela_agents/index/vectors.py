"""Finding passages by what they are like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from prela_agents.ports import Embedder

__all__ = ["Vectors"]

_LEAST = 0.25
"""What is less like a question than this has nothing to do with it."""


class Vectors:
    """The vectors of passages' pieces; a passage is as like a question as its likest piece."""

    def __init__(self, passages: Sequence[Sequence[str]], embedder: Embedder) -> None:
        self._embedder = embedder
        self._of = np.repeat(np.arange(len(passages)), [len(pieces) for pieces in passages])
        pieces = [piece for each in passages for piece in each]
        self._matrix = np.array(embedder.embed(pieces), dtype=np.float32) if pieces else None
        self._count = len(passages)

    def search(self, question: str, limit: int) -> list[int]:
        """Give the numbers of the passages that are like the question, likest first."""
        if self._matrix is None:
            return []
        asked = np.array(self._embedder.embed([question])[0], dtype=np.float32)
        likest = np.full(self._count, -1.0, dtype=np.float32)
        np.maximum.at(likest, self._of, self._matrix @ asked)
        order = np.argsort(-likest, kind="stable")[:limit]
        return [int(number) for number in order if likest[number] >= _LEAST]
