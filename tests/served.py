"""Applications over a real socket, served by a thread of the test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvicorn
from anyio.from_thread import start_blocking_portal

from prela_core.io.data_directory import DataDirectory
from prela_core.store import Store
from prela_server.compose import Role, running
from prela_server.deadline import Deadline
from prela_server.settings import Settings

__all__ = ["listening", "served"]

T = TypeVar("T")


def served(directory: Path, **settings: Any) -> Any:
    """Serve `directory` as `prela serve` does; the context is its URL and the store behind it."""
    return _in_a_thread(_embedded(directory, settings))


def listening(app: Any) -> Any:
    """Serve an ASGI application; the context is its URL."""
    return _in_a_thread(_listening(app))


@contextmanager
def _in_a_thread(context: AbstractAsyncContextManager[T]) -> Iterator[T]:
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(context) as given:
        yield given


@asynccontextmanager
async def _embedded(directory: Path, settings: dict[str, Any]) -> AsyncIterator[tuple[str, Store]]:
    with DataDirectory(directory, command="a test").acquire():
        async with (
            running(Role.ALL, Settings(data_dir=directory, **settings), Deadline(20)) as parts,
            _listening(parts.app) as url,
        ):
            assert parts.store is not None
            yield url, parts.store


@asynccontextmanager
async def _listening(app: Any) -> AsyncIterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            # The socket listens already: who asks before the server accepts, waits for it.
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving
