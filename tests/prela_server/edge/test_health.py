from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.applications import Starlette
from tests.asgi import ask

from prela_core.errors import BusFullError, StoreUnavailableError, UnavailableError
from prela_core.io.direct_bus import DirectBus
from prela_server.compose.application import application, blocking_check
from prela_server.edge import health
from prela_server.edge.guard import open_guard
from prela_server.edge.health import Check, health_routes, shared
from prela_server.settings import Settings


async def well() -> None:
    pass


def unwell(error: Exception) -> Check:
    async def check() -> None:
        raise error

    return check


async def hangs() -> None:
    await asyncio.Event().wait()


def get(path: str, **checks: Check) -> Any:
    return ask(Starlette(routes=health_routes(checks)), path)


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_a_process_that_answers_is_healthy_whatever_its_parts_are(path: str) -> None:
    found = get(path, bus=unwell(BusFullError("full")))

    assert (200, {"status": "healthy"}) == (found.status_code, found.json())


def test_it_is_ready_when_every_part_is() -> None:
    found = get("/ready", bus=well, store=well)

    assert 200 == found.status_code
    assert {"status": "ready", "parts": {"bus": "ready", "store": "ready"}} == found.json()


def test_parts_that_fail_are_named_and_the_others_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.01)
    checks: dict[str, Check] = {
        "bus": unwell(BusFullError("the bus is full")),
        "keys": well,
        "store": unwell(StoreUnavailableError("the store is away")),
        "slow": hangs,
    }
    found = get("/ready", **checks)

    assert (503, "1") == (found.status_code, found.headers["Retry-After"])
    assert {
        "status": "unready",
        "parts": {
            "bus": "the bus is full",
            "store": "the store is away",
            "slow": "did not answer within 0.01 s",
        },
    } == found.json()


def test_parts_are_looked_at_all_at_once() -> None:
    met = asyncio.Barrier(3)

    async def meets() -> None:
        await met.wait()

    found = get("/ready", bus=meets, keys=meets, store=meets)

    assert 200 == found.status_code


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (well, "ready"),
        (unwell(UnavailableError("it is away")), "it is away"),
        (hangs, "did not answer within 0.01 s"),
    ],
)
def test_a_part_that_nothing_needs_is_told_of_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, check: Check, said: str
) -> None:
    monkeypatch.setattr(health, "_PATIENCE_IF_WATCHED", 0.01)
    routes = health_routes({"bus": well}, {"cache": check})

    found = ask(Starlette(routes=routes), "/ready")

    assert 200 == found.status_code
    assert {"status": "ready", "parts": {"bus": "ready", "cache": said}} == found.json()


def test_a_store_that_hangs_is_seen_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE", 0.05)
    answered = threading.Event()

    class Hanging:
        ping: Callable[..., Any] = answered.wait

    checks = {"bus": DirectBus(capacity=1).ready, "store": blocking_check(Hanging().ping)}
    app = application(Settings(), open_guard(), checks)
    try:
        found = ask(app, "/ready")
        assert not answered.is_set()
    finally:
        answered.set()
    assert 503 == found.status_code
    assert {"store": "did not answer within 0.05 s"} == found.json()["parts"]


def test_all_who_ask_at_once_share_one_look() -> None:
    async def ask() -> tuple[int, int]:
        looks = 0
        go = asyncio.Event()

        async def look() -> None:
            nonlocal looks
            looks += 1
            await go.wait()

        check = shared(look)
        asking = [asyncio.create_task(check()) for _ in range(20)]
        impatient = asyncio.create_task(check())
        await asyncio.sleep(0)
        impatient.cancel()
        go.set()
        await asyncio.gather(*asking)
        first = looks
        await check()
        return first, looks

    assert (1, 2) == asyncio.run(ask())
