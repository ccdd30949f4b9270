"""HTML in small pieces: what is not marked as markup is text, and is escaped."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from typing import Any, SupportsIndex

__all__ = ["Markup", "code", "json_block", "prose", "slug", "tag"]

_VOID = frozenset({"meta", "link"})
_CODE = re.compile(r"`([^`]+)`")
_TOKENS = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=: )|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<word>-?\d[\d.e+-]*|\btrue\b|\bfalse\b|\bnull\b)"
)


class Markup(str):
    """Text that is HTML already. Joined with plain text, that is escaped."""

    __slots__ = ()

    def __add__(self, other: str) -> Markup:
        return Markup(str.__add__(self, _escaped(other)))

    def __radd__(self, other: str) -> Markup:
        return Markup(_escaped(other) + str(self))

    def join(self, parts: Iterable[str]) -> Markup:
        """Join `parts`, escaping those that are plain text."""
        return Markup(str.join(self, map(_escaped, parts)))

    def replace(self, old: str, new: str, count: SupportsIndex = -1) -> Markup:
        """Replace in the HTML as it stands."""
        return Markup(str.replace(self, old, new, count))


def tag(name: str, content: str = "", /, **attributes: str | bool) -> Markup:
    """Make an element; `class_` is the attribute class, and `aria_label` is aria-label."""
    written = "".join(
        f" {_attribute(key)}" if value is True else f' {_attribute(key)}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not False
    )
    opened = f"<{name}{written}>"
    return Markup(opened if name in _VOID else f"{opened}{_escaped(content)}</{name}>")


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


def _attribute(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _escaped(text: str) -> str:
    return str(text) if isinstance(text, Markup) else html.escape(text, quote=False)
