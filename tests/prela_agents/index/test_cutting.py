from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prela_agents.errors import AgentError
from prela_agents.index.cutting import cut, paragraphs, read_docs

PAGE = """Before any heading.

# Guide

What it is.

## Set up `it`

```sh
# not a heading
run
```

## [Linked](page.md) heading ##

Text.

### Deeper

Deep.

## Deeper

Again.

## Empty
"""


def test_a_page_is_cut_at_its_headings_and_not_at_comments_of_code() -> None:
    found = list(cut("docs/guide.md", PAGE))
    assert [
        ("docs/guide.md#", ("guide",)),
        ("docs/guide.md#guide", ("Guide",)),
        ("docs/guide.md#set-up-it", ("Guide", "Set up it")),
        ("docs/guide.md#linked-heading", ("Guide", "Linked heading")),
        ("docs/guide.md#deeper", ("Guide", "Linked heading", "Deeper")),
        ("docs/guide.md#deeper-1", ("Guide", "Deeper")),
    ] == [(each.id, each.trail) for each in found]
    assert "```sh\n# not a heading\nrun\n```" == found[2].text
    assert "Guide / Set up it" == found[2].title


def test_a_block_of_code_is_one_paragraph() -> None:
    assert ["a\nb", "```\nc\n\nd\n```", "e"] == paragraphs("a\nb\n\n\n```\nc\n\nd\n```\n\ne\n")


@given(st.text("#`~ ab\n", max_size=200))
def test_nothing_but_headings_is_lost(markdown: str) -> None:
    kept = "".join(each.text for each in cut("a.md", markdown)).split()
    assert len(kept) <= len(markdown.split())
    if "#" not in markdown:
        assert markdown.split() == kept


def test_a_folder_is_read_without_what_is_skipped(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    for path in ("b.md", "a/c.md", "bench/run.md", "decisions/0001.md", "note.txt"):
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text("# T\n\nx\n", encoding="utf-8")
    assert ["docs/a/c.md#t", "docs/b.md#t"] == [each.id for each in read_docs(docs)]
    with pytest.raises(AgentError, match=r"no \.md file"):
        read_docs(tmp_path / "nowhere")


def test_a_file_of_the_docs_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff\xfe")
    with pytest.raises(AgentError, match=r"a\.md, of the docs, is not in UTF-8"):
        read_docs(tmp_path)
    (tmp_path / "a.md").unlink()
    (tmp_path / "b.md").mkdir()
    with pytest.raises(AgentError, match=r"b\.md, of the docs, can't be read: Is a directory"):
        read_docs(tmp_path)
