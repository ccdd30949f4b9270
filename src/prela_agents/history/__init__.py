"""What was seen over time, in ClickHouse by the core's store."""

from __future__ import annotations

from prela_agents.history.clickhouse import Connection, History

__all__ = ["Connection", "History"]
