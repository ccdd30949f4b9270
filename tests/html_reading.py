"""HTML as a browser takes it: its elements, and the texts that a reader sees."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser

import attrs

__all__ = ["Document", "read_html"]

_VOID = frozenset({"link", "meta"})
_UNSEEN = frozenset({"style", "title"})


@attrs.frozen
class Document:
    """`deepest` is how many elements are within each other; `classes` counts each name."""

    tags: Counter[str]
    classes: Counter[str]
    attributes: list[tuple[str, str, str]]
    text: str
    deepest: int


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self.deepest = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in _VOID:
            self.open.append(tag)
            self.deepest = max(self.deepest, len(self.open))

    def handle_endtag(self, tag: str) -> None:
        begun = self.open.pop() if self.open else None
        assert tag == begun, f"</{tag}> ends <{begun}>"

    def handle_data(self, data: str) -> None:
        if not _UNSEEN & set(self.open):
            self.texts.append(data)


def read_html(text: str) -> Document:
    """Read `text`, in which every element must be ended in its turn."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert [] == reader.open
    names = Counter(
        each for _, name, value in reader.attributes if name == "class" for each in value.split()
    )
    return Document(reader.tags, names, reader.attributes, "".join(reader.texts), reader.deepest)
