"""Where roles meet adapters: the only module of the server that knows both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio.to_thread
import attrs
import structlog
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.types import ASGIApp

from prela_core.bus import Bus
from prela_core.errors import SettingsError
from prela_core.io.clickhouse_store import open_embedded
from prela_core.io.data_directory import DataDirectory
from prela_core.io.direct_bus import DirectBus
from prela_core.store import Store
from prela_core.wire import Limits
from prela_server.accounts import Accounts
from prela_server.accounts.open import open_accounts
from prela_server.docs.document import build_document
from prela_server.docs.routes import docs_routes
from prela_server.docs.samples import Samples
from prela_server.edge.frame import Frame
from prela_server.edge.guard import Guard, key_guard, open_guard
from prela_server.edge.health import health_routes, shared
from prela_server.edge.problems import handlers
from prela_server.ingest.gateway import IngestGateway, ReceiptClock
from prela_server.ingest.routes import ingest_routes
from prela_server.query.routes import query_routes
from prela_server.settings import Settings
from prela_server.worker.worker import Worker

if TYPE_CHECKING:
    from prela_server.ingest.otlp_grpc import OtlpGrpc

__all__ = ["Embedded", "embedded"]

_log = structlog.get_logger()
_READERS = 4


@attrs.frozen
class Embedded:
    """All roles in one process. `failed` is set when the worker died, which ends the server.

    `grpc` is there when its port is set, and not yet started.
    """

    app: ASGIApp
    store: Store
    bus: DirectBus
    accounts: Accounts | None
    failed: asyncio.Event
    grpc: OtlpGrpc | None


@asynccontextmanager
async def embedded(settings: Settings, directory: DataDirectory) -> AsyncIterator[Embedded]:
    """Open every part in `directory`, which must be held, and close them in order.

    On leaving, the bus takes nothing more, and what it holds is stored before the store is
    closed.
    """
    settings.check()
    store = await anyio.to_thread.run_sync(
        lambda: open_embedded(
            directory.store_path, readers=_READERS, retention_days=settings.retention_days
        )
    )
    accounts = None
    try:
        guard = open_guard()
        if settings.asks_for_keys:
            cached = await anyio.to_thread.run_sync(open_accounts, directory.path)
            accounts, guard = cached, key_guard(cached, cached.recall)
        bus = DirectBus(capacity=settings.bus_spans)
        failed = asyncio.Event()
        worker = asyncio.create_task(Worker(bus, store).run(), name="worker")
        worker.add_done_callback(lambda _: failed.set())
        try:
            gateway = _gateway(settings, bus)
            grpc = _grpc(settings, gateway, guard)
            app = _application(settings, gateway, store, guard)
            yield Embedded(app, store, bus, accounts, failed, grpc)
        finally:
            bus.close()
            await worker
    finally:
        if accounts is not None:
            accounts.close()
        await anyio.to_thread.run_sync(store.close)


def _gateway(settings: Settings, bus: Bus) -> IngestGateway:
    return IngestGateway(
        bus,
        clock=ReceiptClock(lambda: time.time_ns() // 1000),
        limits=Limits(body=settings.max_body_bytes),
        retention_days=settings.retention_days,
        drop_scopes=settings.otlp_drop_scopes,
    )


def _grpc(settings: Settings, gateway: IngestGateway, guard: Guard) -> OtlpGrpc | None:
    if settings.otlp_grpc_port is None:
        return None
    try:
        from prela_server.ingest.otlp_grpc import OtlpGrpc  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise SettingsError(
            "PRELA_OTLP_GRPC_PORT is set, but gRPC is not installed: pip install 'prela-core[grpc]'"
        ) from error
    return OtlpGrpc(gateway, guard, body_limit=settings.max_body_bytes)


def _application(settings: Settings, gateway: IngestGateway, store: Store, guard: Guard) -> ASGIApp:
    one_ping = CapacityLimiter(1)

    async def store_answers() -> None:
        await anyio.to_thread.run_sync(store.ping, limiter=one_ping)

    routes = [
        *ingest_routes(
            gateway,
            guard,
            body_limit=settings.max_body_bytes,
            body_seconds=settings.body_seconds,
        ),
        *query_routes(store, guard, at_once=_READERS),
        *health_routes({"bus": gateway.ready, "store": shared(store_answers)}),
        *docs_routes(
            lambda: build_document(
                Samples(datetime.now(UTC).replace(microsecond=0)),
                asks_for_keys=settings.asks_for_keys,
            )
        ),
    ]
    application = Starlette(routes=routes, exception_handlers=handlers())
    return Frame(application, local_only=not settings.asks_for_keys and settings.is_local)
