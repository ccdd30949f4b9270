from __future__ import annotations

import base64
import hashlib
import re
import shlex
from html.parser import HTMLParser
from typing import Any

import pytest

from prela_server.docs.markup import Markup, json_block, prose, tag
from prela_server.docs.page import render_page

LOADING = {"src", "srcset", "action", "formaction", "data", "style", "onclick"}


class Reader(HTMLParser):
    """Collects what a test wants to know of a page, and that its tags are closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fragments: set[str] = set()
        self.attributes: set[str] = set()
        self.tags: set[str] = set()
        self.style = ""
        self.code: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert [] == self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        said = dict(attrs)
        if said.get("id"):
            self.ids.append(str(said["id"]))
        if (said.get("href") or "").startswith("#"):
            self.fragments.add(str(said["href"])[1:])
        if tag not in ("meta", "link"):
            self._open.append(tag)
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
        if "code" in self._open:
            self.code[-1] += data


def test_the_page_is_whole_and_its_links_lead_somewhere(document: dict[str, Any]) -> None:
    page = Reader(render_page(document))
    assert len(set(page.ids)) == len(page.ids)
    assert set() == page.fragments - set(page.ids)


def test_the_page_shows_every_operation_with_its_curl_line(document: dict[str, Any]) -> None:
    page = Reader(render_page(document))
    for path, methods in document["paths"].items():
        for operation in methods.values():
            assert path in page.code
            assert operation["operationId"] in page.ids
            assert operation["x-codeSamples"][0]["source"] in page.code


def test_the_page_loads_nothing_and_runs_nothing(document: dict[str, Any]) -> None:
    page = Reader(render_page(document))
    assert "script" not in page.tags
    assert set() == page.attributes & LOADING


def test_the_policy_allows_the_style_and_nothing_else(docs_get: Any) -> None:
    answer = docs_get("/docs")
    assert "text/html; charset=utf-8" == answer.headers["content-type"]
    digest = hashlib.sha256(Reader(answer.text).style.encode()).digest()
    policy = answer.headers["content-security-policy"]
    assert f"style-src 'sha256-{base64.b64encode(digest).decode()}'" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("prela.example:8443", "http://prela.example:8443/health"),
        ("[::1]:8000", "http://[::1]:8000/health"),
        ("<script>", "http://127.0.0.1:8000/health"),
        ("x;reboot", "http://127.0.0.1:8000/health"),
    ],
)
def test_curl_lines_lead_to_the_host_that_was_asked(docs_get: Any, host: str, shown: str) -> None:
    page = Reader(docs_get("/docs", headers={"Host": host}).text)
    assert any(shown == shlex.split(code)[-1] for code in page.code if code.startswith("curl "))


def test_the_document_is_served_as_it_was_built(docs_get: Any) -> None:
    answer = docs_get("/openapi.json")
    assert 200 == answer.status_code
    assert "application/json" == answer.headers["content-type"]
    assert "3.1.1" == answer.json()["openapi"]
    assert answer.content == docs_get("/openapi.json").content


def test_the_root_leads_to_the_page(docs_get: Any) -> None:
    answer = docs_get("/")
    assert 307 == answer.status_code
    assert "/docs" == answer.headers["location"]


def test_text_is_escaped_and_markup_is_not() -> None:
    assert "<p>1 &lt; 2<b>&amp;</b></p>" == tag("p", "1 < 2" + tag("b", "&"))
    assert '<a title="&quot;x&quot;">y</a>' == tag("a", "y", title='"x"')
    assert "<i>&lt;</i>" == Markup("").join([Markup("<i>"), "<", Markup("</i>")])
    assert "<p><code>&lt;a&gt;</code></p><p>b</p>" == prose("`<a>`\n\nb")


def test_a_json_block_holds_its_value() -> None:
    value = {"a": [1, -2.5, None, True], "b": 'say "<5>": it'}
    shown = re.sub(r"<[^>]*>", "", json_block(value))
    assert '"b": "say \\"&lt;5&gt;\\": it"' in shown
    assert '<span class="j-key">"a"</span>' in json_block(value)
    assert '<span class="j-word">-2.5</span>' in json_block(value)
