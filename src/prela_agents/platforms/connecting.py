"""What every connection takes, whatever the platform."""

from __future__ import annotations

from typing import TypedDict

import httpx

from prela_agents.http import Budget, ETags, Patience
from prela_agents.ports.clock import Clock

__all__ = ["Options"]


class Options(TypedDict, total=False):
    """Options of `Http` that are no platform's own."""

    clock: Clock
    patience: Patience
    etags: ETags
    budget: Budget
    transport: httpx.AsyncBaseTransport
    timeout_seconds: float
