"""Messages as Discord writes them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from prela_agents.model import Item, ItemKind, Platform
from prela_agents.platforms.decoding import Snowflake, in_utc

__all__ = ["Message", "item_of", "snowflake"]

_EPOCH_MS = 1_420_070_400_000
_SAID_BY_PEOPLE = frozenset({0, 19})
"""Types of messages: said, and said in answer. The others tell of joins, pins and the like."""


class _Author(msgspec.Struct):
    id: str
    username: str = ""
    bot: bool = False


class _Reference(msgspec.Struct):
    message_id: str | None = None


class Message(msgspec.Struct):
    """A message."""

    id: Snowflake
    channel_id: str
    timestamp: datetime
    author: _Author
    content: str = ""
    type: int = 0
    message_reference: _Reference | None = None
    mentions: list[_Author] = msgspec.field(default_factory=list)

    @property
    def by_people(self) -> bool:
        """Say whether a person said it."""
        return self.type in _SAID_BY_PEOPLE and not self.author.bot

    @property
    def answers(self) -> str | None:
        """The id of the message that it answers."""
        return self.message_reference.message_id if self.message_reference else None


def snowflake(at: datetime) -> int:
    """Give the least id that a message of that time can have."""
    return max(int(at.timestamp() * 1000) - _EPOCH_MS, 0) << 22


def item_of(message: Message, source: str, guild: str) -> Item:
    """Give the message as an item."""
    return Item(
        platform=Platform.DISCORD,
        id=message.id,
        kind=ItemKind.MESSAGE,
        url=f"https://discord.com/channels/{guild or '@me'}/{message.channel_id}/{message.id}",
        created_at=in_utc(message.timestamp),
        source=source,
        where=message.channel_id,
        author=message.author.username,
        text=message.content,
        parent_id=message.answers,
    )
