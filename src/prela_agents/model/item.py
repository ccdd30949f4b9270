"""What a source gives: items, in pages, from a cursor on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import attrs

from prela_agents.model.platform import Platform

__all__ = ["Cursor", "Item", "ItemKind", "Page"]

T = TypeVar("T")


class ItemKind(StrEnum):
    """What an item is where it was found."""

    POST = "post"
    """Begins a conversation: a story, a submission, a tweet."""
    COMMENT = "comment"
    """Answers something."""
    MESSAGE = "message"
    """One of a chat."""
    RELEASE = "release"
    """A version of a product: of GitHub, PyPI or a changelog's feed."""
    ARTICLE = "article"
    """An entry of any other feed."""
    PAGE = "page"
    """A web page as it was at one time. Its text is what people read there."""


@attrs.frozen(kw_only=True)
class Item:
    """One thing that someone published. Its texts are data, whatever they say.

    `id` is the platform's own; of a page, its address and a hash of its text, so that a changed
    page is a new item. `where` is the subreddit, channel or repository, without decoration, and
    `source` the name of the source that read it. `parent_id` is what it answers and `thread_id`
    what began the conversation, both in the platform's ids. `title` and `text` are plain text:
    markup is undone, but nothing is cut. `created_at` is the author's time, aware and in UTC.
    `points` is None where the platform counts none.

    `addresses_us` says that the platform itself calls it a mention or a quote of our account;
    X lets us reply to nothing else. `deleted` says that the author or the platform took it back:
    such an item carries no text, and what is kept of it must go.

    `extra` holds the few further facts that an agent asks for, such as `version` of a release.
    """

    platform: Platform
    id: str
    kind: ItemKind
    url: str
    created_at: datetime
    source: str = ""
    where: str = ""
    author: str = ""
    title: str = ""
    text: str = ""
    parent_id: str | None = None
    thread_id: str | None = None
    points: int | None = None
    addresses_us: bool = False
    deleted: bool = False
    extra: Mapping[str, str] = attrs.field(factory=dict, eq=False)

    @property
    def key(self) -> str:
        """The item among those of all platforms: `reddit:t3_1abc`."""
        return f"{self.platform}:{self.id}"

    @property
    def words(self) -> str:
        """Title and text, as one text."""
        return "\n\n".join(part for part in (self.title, self.text) if part)


@attrs.frozen
class Cursor:
    """Where a source goes on. `value` is the source's own business and at most a few hundred
    characters; it stays good across processes and versions.
    """  # noqa: D205 - one thought

    value: str


@attrs.frozen
class Page(Generic[T]):
    """Some of what a source has, in any order.

    `cursor` may be kept as soon as all of `items` are: nothing before it is lost, and it is None
    only where the source has nothing to go on from. `more` says that asking again at once with
    `cursor` gives more.
    """

    items: tuple[T, ...]
    cursor: Cursor | None
    more: bool = False
