"""X: its recent posts, and posts and replies of ours.

Its rules: the API may reply only to posts that mention or quote us, and posts say that they were
made with a model's help. Reads are billed.
"""

from __future__ import annotations

from prela_agents.platforms.x.connection import connect
from prela_agents.platforms.x.publishing import XPublisher
from prela_agents.platforms.x.reading import XRecheck, XSearch

__all__ = ["XPublisher", "XRecheck", "XSearch", "connect"]
