"""Settings that lead the agents to the stand-ins instead of to the platforms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from examples.agents.standins import discord, linear, reddit, x

__all__ = ["ENDPOINTS", "HERE", "config", "logins"]

HERE = Path(__file__).parent

ENDPOINTS = (
    "discord",
    "github",
    "hackernews",
    "hackernews_items",
    "linear",
    "pypi",
    "pypistats",
    "reddit",
    "x",
)
"""Platforms whose addresses can be set, by the names of the settings."""


def config(url: str) -> str:
    """Write the settings' file for stand-ins at `url`."""
    template = (HERE / "prela-agents.toml").read_text("utf-8")
    endpoints = "\n".join(f'{name} = "{url}/{name}"' for name in ENDPOINTS)
    docs = json.dumps(str(HERE / "docs"))
    return (
        f'docs = {docs}\nallowed_hosts = ["{urlsplit(url).netloc}"]\n\n'
        f"[endpoints]\n{endpoints}\n\n{template.replace('http://STAND-INS', url)}"
    )


def logins() -> Mapping[str, str]:
    """Give the variables with the logins that the stand-ins take: no real one is among them."""
    return {
        "DISCORD_BOT_TOKEN": discord.TOKEN,
        "LINEAR_API_KEY": linear.KEY,
        "LINEAR_TEAM_ID": linear.TEAM,
        "REDDIT_CLIENT_ID": reddit.CLIENT[0],
        "REDDIT_CLIENT_SECRET": reddit.CLIENT[1],
        "REDDIT_USERNAME": reddit.USER,
        "X_BEARER_TOKEN": x.TOKEN,
    }
