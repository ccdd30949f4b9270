"""Reports as Markdown and HTML: every sentence with its source, and nothing hostile in them."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from prela_agents.model import Figure, Report, Section, Sentence
from prela_agents.reports import Week, as_html, as_markdown, quoted, span
from prela_agents.reports.plots import Bar, bars

URL = "https://github.com/r/r/releases/tag/2.1"
HISTORY = "history:stars/prela/2026-11-16..2026-11-23"
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


def report(*sections: Section) -> Report:
    week = Week.of(MONDAY)
    return Report(
        id="r", agent="radar", title="A week", since=week.since, until=week.until, sections=sections
    )


def said(text: str, *sources: str) -> Report:
    return report(Section("News", (Sentence(text, sources or (URL,)),)))


PLOT = Figure("kinds", "Counts by kind", bars("Counts", [Bar("a", {"x": 3})], {"x": "blue"}))


def test_markdown_reads_well() -> None:
    text = as_markdown(
        report(
            Section("News", (Sentence("One.", (URL,)), Sentence("Two.", (HISTORY, URL)))),
            Section("Plot", (Sentence("Three.", (HISTORY,)),), (PLOT,)),
        ),
        figures="plots/",
    )
    assert text == (
        "# A week\n\n*16 to 22 November 2026*\n\n"
        "## News\n\n"
        f"- One. ([1]({URL}))\n"
        f"- Two. (2, [1]({URL}))\n\n"
        "## Plot\n\nThree. (2)\n\n![Counts by kind](plots/kinds.svg)\n\n"
        "## Sources\n\n"
        f"1. <{URL}>\n"
        "2. our own history: stars, prela, 2026-11-16 to 2026-11-23\n"
    )


def test_markdown_without_images_says_what_they_show() -> None:
    text = as_markdown(report(Section("Plot", (), (PLOT,))))
    assert "*Counts by kind*" in text
    assert "svg" not in text


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in {"href", "src"}]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text += data


HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1)) ![x](https://evil.test/p.png)",
    "</li><img src=x onerror=alert(1)>",
    "**bold** `code` # heading | table",
    "1. list\n- more\n> quote &amp; &lt;b&gt;",
    "~~gone~~ <https://evil.test>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_words_of_strangers_do_nothing(text: str) -> None:
    page = _Tags(as_html(said(text)))
    assert {"#source-1", URL} == set(page.links)
    assert not {"script", "img"} & page.tags
    assert " ".join(text.split()) in " ".join(page.text.split())
    rendered = _Tags(
        MarkdownIt("commonmark").enable("strikethrough").render(as_markdown(said(text)))
    )
    assert {URL} == set(rendered.links)
    assert not {"script", "img", "strong", "code", "s", "blockquote", "table"} & rendered.tags
    assert " ".join(text.split()) in " ".join(rendered.text.split())


@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_markdown_gives_any_words_back(text: str) -> None:
    rendered = _Tags(MarkdownIt("commonmark").render(as_markdown(said(text))))
    assert text in rendered.text
    assert {URL} == set(rendered.links)


@pytest.mark.parametrize(
    "source", ["javascript:alert(1)", "data:text/html,x", "http:///x", "https://a b"]
)
def test_only_addresses_of_the_web_are_links(source: str) -> None:
    assert {"#source-1"} == set(_Tags(as_html(said("x", source))).links)
    assert f"]({source})" not in as_markdown(said("x", source))


def test_an_address_does_not_end_its_link_early() -> None:
    url = "https://a.test/x_(y)?q=<b>"
    rendered = MarkdownIt("commonmark").render(as_markdown(said("x", url)))
    assert ["https://a.test/x_%28y%29?q=%3Cb%3E"] * 2 == _Tags(rendered).links


def test_weeks_begin_on_mondays() -> None:
    week = Week.of(datetime(2026, 11, 22, 23, 59, tzinfo=UTC))
    assert (MONDAY, "2026-W47") == (week.since, week.name)
    assert "2026-W46" == week.before.name
    assert week.before.until == week.since
    assert "2020-W53" == Week.of(datetime(2021, 1, 3, tzinfo=UTC)).name


def test_spans_and_quotes() -> None:
    assert "16 to 22 November 2026" == span(MONDAY, Week.of(MONDAY).until)
    other = Week.of(datetime(2026, 12, 31, tzinfo=UTC))
    assert "28 December 2026 to 3 January 2027" == span(other.since, other.until)
    assert "“a b”" == quoted("a\n b")
    assert "“one two …”" == quoted("one two three four", 12)
