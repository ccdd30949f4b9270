"""Connecting to X."""

from __future__ import annotations

from typing import Unpack

from prela_agents.http import Http
from prela_agents.http.limits import x
from prela_agents.model import Platform
from prela_agents.platforms.connecting import Options

__all__ = ["connect"]


def connect(token: str, base_url: str = "https://api.x.com/2", **options: Unpack[Options]) -> Http:
    """Connect with an app's token to read, or a user's to publish."""
    headers = {"Authorization": f"Bearer {token}"}
    return Http(Platform.X, base_url, limits=x, headers=headers, **options)
