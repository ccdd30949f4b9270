"""All platforms behind one port."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import attrs
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from examples.agents.standins import discord, github, hackernews, linear, pypi, reddit, web, x
from examples.agents.standins.faults import Faulty
from examples.agents.standins.world import World

APPS: dict[str, Callable[[World], Any]] = {
    "discord": discord.app,
    "github": github.app,
    "hackernews": hackernews.search,
    "hackernews_items": hackernews.items,
    "linear": linear.app,
    "pypi": pypi.index,
    "pypistats": pypi.stats,
    "reddit": reddit.app,
    "reddit-login": reddit.app,
    "web": web.app,
    "x": x.app,
}


@attrs.frozen
class Site:
    """The fakes at `url`, each below its name."""

    world: World
    parts: dict[str, Faulty]
    url: str

    def at(self, name: str) -> str:
        """Give the address of one of them."""
        return f"{self.url}/{name}"

    @property
    def host(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")


@contextmanager
def serving(world: World, port: int = 0) -> Iterator[Site]:
    """Serve the world until the block is left, at `port` where that is free."""
    parts = {name: Faulty(make(world)) for name, make in APPS.items()}
    app = Starlette(routes=[Mount(f"/{name}", part) for name, part in parts.items()])
    with _listening(app, port) as url:
        yield Site(world, parts, url)


@contextmanager
def _listening(app: Starlette, port: int) -> Iterator[str]:
    with _socket(port) as listener:
        config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
        server = uvicorn.Server(config)
        # The socket listens already: who asks before the server accepts, waits for it.
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def _socket(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return socket.create_server(("127.0.0.1", 0))
