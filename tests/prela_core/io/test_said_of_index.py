"""What is said of the text index."""

from __future__ import annotations

import pytest

from prela_core.io.clickhouse_words import said_of_index


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (None, "has no text index, so searches read every span"),
        ((0, 0), ""),
        ((7, 12_000), "of 12,000 stored rows, 7 are indexed for search"),
    ],
)
def test_it_is_said_how_far_searches_are_fast(found: tuple[int, int] | None, said: str) -> None:
    text = said_of_index(found)
    assert text.startswith(said)
    assert bool(text) is bool(said)
