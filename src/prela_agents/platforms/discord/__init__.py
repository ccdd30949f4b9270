"""Discord: channels and guilds that our bot is in."""

from __future__ import annotations

from prela_agents.platforms.discord.connection import connect
from prela_agents.platforms.discord.publishing import DiscordPublisher
from prela_agents.platforms.discord.reading import DiscordChannel, DiscordGauge, DiscordSearch
from prela_agents.platforms.discord.rechecking import DiscordRecheck

__all__ = [
    "DiscordChannel",
    "DiscordGauge",
    "DiscordPublisher",
    "DiscordRecheck",
    "DiscordSearch",
    "connect",
]
