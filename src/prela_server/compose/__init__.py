"""Where roles meet adapters: the only room of the server that knows both."""

from __future__ import annotations

from prela_server.compose.roles import Role, places, require
from prela_server.compose.running import Running, running

__all__ = ["Role", "Running", "places", "require", "running"]
