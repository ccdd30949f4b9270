"""Whether the process lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from prela_core.errors import UnavailableError
from prela_server.edge.answers import json_answer

__all__ = ["Check", "health_routes", "shared"]

Check = Callable[[], Awaitable[None]]
_PATIENCE = 5.0


def shared(check: Check) -> Check:
    """Let all who ask while `check` runs wait for that one run, so that asking costs nothing."""
    running: asyncio.Task[None] | None = None

    async def run() -> None:
        await check()

    async def join() -> None:
        nonlocal running
        if running is None or running.done():
            running = asyncio.create_task(run())
        await asyncio.shield(running)

    return join


def health_routes(checks: Mapping[str, Check]) -> list[Route]:
    """Give `/health` and `/ready`; each of `checks` returns when its part is well.

    A check that raises an `UnavailableError`, or takes over 5 seconds, makes `/ready` answer
    503 with the part's name.
    """

    async def health(_: Request) -> Response:
        return json_answer({"status": "healthy"})

    async def ready(_: Request) -> Response:
        failed: dict[str, str] = {}
        for name, check in checks.items():
            try:
                async with asyncio.timeout(_PATIENCE):
                    await check()
            except UnavailableError as error:
                failed[name] = str(error)
            except TimeoutError:
                failed[name] = f"did not answer within {_PATIENCE:g} s"
        if failed:
            answer = json_answer(
                {"status": "unready", "parts": failed}, HTTPStatus.SERVICE_UNAVAILABLE
            )
            answer.headers["Retry-After"] = "1"
            return answer
        return json_answer({"status": "ready", "parts": dict.fromkeys(checks, "ready")})

    return [
        Route("/health", health),
        Route("/api/v1/health", health),
        Route("/ready", ready),
    ]
