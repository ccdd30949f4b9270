"""The pieces of the documentation's page."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from prela_core.html.markup import Markup, tag

__all__ = ["Markup", "code", "json_block", "prose", "slug", "tag"]

_CODE = re.compile(r"`([^`]+)`")
_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=: )|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>-?\d[\d.e+-]*|\btrue\b|\bfalse\b|\bnull\b)"
)


def code(text: str) -> Markup:
    """Set `text` as code."""
    return tag("code", text)


def prose(text: str) -> Markup:
    """Make paragraphs of a description; what stands in backticks is code."""
    paragraphs = [each for each in text.split("\n\n") if each.strip()]
    return Markup("").join(
        tag("p", Markup(_CODE.sub(r"<code>\1</code>", html.escape(each, quote=False))))
        for each in paragraphs
    )


def json_block(value: Any) -> Markup:
    """Set a JSON value, indented, its kinds of tokens told apart."""
    text = html.escape(json.dumps(value, indent=2, ensure_ascii=False), quote=False)
    marked = _TOKENS.sub(lambda m: f'<span class="j-{m.lastgroup}">{m[0]}</span>', text)
    return tag("pre", tag("code", Markup(marked)))


def slug(text: str) -> str:
    """Make a fragment's name of a heading."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return f"about-{words}"  # apart from the names of operations
