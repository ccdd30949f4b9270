"""The places that agents read from and write to."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Platform"]


class Platform(StrEnum):
    """A place on the net with rules of its own. The value is its name in keys and in the store."""

    REDDIT = "reddit"
    HACKERNEWS = "hackernews"
    X = "x"
    DISCORD = "discord"
    GITHUB = "github"
    PYPI = "pypi"
    FEED = "feed"
    WEB = "web"
    LINEAR = "linear"
    CLAUDE = "claude"
