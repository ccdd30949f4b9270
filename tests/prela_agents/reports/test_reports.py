from __future__ import annotations

from datetime import timedelta
from html.parser import HTMLParser

import pytest

from prela_agents.model import Figure, Report, Section, Sentence
from prela_agents.reports import as_html, as_markdown
from prela_core.testing.factories import NOON

HOSTILE = '<script>alert(1)</script> [a](javascript:b) `*_x_*` # "q"\n- new'


def report(text: str = "Rival shipped search.", *sources: str) -> Report:
    return Report(
        id="sentinel-2026-W48",
        agent="sentinel",
        title="The week",
        since=NOON,
        until=NOON + timedelta(days=7),
        sections=(
            Section(
                "Releases",
                (
                    Sentence(text, sources or ("https://b.test/2", "https://a.test/1")),
                    Sentence("Stars are 8.", ("history:stars", "https://a.test/1")),
                ),
                (Figure("stars", "Stars by day", '<svg xmlns="http://www.w3.org/2000/svg"/>'),),
            ),
            Section("Quiet", ()),
        ),
    )


def test_markdown_has_its_sources_at_each_sentence() -> None:
    text = as_markdown(report(), figures="week")
    assert "- Rival shipped search. [1][2]\n- Stars are 8. [2][3]\n" in text
    assert text.endswith("1. <https://b.test/2>\n2. <https://a.test/1>\n3. `history:stars`\n")
    assert "![Stars by day](week/stars.svg)" in text
    assert "week/" not in as_markdown(report())


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_html_leads_from_each_sentence_to_its_sources() -> None:
    page = Page(as_html(report()))
    inside = {each.removeprefix("#") for each in page.links if each.startswith("#")}
    assert {"source-1", "source-2", "source-3"} == inside == set(page.ids)
    assert ["https://b.test/2", "https://a.test/1"] == [
        each for each in page.links if not each.startswith("#")
    ]
    assert "svg" in page.tags


@pytest.mark.parametrize("source", ["javascript:alert(1)", "data:text/html,x", "history:<b>"])
def test_what_others_wrote_makes_no_markup(source: str) -> None:
    page = Page(as_html(report(HOSTILE, source)))
    assert "script" not in page.tags
    assert "b" not in page.tags
    assert "<script>alert(1)</script>" in page.words
    assert source in page.words
    assert source not in page.links
    text = as_markdown(report(HOSTILE, source))
    assert "<script>" not in text
    assert "[a](javascript" not in text
    assert "\n- new" not in text
