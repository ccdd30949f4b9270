"""The routes of each role, put together into what a server runs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from prela_core.bus import Bus
from prela_core.errors import SettingsError
from prela_core.store import Store
from prela_core.wire import Limits
from prela_server.compose.parts import READERS
from prela_server.deletion.routes import Asking, deletion_routes
from prela_server.docs.document import build_document
from prela_server.docs.routes import docs_routes
from prela_server.docs.samples import Samples
from prela_server.edge.frame import Frame
from prela_server.edge.guard import Guard
from prela_server.edge.health import Check, health_routes, shared
from prela_server.edge.methods import by_address
from prela_server.edge.metrics import metrics_routes
from prela_server.edge.problems import handlers
from prela_server.ingest.gateway import IngestGateway, ReceiptClock
from prela_server.ingest.routes import ingest_routes
from prela_server.query.export_routes import export_routes
from prela_server.query.routes import query_routes
from prela_server.query.sql_routes import sql_routes
from prela_server.settings import Settings

if TYPE_CHECKING:
    from prela_server.ingest.otlp_grpc import OtlpGrpc

__all__ = ["application", "blocking_check", "grpc_server", "ingest_gateway"]

_ALLOWED = [
    "Authorization",
    "Content-Type",
    "Content-Encoding",
    "If-None-Match",
    "X-API-Key",
    "X-Request-ID",
]
_SHOWN = ["ETag", "X-Request-ID", "Retry-After"]


def ingest_gateway(settings: Settings, bus: Bus) -> IngestGateway:
    """Make the gateway that takes spans to `bus`."""
    return IngestGateway(
        bus,
        clock=ReceiptClock(lambda: time.time_ns() // 1000),
        limits=Limits(body=settings.max_body_bytes),
        retention_days=settings.retention_days,
        drop_scopes=settings.otlp_drop_scopes,
    )


def grpc_server(settings: Settings, gateway: IngestGateway, guard: Guard) -> OtlpGrpc | None:
    """Make the server of OTLP over gRPC, not yet started, when its port is set."""
    if settings.otlp_grpc_port is None:
        return None
    try:
        from prela_server.ingest.otlp_grpc import OtlpGrpc  # noqa: PLC0415 - optional
    except ModuleNotFoundError as error:
        raise SettingsError(
            "PRELA_OTLP_GRPC_PORT is set, but gRPC is not installed: pip install 'prela-core[grpc]'"
        ) from error
    return OtlpGrpc(gateway, guard, body_limit=settings.max_body_bytes)


def blocking_check(answers: Callable[[], object]) -> Check:
    """Make the check that a part answers; however many ask, it is asked once at a time."""
    one_at_a_time = CapacityLimiter(1)

    async def check() -> None:
        await anyio.to_thread.run_sync(answers, limiter=one_at_a_time)

    return shared(check)


def application(
    settings: Settings,
    guard: Guard,
    checks: Mapping[str, Check],
    *,
    gateway: IngestGateway | None = None,
    store: Store | None = None,
    expose: Callable[[], bytes] | None = None,
    watched: Mapping[str, Check] | None = None,
    asked: Callable[[], None] | None = None,
) -> ASGIApp:
    """Make the application that takes spans if there is a `gateway`, answers if there is a `store`.

    `/health` and `/ready`, which asks `checks` and `watched`, are there in any case, and `/metrics`
    when there is something to `expose`. `asked` is called when a deletion was asked for.
    """
    routes: list[BaseRoute] = []
    if gateway is not None:
        routes += ingest_routes(
            gateway,
            guard,
            body_limit=settings.max_body_bytes,
            body_seconds=settings.body_seconds,
        )
    if store is not None:
        routes += query_routes(store, guard, at_once=READERS)
        asking = Asking(micros=_micros, new_id=_new_deletion_id, asked=asked or _nobody_waits)
        routes += deletion_routes(store, guard, asking, body_seconds=settings.body_seconds)
        routes += sql_routes(store, guard)
        routes += export_routes(store, guard)
    if routes:
        routes += docs_routes(
            lambda: build_document(
                Samples(datetime.now(UTC).replace(microsecond=0)),
                asks_for_keys=settings.asks_for_keys,
            )
        )
    routes += health_routes(checks, watched)
    if expose is not None:
        routes += metrics_routes(expose, guard)
    inner: ASGIApp = Starlette(routes=by_address(routes), exception_handlers=handlers())
    if settings.cors_origins:
        inner = CORSMiddleware(
            inner,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=_ALLOWED,
            expose_headers=_SHOWN,
        )
    return Frame(
        inner,
        local_only=not settings.asks_for_keys and settings.is_local,
        origins=settings.cors_origins,
    )


def _micros() -> int:
    return time.time_ns() // 1000


def _new_deletion_id() -> str:
    return f"del_{secrets.token_hex(10)}"


def _nobody_waits() -> None:
    """Do nothing: another process looks for deletions by itself."""
