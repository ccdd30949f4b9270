"""What is said in a channel or a guild, and how many are there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec

from prela_agents.http import Http
from prela_agents.model import Cursor, Item, Metric, Page, Platform, Snapshot
from prela_agents.platforms.decoding import Count, decoded
from prela_agents.platforms.discord.messages import Message, item_of, snowflake

__all__ = ["DiscordChannel", "DiscordGauge", "DiscordSearch"]

_FIRST = timedelta(days=7)
_MOST = 100
_MOST_FOUND = 25


class DiscordChannel:
    """What people say in a channel. `guild` is only for the addresses of messages."""

    platform = Platform.DISCORD

    def __init__(self, http: Http, channel: str, *, guild: str = "", limit: int = _MOST) -> None:
        self.name = f"discord:channel/{channel}"
        self._http = http
        self._channel = channel
        self._guild = guild
        self._limit = limit

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give messages after `cursor`, or of the last week: the oldest first, page by page."""
        after = int(cursor.value) if cursor else snowflake(self._http.clock.now() - _FIRST)
        path = f"/channels/{self._channel}/messages"
        answer = await self._http.get(path, {"after": after, "limit": self._limit}, bucket=path)
        messages = decoded(answer, list[Message])
        return _page(messages, self.name, self._guild, after, self._limit)


class DiscordSearch:
    """What people say anywhere in a guild that a search finds.

    While Discord builds its index it says so (202), which is waited for and never taken for
    "nothing found".
    """

    platform = Platform.DISCORD

    def __init__(self, http: Http, guild: str, query: str, *, limit: int = _MOST_FOUND) -> None:
        self.name = f"discord:search/{guild}/{query}"
        self._http = http
        self._guild = guild
        self._query = query
        self._limit = limit

    async def fetch(self, cursor: Cursor | None) -> Page[Item]:
        """Give messages after `cursor`, or of the last week: the oldest first, page by page."""
        after = int(cursor.value) if cursor else snowflake(self._http.clock.now() - _FIRST)
        path = f"/guilds/{self._guild}/messages/search"
        params: dict[str, str | int] = {
            "content": self._query,
            "min_id": after,
            "sort_by": "timestamp",
            "sort_order": "asc",
            "limit": self._limit,
        }
        found = decoded(await self._http.get(path, params, bucket=path), _Found)
        # Each hit may stand among its neighbours.
        messages = [each for group in found.messages for each in group if int(each.id) > after]
        return _page(messages, self.name, self._guild, after, self._limit)


class _Found(msgspec.Struct):
    messages: list[list[Message]]


def _page(
    messages: Sequence[Message], source: str, guild: str, after: int, limit: int
) -> Page[Item]:
    last = max((int(each.id) for each in messages), default=after)
    items = tuple(item_of(each, source, guild) for each in messages if each.by_people)
    return Page(items, Cursor(str(last)), more=len(messages) >= limit)


class _Guild(msgspec.Struct):
    id: str
    approximate_member_count: Count | None = None
    approximate_presence_count: Count | None = None


class DiscordGauge:
    """Members of a guild, and how many are online, as of now. Both are approximate."""

    def __init__(self, http: Http, product: str, guild: str) -> None:
        self.name = f"discord:members/{guild}"
        self._http = http
        self._product = product
        self._guild = guild

    async def read(self) -> Sequence[Snapshot]:
        """Give both; None for what Discord leaves out."""
        path = f"/guilds/{self._guild}"
        guild = decoded(await self._http.get(path, {"with_counts": "true"}, bucket=path), _Guild)
        return [
            Snapshot(
                product=self._product,
                metric=metric,
                at=self._http.clock.now(),
                value=value,
                url=f"https://discord.com/channels/{self._guild}",
            )
            for metric, value in (
                (Metric.MEMBERS, guild.approximate_member_count),
                (Metric.ONLINE, guild.approximate_presence_count),
            )
        ]
