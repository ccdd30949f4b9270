from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from prela_agents.index import DocsIndex, WordLlamaEmbedder, cut, read_docs

PAGE = """# Deleting

Traces are removed for good.

## Retention

Spans are kept for 90 days.

# Sending

Programs send spans over HTTP.
"""


class Blind:
    """Sees no meaning in anything."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[0.0, 0.0] for _ in texts]


class Fond:
    """Finds all that is about deleting alike, in whichever words."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0, 0.0] if "elet" in each or "erase" in each else [0.0, 1.0] for each in texts]


def test_words_are_found_by_their_stems() -> None:
    index = DocsIndex(cut("d.md", PAGE), Blind())
    assert "d.md#deleting" == index.search("how is a trace removed?")[0].id
    assert "d.md#sending" == index.search("can my program send by http")[0].id


def test_meaning_is_found_without_a_word_in_common() -> None:
    index = DocsIndex(cut("d.md", PAGE), Fond())
    assert "d.md#deleting" == index.search("erase")[0].id


def test_what_fits_nothing_finds_nothing() -> None:
    index = DocsIndex(cut("d.md", PAGE), Blind())
    assert [] == index.search("how do i make it do that?")
    assert [] == index.search("zebra")
    assert [] == index.search('"" AND (NEAR* ^')


def test_passages_are_found_by_their_ids_and_in_order() -> None:
    index = DocsIndex(cut("d.md", PAGE), Blind())
    assert ["d.md#deleting", "d.md#retention", "d.md#sending"] == [
        each.id for each in index.passages()
    ]
    found = index.passage("d.md#retention")
    assert found is not None
    assert ("Deleting", "Retention") == found.trail
    assert index.passage("d.md#other") is None
    assert 2 == len(index.search("spans", limit=2))


def test_vectors_are_of_length_one_and_of_nothing_for_no_words() -> None:
    pytest.importorskip("wordllama")
    near, far, other, none = WordLlamaEmbedder().embed(
        ["delete a trace", "remove traces", "the price of bananas", ""]
    )
    assert 256 == len(near)
    assert 1.0 == pytest.approx(sum(x * x for x in near), abs=1e-5)
    assert not any(none)
    like = [sum(a * b for a, b in zip(near, each, strict=True)) for each in (far, other)]
    assert like[0] > like[1]
    assert [] == WordLlamaEmbedder().embed([])


def test_the_docs_of_this_project_can_be_looked_things_up_in() -> None:
    passages = read_docs(Path(__file__).parents[3] / "docs")
    index = DocsIndex(passages, Blind())
    assert len(passages) == len(index.passages()), "an id is not unique"
    found = [each.id for each in index.search("how do I delete the traces of one user")]
    assert "docs/deletion.md#deleting" in found
