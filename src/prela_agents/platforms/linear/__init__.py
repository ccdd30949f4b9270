"""Linear, the team's tracker."""

from __future__ import annotations

from prela_agents.platforms.linear.graphql import Linear, connect
from prela_agents.platforms.linear.tracking import LinearTracker

__all__ = ["Linear", "LinearTracker", "connect"]
