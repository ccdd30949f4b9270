"""OTLP over gRPC over a real socket, in front of a bus that a test controls."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import attrs
from anyio.from_thread import BlockingPortal, start_blocking_portal

from prela_core.wire import Limits
from prela_server.edge.guard import open_guard
from prela_server.ingest.gateway import IngestGateway, ReceiptClock
from prela_server.ingest.otlp_grpc import OtlpGrpc

__all__ = ["Control", "grpc_served"]


@attrs.define
class _Bus:
    """Refuses with `error`, or else takes a batch once it may."""

    error: Exception | None
    publishing: threading.Event = attrs.field(factory=threading.Event)
    may: asyncio.Event = attrs.field(factory=asyncio.Event)

    async def publish(self, _: Any) -> None:
        if self.error is not None:
            raise self.error
        self.publishing.set()
        await self.may.wait()

    async def ready(self) -> None: ...


@attrs.frozen
class Control:
    portal: BlockingPortal
    bus: _Bus
    grpc: OtlpGrpc

    def await_publishing(self) -> None:
        assert self.bus.publishing.wait(30)

    def let_publish(self) -> None:
        self.portal.call(self.bus.may.set)

    def stop(self, seconds: float) -> Future[None]:
        """Begin to stop; returns once nothing more is taken."""

        async def begin() -> asyncio.Task[None]:
            task = asyncio.create_task(self.grpc.stop(seconds))
            await asyncio.sleep(0)
            return task

        task = self.portal.call(begin)

        async def end() -> None:
            await task

        return self.portal.start_task_soon(end)


@contextmanager
def grpc_served(error: Exception | None) -> Iterator[tuple[str, Control]]:
    """Serve; the context is the address, and what stops it and lets its bus go on."""
    with start_blocking_portal() as portal:
        bus = _Bus(error)
        gateway = IngestGateway(
            bus,  # type: ignore[arg-type] # only what a gateway asks of a bus
            clock=ReceiptClock(lambda: 1_764_000_001_000_000),
            limits=Limits(),
            retention_days=0,
        )
        server = OtlpGrpc(gateway, open_guard(), body_limit=100_000)
        portal.call(server.start, "127.0.0.1", 0)
        try:
            yield server.address, Control(portal, bus, server)
        finally:
            portal.call(server.stop, 0)
