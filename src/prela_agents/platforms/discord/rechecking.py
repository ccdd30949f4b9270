"""What became of messages."""

from __future__ import annotations

from collections.abc import Sequence

from prela_agents.errors import GoneError
from prela_agents.http import Http
from prela_agents.model import Item, Platform
from prela_agents.platforms.decoding import decoded
from prela_agents.platforms.discord.messages import Message

__all__ = ["DiscordRecheck"]

_MOST = 100


class DiscordRecheck:
    """Says which messages were deleted, and those of channels that were."""

    platform = Platform.DISCORD

    def __init__(self, http: Http) -> None:
        self._http = http

    async def gone(self, items: Sequence[Item]) -> frozenset[str]:
        """Read the channels again where the messages stood; what is not there is asked for alone.

        A bot that may not read a channel's past is given an empty page, as if nothing stood there.
        """
        channels: dict[str, list[int]] = {}
        for each in items:
            channels.setdefault(each.where, []).append(int(each.id))
        found: set[int] = set()
        for channel, ids in channels.items():
            found.update(await self._gone_of(channel, sorted(ids)))
        return frozenset(map(str, found))

    async def _gone_of(self, channel: str, ids: Sequence[int]) -> Sequence[int]:
        try:
            absent = await self._absent(channel, ids)
        except GoneError:
            # Only of an address at which Discord answers, is that its word on the channel.
            await self._http.get("/users/@me", bucket="me")
            return ids
        return [each for each in absent if not await self._is_there(channel, each)]

    async def _absent(self, channel: str, ids: Sequence[int]) -> Sequence[int]:
        """Give those that their page lacks; a page tells of all ids up to its last message."""
        path = f"/channels/{channel}/messages"
        absent: list[int] = []
        left = list(ids)
        while left:
            params = {"after": left[0] - 1, "limit": _MOST}
            page = decoded(await self._http.get(path, params, bucket=path), list[Message])
            there = {int(each.id) for each in page}
            last = max(*there, left[0]) if len(there) >= _MOST else left[-1]
            absent += [each for each in left if each <= last and each not in there]
            left = [each for each in left if each > last]
        return absent

    async def _is_there(self, channel: str, message: int) -> bool:
        path = f"/channels/{channel}/messages"
        try:
            await self._http.get(f"{path}/{message}", bucket=f"{path}/one")
        except GoneError:
            return False
        return True
