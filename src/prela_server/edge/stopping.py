"""How an answer without an end learns that the server stops."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

__all__ = ["announce_stop", "stopping_of"]

_KEY = "prela.stopping"


def announce_stop(scope: Any, stopping: asyncio.Event) -> None:
    """Let the request of the ASGI `scope` know of an event that is set when the server stops."""
    scope[_KEY] = stopping


def stopping_of(request: Request) -> asyncio.Event:
    """Give that event; one that is never set where no server said any."""
    stopping: asyncio.Event = request.scope.get(_KEY) or asyncio.Event()
    return stopping
