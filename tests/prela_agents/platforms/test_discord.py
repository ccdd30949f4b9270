"""Discord's index, its people and its bots."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples.agents.standins.discord import indexing
from examples.agents.standins.site import Site
from examples.agents.standins.world import DISCORD_EPOCH, Said, snowflake
from tests.prela_agents.platforms.connected import to_discord
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import LimitedError
from prela_agents.model import Metric
from prela_agents.platforms.discord import DiscordChannel, DiscordGauge, DiscordSearch

pytestmark = pytest.mark.anyio


def say(site: Site, clock: StandingClock, author: str = "ada") -> None:
    number = snowflake(clock.now(), DISCORD_EPOCH, len(site.world.said))
    site.world.said.append(
        Said(
            platform="discord",
            id=number,
            at=clock.now(),
            text="Prela?",
            where="42",
            author=author,
        )
    )


async def test_an_index_that_is_being_built_is_waited_for(site: Site, clock: StandingClock) -> None:
    say(site, clock)
    site.parts["discord"].faults.extend([indexing(3.5), indexing(2)])
    async with to_discord(site, clock) as http:
        found = await DiscordSearch(http, "7", "prela").fetch(None)
    assert 1 == len(found.items)
    assert [3.5, 2.0] == clock.slept


async def test_an_index_that_is_never_ready_is_not_taken_for_nothing_found(
    site: Site, clock: StandingClock
) -> None:
    site.parts["discord"].faults.append(indexing(600))
    async with to_discord(site, clock) as http:
        with pytest.raises(LimitedError):
            await DiscordSearch(http, "7", "prela").fetch(None)


async def test_bots_are_not_people(site: Site, clock: StandingClock) -> None:
    say(site, clock, "prela")
    clock.advance(timedelta(minutes=1))
    async with to_discord(site, clock) as http:
        source = DiscordChannel(http, "42", guild="7")
        page = await source.fetch(None)
        assert () == page.items
        say(site, clock)
        (item,) = (await source.fetch(page.cursor)).items
    assert f"https://discord.com/channels/7/42/{item.id}" == item.url


async def test_members_are_counted_and_the_missing_stay_missing(
    site: Site, clock: StandingClock
) -> None:
    site.world.counts["members:7"] = {clock.now().date(): 340}
    async with to_discord(site, clock) as http:
        found = await DiscordGauge(http, "prela", "7").read()
    assert {Metric.MEMBERS: 340, Metric.ONLINE: None} == {each.metric: each.value for each in found}
