from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from rich.cells import cell_len

from prela_cli.render.search_hits import SearchHits
from prela_core.store import Page, SearchHit
from prela_core.testing.factories import NOON, search_hit

Draw = Callable[..., list[str]]


def hits(*found: SearchHit) -> SearchHits:
    return SearchHits(Page(items=list(found)), NOON + timedelta(hours=2))


def test_a_hit_says_where_and_marks_the_words_without_colour(draw: Draw) -> None:
    assert draw(hits(search_hit())) == [
        "✓ 0af76519  llm chat gpt-4o-mini  output · shop-agent · 2h ago",
        "  You get a [refund] within five days.",
    ]


def test_colour_marks_the_words_instead_of_brackets(draw: Draw) -> None:
    line = draw(hits(search_hit()), colour=True)[1]

    assert "[refund]" not in line
    assert "mrefund\x1b[0m" in line


def test_a_word_far_to_the_right_is_brought_into_view(draw: Draw) -> None:
    far = "filler " * 40
    excerpt = f"{far}refund and more"
    line = draw(hits(search_hit(excerpt=excerpt, highlights=[(len(far), len(far) + 6)])))[1]

    assert line.startswith("  …")
    assert line.endswith("[refund] and more")


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("highlights", [[(0, 3)], [(2, 1), (-5, 99), (0, 2), (1, 3)], []])
def test_text_of_strangers_stays_text(
    draw: Draw, encoding: str, highlights: list[tuple[int, int]]
) -> None:
    bad = "\x1b[31m[red]\u202e\n日本" * 20

    lines = draw(
        hits(search_hit(excerpt=bad, name=bad, field=bad, highlights=highlights)),
        encoding=encoding,
    )

    assert len(lines) == 2
    assert all(line.isprintable() and cell_len(line) <= 80 for line in lines)
