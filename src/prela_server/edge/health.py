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
_PATIENCE_IF_WATCHED = 0.5
_WELL = "ready"


def shared(check: Check) -> Check:
    """Let all who ask while `check` runs wait for that one run, so that asking costs nothing."""
    running: asyncio.Task[None] | None = None

    async def run() -> None:
        await check()

    async def join() -> None:
        nonlocal running
        if running is None or running.done():
            running = asyncio.create_task(run())
            running.add_done_callback(_heard)
        await asyncio.shield(running)

    return join


def _heard(task: asyncio.Task[None]) -> None:
    """Take note of how `task` ended: all who asked may have gone."""
    if not task.cancelled():
        task.exception()


def health_routes(
    checks: Mapping[str, Check], watched: Mapping[str, Check] | None = None
) -> list[Route]:
    """Give `/health` and `/ready`; each check returns when its part is well.

    When one of `checks` raises an `UnavailableError`, or takes over 5 seconds, `/ready` answers
    503 with the part's name. What nothing needs is in `watched`: `/ready` tells of it, waits half
    a second for it, and is 200 all the same.
    """
    watched = watched or {}

    async def health(_: Request) -> Response:
        return json_answer({"status": "healthy"})

    async def ready(_: Request) -> Response:
        # All at once: who asks waits for the slowest, and not for the sum.
        asked = [_state(check, _PATIENCE) for check in checks.values()]
        asked += [_state(check, _PATIENCE_IF_WATCHED) for check in watched.values()]
        states = dict(zip([*checks, *watched], await asyncio.gather(*asked), strict=True))
        failed = {name: states[name] for name in checks if states[name] != _WELL}
        if failed:
            answer = json_answer(
                {"status": "unready", "parts": failed}, HTTPStatus.SERVICE_UNAVAILABLE
            )
            answer.headers["Retry-After"] = "1"
            return answer
        return json_answer({"status": "ready", "parts": states})

    return [
        Route("/health", health),
        Route("/api/v1/health", health),
        Route("/ready", ready),
    ]


async def _state(check: Check, patience: float) -> str:
    """Say in words how a part is."""
    try:
        async with asyncio.timeout(patience):
            await check()
    except UnavailableError as error:
        return str(error)
    except TimeoutError:
        return f"did not answer within {patience:g} s"
    return _WELL
