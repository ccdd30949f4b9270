"""Reddit: searches and subreddits, replies and posts, and what was deleted there.

Its rules: API use needs its approval, what is deleted there must be purged here, and automated
accounts are labelled.
"""

from __future__ import annotations

from prela_agents.platforms.reddit.community import RedditGauge, RedditRecheck
from prela_agents.platforms.reddit.listing import RedditListing
from prela_agents.platforms.reddit.publishing import RedditPublisher
from prela_agents.platforms.reddit.session import Reddit, connect

__all__ = [
    "Reddit",
    "RedditGauge",
    "RedditListing",
    "RedditPublisher",
    "RedditRecheck",
    "connect",
]
