"""GitHub: releases, issues, and what is counted of a repository."""

from __future__ import annotations

from prela_agents.platforms.github.connection import connect
from prela_agents.platforms.github.counting import GithubGauge, GithubStarHistory
from prela_agents.platforms.github.issues import GithubIssues
from prela_agents.platforms.github.releases import GithubReleases

__all__ = ["GithubGauge", "GithubIssues", "GithubReleases", "GithubStarHistory", "connect"]
