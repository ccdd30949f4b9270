"""What there is to talk about: a page of the docs, or a release of ours."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

import attrs

from prela_agents.model import Item, Passage

__all__ = ["Topic", "release_topic", "topics_of"]

_REFERENCE = 40
"""Passages from which on a page is looked things up in, and not read."""
_LEAST_WORDS = 60


@attrs.frozen(kw_only=True)
class Topic:
    """Something to write about. `passages` are all that may be said of it.

    `about` names it, with a digest of a page's words: a page that changed is a new topic. `page` is
    what the names of all topics of that page begin with, empty for what changes no more.
    `address` is where it can be read, and `headline` what it is called there.
    """

    about: str
    headline: str
    address: str
    passages: tuple[Passage, ...]
    page: str = ""
    is_release: bool = False

    @property
    def words(self) -> str:
        """All that is said of it."""
        return "\n\n".join((self.headline, *(each.text for each in self.passages)))


def topics_of(passages: Sequence[Passage], product: str, docs_url: str) -> Iterator[Topic]:
    """Give a topic for each page of the docs that people would read through."""
    for path in dict.fromkeys(each.path for each in passages):
        held = tuple(each for each in passages if each.path == path)
        words = " ".join(each.text for each in held)
        if len(held) > _REFERENCE or len(words.split()) < _LEAST_WORDS:
            continue
        title = held[0].trail[0]
        digest = hashlib.sha256(words.encode()).hexdigest()[:8]
        yield Topic(
            about=f"docs:{path}@{digest}",
            page=f"docs:{path}@",
            headline=title if product.casefold() in title.casefold() else f"{product}: {title}",
            address=f"{docs_url}{path}",
            passages=held,
        )


def release_topic(item: Item, product: str, version: str) -> Topic:
    """Give the topic that a release of ours is; its notes are the passage."""
    notes = re.sub(r"\r\n?", "\n", item.text).strip()
    return Topic(
        about=f"release:{version}",
        headline=f"{product} {version}",
        address=item.url,
        passages=(Passage(id=item.url, path=item.url, anchor="", trail=(item.title,), text=notes),),
        is_release=True,
    )
