"""One process of one role, from the opening of its parts to their closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio.to_thread
import attrs
from starlette.types import ASGIApp

from prela_core.bus import Bus
from prela_core.io.direct_bus import DirectBus
from prela_core.store import Store
from prela_server.accounts import Accounts
from prela_server.compose.application import (
    application,
    blocking_check,
    grpc_server,
    ingest_gateway,
)
from prela_server.compose.parts import needed, opened_accounts, opened_redis, opened_store
from prela_server.compose.roles import Role, require
from prela_server.compose.work import DirectWork, Work, working
from prela_server.deadline import Deadline
from prela_server.deletion.eraser import erasing
from prela_server.edge.guard import key_guard, open_guard
from prela_server.edge.health import Check, shared
from prela_server.settings import Settings
from prela_server.worker.refresher import refreshing
from prela_server.worker.tending import tending

if TYPE_CHECKING:
    from prela_core.io.clickhouse_store import ClickHouseStore
    from prela_server.ingest.otlp_grpc import OtlpGrpc

__all__ = ["Running", "running"]

_BESIDE = 300
"""Spans that are worth an insert beside another, and its price."""

Enter = Callable[[AbstractAsyncContextManager[Any]], Awaitable[Any]]


@attrs.frozen
class Running:
    """The open parts of a process.

    `app` is to be served. `failed` is set when the worker ended by itself, which must end the
    process. `grpc` is there when its port is set, and not yet started.
    """

    app: ASGIApp
    failed: asyncio.Event
    store: Store | None
    accounts: Accounts | None
    grpc: OtlpGrpc | None


@asynccontextmanager
async def running(role: Role, settings: Settings, deadline: Deadline) -> AsyncIterator[Running]:
    """Open the parts of `role`, and close them in order: first what others hand their work to.

    On leaving, the bus takes nothing more, and what it holds is stored before the store is
    closed, or left on Kafka when `deadline` comes first. Without ClickHouse, the data directory
    must be held.
    """
    settings.check()
    require(role, settings)
    failed = asyncio.Event()
    checks: dict[str, Check] = {}
    watched: dict[str, Check] = {}
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = accounts = gateway = grpc = None
        guard = open_guard()
        if role.works or role.answers:
            store = await enter(opened_store(settings))
            checks["store"] = blocking_check(store.ping)
            if role.works and not settings.clickhouse.is_set:  # a server is waited for elsewhere
                await anyio.to_thread.run_sync(store.prepare)
        if (role.ingests or role.answers) and settings.asks_for_keys:
            accounts = await enter(opened_accounts(settings))
            guard = key_guard(accounts, accounts.recall)
            checks["accounts"] = blocking_check(accounts.ping)
        redis_url = settings.accounts.redis_url
        if (role.ingests or role.answers) and redis_url is not None:
            redis = await enter(opened_redis(redis_url))
            # Nothing asks for it so far, so it keeps nobody from the work.
            watched["redis"] = shared(redis.ping)
        bus, work = await _carriers(role, settings, store, enter)
        if work is not None:
            checks |= work.checks
            await enter(working(work, failed, deadline))
        eraser = await enter(erasing(store, deadline)) if store is not None and role.works else None
        if store is not None and role.works:
            await enter(refreshing(store.cells.refresh, deadline))
            await enter(tending("store", store.tend, deadline))
        if bus is not None:
            gateway = ingest_gateway(settings, bus)
            grpc = grpc_server(settings, gateway, guard)
            checks["bus"] = gateway.ready
        app = application(
            settings,
            guard,
            checks,
            gateway=gateway,
            store=store if role.answers else None,
            expose=None if work is None else work.expose,
            watched=watched,
            asked=eraser.wake if eraser is not None else None,
        )
        yield Running(app, failed, store, accounts, grpc)


async def _carriers(
    role: Role, settings: Settings, store: ClickHouseStore | None, enter: Enter
) -> tuple[Bus | None, Work | None]:
    """Open what carries spans from the gateway to the worker, as far as `role` has a hand in it."""
    if settings.kafka.is_set:
        with needed("KAFKA_BOOTSTRAP_SERVERS", "kafka"):
            from prela_server.compose.kafka import KafkaWork, opened_bus  # noqa: PLC0415 - optional
        work = KafkaWork(settings, store) if role.works and store is not None else None
        return await enter(opened_bus(settings)) if role.ingests else None, work
    if store is None or not role.works:
        return None, None
    bus = DirectBus(capacity=settings.bus_spans, beside=_BESIDE, letters=store.letters)
    return bus, DirectWork(bus, store, sets_up=settings.clickhouse.is_set)
