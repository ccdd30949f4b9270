from __future__ import annotations

from collections.abc import Sequence

from prela_agents.index import DocsIndex, LateIndex
from prela_agents.model import Passage

PASSAGE = Passage(id="a#b", path="a", anchor="b", trail=("Flushing",), text="Call flush().")


class Nothing:
    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [(0.0,)] * len(texts)


def test_it_is_made_once_and_when_it_is_asked() -> None:
    made: list[DocsIndex] = []

    def make() -> DocsIndex:
        made.append(DocsIndex([PASSAGE], Nothing()))
        return made[-1]

    index = LateIndex(make)
    assert [] == made
    assert ["a#b"] == [each.id for each in index.search("flush", 3)]
    assert [PASSAGE] == list(index.passages())
    assert PASSAGE == index.passage("a#b")
    assert 1 == len(made)
