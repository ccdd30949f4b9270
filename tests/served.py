"""The embedded server in a thread of the test, its store within reach."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from anyio.from_thread import start_blocking_portal

from prela_core.io.data_directory import DataDirectory
from prela_core.store import Store
from prela_server.compose import embedded
from prela_server.settings import Settings

__all__ = ["served"]


@contextmanager
def served(directory: Path, **settings: Any) -> Iterator[tuple[str, Store]]:
    """Serve `directory` on a free port of this machine; gives the URL, and the store behind it."""
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(_serving(directory, settings)) as given,
    ):
        yield given


@asynccontextmanager
async def _serving(directory: Path, settings: dict[str, Any]) -> AsyncIterator[tuple[str, Store]]:
    with (
        DataDirectory(directory, command="a test").acquire() as held,
        socket.create_server(("127.0.0.1", 0)) as listener,
    ):
        async with embedded(Settings(data_dir=directory, **settings), held) as parts:
            config = uvicorn.Config(parts.app, lifespan="off", log_config=None, ws="none")
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve(sockets=[listener]))
            try:
                # The socket listens already: who asks before the server accepts, waits for it.
                yield f"http://127.0.0.1:{listener.getsockname()[1]}", parts.store
            finally:
                server.should_exit = True
                await serving
