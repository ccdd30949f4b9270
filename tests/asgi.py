"""Asking an ASGI application without a socket."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

__all__ = ["ask"]


def ask(
    app: Any,
    path: str = "/",
    method: str = "GET",
    *,
    url: str = "http://localhost:8000",
    **sent: Any,
) -> httpx.Response:
    """Send one request to `app`; what it raises is the answer that a server would make of it."""

    async def once() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=url) as client:
            return await client.request(method, path, **sent)

    return asyncio.run(once())
