"""One process of one role, from the opening of its parts to their closing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import attrs
import structlog
from starlette.types import ASGIApp

from prela_core.bus import Bus, Feed
from prela_core.io.direct_bus import DirectBus
from prela_core.store import Store
from prela_server.accounts import Accounts
from prela_server.compose.application import (
    application,
    grpc_server,
    ingest_gateway,
    store_check,
)
from prela_server.compose.parts import opened_keys, opened_store
from prela_server.compose.roles import Role, require
from prela_server.deadline import Deadline
from prela_server.edge.health import Check
from prela_server.settings import Settings
from prela_server.worker.worker import Worker

if TYPE_CHECKING:
    from prela_server.ingest.otlp_grpc import OtlpGrpc

__all__ = ["Running", "running"]

_log = structlog.get_logger()


@attrs.frozen
class Running:
    """The open parts of a process.

    `app` is to be served. `failed` is set when the worker ended by itself, which must end the
    process. `grpc` is there when its port is set, and not yet started.
    """

    app: ASGIApp
    failed: asyncio.Event
    store: Store | None = None
    accounts: Accounts | None = None
    grpc: OtlpGrpc | None = None


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
    async with AsyncExitStack() as stack:
        store = None
        if role.works or role.answers:
            store = await stack.enter_async_context(opened_store(settings))
        accounts, guard = await stack.enter_async_context(opened_keys(settings))
        bus: Bus
        feed: Feed
        bus = feed = direct = DirectBus(capacity=settings.bus_spans)
        if role.works and store is not None:
            await stack.enter_async_context(_working(Worker(feed, store), failed, deadline))
            stack.callback(direct.close)
        gateway = grpc = None
        if role.ingests:
            gateway = ingest_gateway(settings, bus)
            grpc = grpc_server(settings, gateway, guard)
            checks["bus"] = gateway.ready
        if store is not None:
            checks["store"] = store_check(store)
        app = application(
            settings,
            guard,
            checks,
            gateway=gateway,
            store=store if role.answers else None,
        )
        yield Running(app, failed, store, accounts, grpc)


@asynccontextmanager
async def _working(
    worker: Worker, failed: asyncio.Event, deadline: Deadline
) -> AsyncIterator[None]:
    """Let `worker` run; on leaving, when its feed must be closed, wait until that is dry."""
    task = asyncio.create_task(worker.run(), name="worker")
    task.add_done_callback(lambda _: failed.set())
    try:
        yield
    finally:
        await asyncio.wait({task}, timeout=deadline.left)
        if not task.done():
            _log.warning("what the worker has in hand is left, for it did not end in time")
            task.cancel()
            await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("the worker failed", exc_info=error)
