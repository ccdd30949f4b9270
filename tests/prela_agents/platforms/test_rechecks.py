"""What was taken back is found out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.prela_agents.fakes.site import Site
from tests.prela_agents.fakes.wire import wire
from tests.prela_agents.fakes.world import Said
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.platforms import hackernews

pytestmark = pytest.mark.anyio


async def test_hacker_news(site: Site, clock: StandingClock) -> None:
    soon = clock.now() + timedelta(hours=1)
    site.world.said += [
        Said(platform="hackernews", id="1", at=clock.now()),
        Said(platform="hackernews", id="2", at=clock.now(), deleted_at=soon),
    ]
    url = site.at("hackernews_items")
    async with hackernews.connect_items(url, clock=clock, transport=wire()) as http:
        recheck = hackernews.HackerNewsRecheck(http)
        assert {"3"} == await recheck.gone(["1", "2", "3"])
        clock.advance(timedelta(hours=2))
        assert {"2", "3"} == await recheck.gone(["1", "2", "3"])
