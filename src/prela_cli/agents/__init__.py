"""`prela agents`: run the four agents, and review what they drafted."""

from __future__ import annotations

from prela_cli.agents.group import agents

__all__ = ["agents"]
