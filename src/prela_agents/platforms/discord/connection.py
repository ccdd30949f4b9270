"""Connecting to Discord."""

from __future__ import annotations

from typing import Unpack

from prela_agents.http import Http
from prela_agents.http.limits import discord
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options
from prela_core import __version__

__all__ = ["connect"]

_HOME = "https://pypi.org/project/prela-core"


def connect(
    token: str, base_url: str = "https://discord.com/api/v10", **options: Unpack[Options]
) -> Http:
    """Connect as a bot."""
    headers = {
        "Authorization": f"Bot {token}",
        "User-Agent": f"DiscordBot ({_HOME}, {__version__})",
    }
    return Http(Platform.DISCORD, base_url, limits=discord, headers=headers, **options)
