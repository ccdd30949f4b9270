"""All platforms behind one port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
from starlette.applications import Starlette
from starlette.routing import Mount
from tests.prela_agents.fakes import discord, github, hackernews, linear, pypi, reddit, web, x
from tests.prela_agents.fakes.faults import Faulty
from tests.prela_agents.fakes.world import World
from tests.served import listening

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
        return f"{self.url}/{name}"

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@contextmanager
def serving(world: World) -> Iterator[Site]:
    """Serve the world until the block is left."""
    parts = {name: Faulty(make(world)) for name, make in APPS.items()}
    app = Starlette(routes=[Mount(f"/{name}", part) for name, part in parts.items()])
    with listening(app) as url:
        yield Site(world, parts, url)
