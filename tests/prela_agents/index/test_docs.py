from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from prela_agents.index import DocsIndex, WordLlama
from prela_core.errors import SettingsError

FILES = {
    "guide.md": "# Guide\n## Installing\nRun pip install.\n## Deleting\n"
    "A trace is removed for good.",
    "deep/cost.md": "# Cost\nDollars are reckoned from tokens.\n\nPrices are in a table.",
    "notes.txt": "# Not docs\nAt all.",
}


class Nothing:
    """Finds nothing like anything."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [(0.0, 0.0)] * len(texts)


@pytest.fixture(scope="module")
def words() -> WordLlama:
    return WordLlama()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("docs")
    for name, text in FILES.items():
        (made / name).parent.mkdir(exist_ok=True)
        (made / name).write_text(text)
    return made


def test_all_passages_of_a_folder_are_there(folder: Path, words: WordLlama) -> None:
    index = DocsIndex.of_folder(folder, words)
    ids = ["deep/cost.md#cost", "guide.md#installing", "guide.md#deleting"]
    assert ids == [each.id for each in index.passages()]
    assert index.passages()[1] == index.passage("guide.md#installing")
    assert index.passage("guide.md#no-such") is None


def test_words_find_by_their_stems(folder: Path) -> None:
    index = DocsIndex.of_folder(folder, Nothing())
    assert ["deep/cost.md#cost"] == [each.id for each in index.search("What is the price?")]
    assert ["guide.md#installing"] == [each.id for each in index.search("installed")]
    assert [] == index.search("what is the weather")


def test_likeness_finds_other_words_for_it(folder: Path, words: WordLlama) -> None:
    index = DocsIndex.of_folder(folder, words)
    assert "guide.md#deleting" == index.search("erase my data permanently, remove it")[0].id


@pytest.mark.parametrize(
    "question", ["", "?", '" OR NEAR( * : ^ -', "AND", "a" * 10_000, "trail : x", "\x00"]
)
def test_no_question_breaks_it(folder: Path, question: str) -> None:
    assert len(DocsIndex.of_folder(folder, Nothing()).search(question)) <= 5


def test_a_folder_without_docs_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="has no docs"):
        DocsIndex.of_folder(tmp_path, Nothing())
    assert [] == DocsIndex([], Nothing()).search("anything")


def test_vectors_have_length_one_and_stay_with_their_texts(words: WordLlama) -> None:
    texts = ["a much longer text about databases and tables", "", "databases", " \n"]
    found = words.embed(texts)
    assert [1.0, 0.0, 1.0, 0.0] == [round(math.hypot(*each), 5) for each in found]
    assert found[2] == pytest.approx(words.embed(["databases"])[0])
