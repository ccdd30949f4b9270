"""An index that is made when it is first asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from prela_agents.model import Passage
from prela_agents.ports import Index

__all__ = ["LateIndex"]


class LateIndex:
    """Stands for the index that `make` gives, and calls it once, when somebody looks."""

    def __init__(self, make: Callable[[], Index]) -> None:
        self._make = make

    @cached_property
    def _made(self) -> Index:
        return self._make()

    def search(self, question: str, limit: int = 5) -> Sequence[Passage]:
        """Give the passages that fit best, best first; none where nothing fits at all."""
        return self._made.search(question, limit)

    def passage(self, passage_id: str) -> Passage | None:
        """Give one passage, or None when the docs have none with this id."""
        return self._made.passage(passage_id)

    def passages(self) -> Sequence[Passage]:
        """Give all passages, by path and in the order they stand in."""
        return self._made.passages()
