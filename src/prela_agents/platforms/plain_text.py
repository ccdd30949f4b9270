"""What people read in HTML."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

__all__ = ["plain_text"]

_BLOCK_TAGS = (
    "address article aside blockquote body br dd details div dl dt fieldset figcaption figure "
    "footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section summary table td th tr "
    "ul"
)
_BLOCKS = frozenset(_BLOCK_TAGS.split())
_UNREAD = ("script", "style", "noscript", "template", "svg", "iframe", "head")
_CHROME = ("nav", "header", "footer", "aside", "form", "dialog")


def plain_text(html: str, *, chrome: bool = True) -> str:
    """Give the text with a line for each block; spaces and empty lines are kept to one.

    With `chrome` false, what stands around the content of a page is left out: navigation,
    headers and footers, forms.
    """
    tree = LexborHTMLParser(html)
    for name in _UNREAD if chrome else (*_UNREAD, *_CHROME):
        for node in tree.css(name):
            node.decompose()
    pieces: list[str] = []
    if tree.body is not None:
        _read(tree.body, pieces)
    lines = (line.rstrip() for line in "".join(pieces).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _read(body: LexborNode, pieces: list[str]) -> None:
    """Read all of `body` without recursion: a page may be nested as deep as it likes."""
    waiting: list[tuple[LexborNode | None, bool]] = [
        (child, False) for child in reversed(list(body.iter(include_text=True)))
    ]
    while waiting:
        node, verbatim = waiting.pop()
        if node is None:  # the end of a block
            _break(pieces)
            continue
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            pieces.append(text if verbatim else _flowing(text, pieces))
            continue
        if tag in _BLOCKS:
            _break(pieces)
            waiting.append((None, False))
        if tag == "p" and pieces:
            pieces.append("\n")
        inside = verbatim or tag == "pre"
        waiting += [(child, inside) for child in reversed(list(node.iter(include_text=True)))]


def _break(pieces: list[str]) -> None:
    if pieces and not pieces[-1].endswith("\n"):
        pieces.append("\n")


def _flowing(text: str, pieces: list[str]) -> str:
    """Fold spaces as a browser does, also those that follow what was read before."""
    folded = re.sub(r"\s+", " ", text)
    at_start = not pieces or pieces[-1].endswith(("\n", " "))
    return folded.lstrip(" ") if at_start else folded
