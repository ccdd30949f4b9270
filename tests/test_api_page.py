from __future__ import annotations

from pathlib import Path

from prela_server.docs.markdown import api_page


def test_the_page_is_what_the_document_says() -> None:
    page = Path(__file__).parents[1] / "docs" / "api.md"

    assert api_page() == page.read_text("utf-8"), "run `nox -s docs`"
