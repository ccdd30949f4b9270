"""Looking a question up, and what its words weigh in these docs."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import attrs

from prela_agents.index.cutting import paragraphs
from prela_agents.index.stop_words import STOP_WORDS
from prela_agents.model import Passage
from prela_agents.ports import Embedder, Index

__all__ = ["Library", "Lookup", "stems"]

_PASSAGES = 5
_ENDINGS = ("ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "s", "e", "y")
_SHORTEST = 3


@attrs.frozen
class Lookup:
    """A question, the passages that fit best, how alike each is, and what each stem weighs."""

    question: str
    passages: tuple[Passage, ...]
    likeness: tuple[float, ...]
    weights: Mapping[str, float]


class Library:
    """The docs of a run: an index, and how rare each word is in it."""

    def __init__(self, index: Index, embedder: Embedder) -> None:
        self._index = index
        self._embedder = embedder
        self._passages = len(index.passages())
        self._holding = Counter(
            stem for each in index.passages() for stem in set(stems(said_by(each)))
        )

    def look_up(self, question: str) -> Lookup:
        """Give what the docs have on `question`; no passages where nothing fits."""
        found = tuple(self._index.search(question, _PASSAGES))
        return Lookup(
            question=question,
            passages=found,
            likeness=self._likeness(question, found),
            weights={stem: self._weight(stem) for stem in dict.fromkeys(stems(question))},
        )

    def passage(self, passage_id: str) -> Passage | None:
        """Give a passage by its id."""
        return self._index.passage(passage_id)

    def _weight(self, stem: str) -> float:
        """Give more, the fewer passages have it; most to what the docs never say."""
        return round(math.log((self._passages + 1) / (self._holding[stem] + 0.5)), 3)

    def _likeness(self, question: str, passages: Sequence[Passage]) -> tuple[float, ...]:
        pieces = [paragraphs(each.text) for each in passages]
        asked, *vectors = self._embedder.embed(
            [
                question,
                *(
                    f"{passage.title}\n{piece}"
                    for passage, held in zip(passages, pieces, strict=True)
                    for piece in held
                ),
            ]
        )
        found, rest = [], iter(vectors)
        for held in pieces:
            products = [sum(a * b for a, b in zip(asked, next(rest), strict=True)) for _ in held]
            found.append(round(max(products, default=0.0), 3))
        return tuple(found)


def said_by(passage: Passage) -> str:
    """Give all words that a passage can be found by."""
    return f"{passage.path}\n{passage.title}\n{passage.text}"


def stems(text: str) -> list[str]:
    """Give the stems of the words that say something, in their order."""
    return [
        _stem(word)
        for word in re.findall(r"[^\W_]+(?:_[^\W_]+)*", text.casefold())
        if word not in STOP_WORDS
    ]


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word
