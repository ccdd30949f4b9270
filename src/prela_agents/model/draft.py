"""What an agent would like to say, what of it is sent, and what came of it."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from enum import StrEnum

import attrs

from prela_agents.model.passage import Quote
from prela_agents.model.platform import Platform

__all__ = ["Approval", "Draft", "DraftKind", "DraftState", "Post", "Receipt"]

_KEY_CHARACTERS = 24
"""Discord takes at most 25 for a nonce."""


class DraftKind(StrEnum):
    """What a draft becomes."""

    REPLY = "reply"
    POST = "post"
    THREAD = "thread"
    """Several posts, each a reply to the one before."""
    NOTE = "note"
    """A message in a channel of ours."""
    FACT_SHEET = "fact_sheet"
    """For people who write it themselves: nothing can publish it."""
    DOCUMENT = "document"
    """A story, a page or a battle card: read here, published by nobody."""


class DraftState(StrEnum):
    """Where a draft is on its way out."""

    QUEUED = "queued"
    """Waits for someone to read it."""
    APPROVED = "approved"
    """May leave, exactly as it is."""
    REJECTED = "rejected"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"
    """It may be out there; only reading the platform can tell."""
    REFUSED = "refused"
    """The platform or a policy said no."""
    SUPERSEDED = "superseded"
    """A newer one is there of the same thing."""
    PURGED = "purged"
    """What it was about was taken back, so its words are gone."""


@attrs.frozen(kw_only=True)
class Draft:
    """A text for a place, with all that a reviewer needs to judge it.

    `about` is what it is written for, once for each agent, platform and kind: the key of the
    item it answers (`reddit:t3_1abc`), or a name such as `release:0.3.0`. `where` is the
    subreddit or channel and `reply_to` the platform's id of what it answers. `parts` is one text
    a post, several of a thread. `quotes` are the passages that it rests on and `sources`
    addresses of everything else. `note` is for the reviewer and never leaves.

    Where it goes comes from the item or the settings, never out of a model's answer.
    """

    id: str
    agent: str
    platform: Platform
    kind: DraftKind
    about: str
    parts: tuple[str, ...]
    created_at: datetime
    title: str = ""
    where: str = ""
    reply_to: str | None = None
    addresses_us: bool = False
    quotes: tuple[Quote, ...] = ()
    sources: tuple[str, ...] = ()
    note: str = ""

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of all that a reader will see and of where; an approval is of this."""
        seen = [
            self.platform,
            self.kind,
            self.where,
            self.reply_to,
            self.addresses_us,
            self.title,
            *self.parts,
        ]
        return hashlib.sha256(json.dumps(seen, ensure_ascii=True).encode()).hexdigest()

    def post(self, number: int, reply_to: str | None) -> Post:
        """Give the post that part `number`, from 0, becomes."""
        return Post(
            platform=self.platform,
            kind=self.kind,
            where=self.where,
            title=self.title if number == 0 else "",
            text=self.parts[number],
            reply_to=reply_to,
        )

    def key(self, number: int) -> str:
        """Give the key of part `number`: the same for the same content, 24 hex digits."""
        seed = f"{self.id}\n{self.content_hash}\n{number}"
        return hashlib.sha256(seed.encode()).hexdigest()[:_KEY_CHARACTERS]


@attrs.frozen
class Approval:
    """Someone's word that the content with this hash may leave."""

    draft_id: str
    content_hash: str
    by: str
    at: datetime


@attrs.frozen(kw_only=True)
class Post:
    """One request to publish: part of a draft, as the platform gets it."""

    platform: Platform
    kind: DraftKind
    where: str
    text: str
    title: str = ""
    reply_to: str | None = None


@attrs.frozen
class Receipt:
    """What a platform made of a post: its id there, and its address."""

    id: str
    url: str
