"""One server of fakes for all tests of the platforms, empty at the start of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from examples.agents.standins.site import Site, serving
from examples.agents.standins.world import World
from tests.prela_agents.standing_clock import StandingClock

from prela_core.testing.factories import NOON


@pytest.fixture(scope="package")
def served_site() -> Iterator[Site]:
    with serving(World(lambda: NOON)) as site:
        yield site


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(NOON)


@pytest.fixture
def site(served_site: Site, clock: StandingClock) -> Site:
    world = served_site.world
    world.now = clock.now
    for kept in (world.said, world.releases, world.written, world.counts):
        kept.clear()
    desk = world.kept["linear"]
    for held in (desk.issues, desk.labels, world.kept["discord-nonces"]):
        held.clear()
    for part in served_site.parts.values():
        part.reset()
    return served_site
