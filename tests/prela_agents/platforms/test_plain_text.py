from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prela_agents.platforms.plain_text import plain_text


def test_blocks_are_lines_and_markup_is_undone() -> None:
    html = "<p>One  <b>bold</b>\n word &amp; more<p>Two<ul><li>a</li><li>b</li></ul>"
    assert "One bold word & more\n\nTwo\na\nb" == plain_text(html)


def test_code_keeps_its_lines() -> None:
    assert "Use\nx = 1\n  y = 2" == plain_text("<p>Use<pre><code>x = 1\n  y = 2</code></pre>")


def test_what_nobody_reads_is_left_out() -> None:
    html = "<head><title>T</title></head><script>x()</script><style>p{}</style><p>Words</p>"
    assert "Words" == plain_text(html)


def test_what_is_around_the_content_can_be_left_out() -> None:
    html = "<nav>Home</nav><main><p>Words</p></main><footer>(c)</footer>"
    assert "Words" == plain_text(html, chrome=False)
    assert "Home\nWords\n(c)" == plain_text(html).replace("\n\n", "\n")


def test_nesting_has_no_end() -> None:
    deep = 20_000
    assert "Words" == plain_text("<div>" * deep + "Words" + "</div>" * deep)


@given(st.text())
def test_it_takes_any_text(text: str) -> None:
    plain_text(text)
