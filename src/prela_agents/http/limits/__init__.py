"""What platforms say about their limits."""

from __future__ import annotations

from prela_agents.http.limits.buckets import Buckets
from prela_agents.http.limits.platforms import claude, discord, github, linear, plain, reddit, x
from prela_agents.http.limits.reading import Limits, Reading

__all__ = [
    "Buckets",
    "Limits",
    "Reading",
    "claude",
    "discord",
    "github",
    "linear",
    "plain",
    "reddit",
    "x",
]
