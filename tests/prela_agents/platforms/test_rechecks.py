"""What was taken back is found out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from examples.agents.standins.site import Site
from examples.agents.standins.world import DISCORD_EPOCH, Said, snowflake
from starlette.responses import JSONResponse
from tests.prela_agents.making import item
from tests.prela_agents.platforms.connected import to_discord
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.wire import wire

from prela_agents.errors import GoneError, RefusedError
from prela_agents.model import Item, Platform
from prela_agents.platforms import discord, hackernews

pytestmark = pytest.mark.anyio


async def test_hacker_news(site: Site, clock: StandingClock) -> None:
    soon = clock.now() + timedelta(hours=1)
    site.world.said += [
        Said(platform="hackernews", id="1", at=clock.now()),
        Said(platform="hackernews", id="2", at=clock.now(), deleted_at=soon),
    ]
    url = site.at("hackernews_items")
    async with hackernews.connect_items(url, clock=clock, transport=wire()) as http:
        three = [item(each) for each in "123"]
        recheck = hackernews.HackerNewsRecheck(http)
        assert {"3"} == await recheck.gone(three)
        clock.advance(timedelta(hours=2))
        assert {"2", "3"} == await recheck.gone(three)


@pytest.fixture
async def recheck(site: Site, clock: StandingClock) -> AsyncIterator[discord.DiscordRecheck]:
    async with to_discord(site, clock) as http:
        yield discord.DiscordRecheck(http)


def said_on_discord(site: Site, clock: StandingClock, count: int, where: str = "42") -> list[Item]:
    said = [
        Said(
            platform="discord",
            id=snowflake(clock.now(), DISCORD_EPOCH, 1000 * int(where) + number),
            at=clock.now() + timedelta(seconds=number),
            where=where,
        )
        for number in range(count)
    ]
    site.world.said += said
    clock.advance(timedelta(hours=1))
    return [item(each.id, platform=Platform.DISCORD, where=each.where) for each in said]


def deleted(site: Site, clock: StandingClock, items: Sequence[Item]) -> set[str]:
    ids = {each.id for each in items}
    for each in site.world.said:
        if each.id in ids:
            each.deleted_at = clock.now()
    return ids


async def test_discord(site: Site, clock: StandingClock, recheck: discord.DiscordRecheck) -> None:
    items = said_on_discord(site, clock, 250) + said_on_discord(site, clock, 3, where="43")
    kept = items[::25] + items[-3:]
    assert frozenset() == await recheck.gone(kept)
    # Alone, first on a page, last of its channel, and where nothing is left.
    gone = deleted(site, clock, [items[25], items[100], items[225], *items[-3:], items[7]])
    asked = len(site.parts["discord"].asked)
    assert gone - {items[7].id} == await recheck.gone(kept)
    assert len(site.parts["discord"].asked) - asked < len(kept)


async def test_a_past_that_discord_does_not_show_is_not_taken_for_gone(
    site: Site, clock: StandingClock, recheck: discord.DiscordRecheck
) -> None:
    items = said_on_discord(site, clock, 2)
    forbidden = JSONResponse({"message": "Missing Access", "code": 50001}, 403)
    site.parts["discord"].faults.extend([JSONResponse([]), forbidden])
    with pytest.raises(RefusedError, match="Missing Access"):
        await recheck.gone(items)


async def test_messages_of_a_channel_that_was_deleted_are_gone(
    site: Site, clock: StandingClock, recheck: discord.DiscordRecheck
) -> None:
    items = said_on_discord(site, clock, 2)
    unknown = JSONResponse({"message": "Unknown Channel", "code": 10003}, 404)
    site.parts["discord"].faults.append(unknown)
    assert {each.id for each in items} == await recheck.gone(items)


async def test_where_discord_does_not_answer_at_all_nothing_is_gone(
    site: Site, clock: StandingClock, recheck: discord.DiscordRecheck
) -> None:
    items = said_on_discord(site, clock, 2)
    site.parts["discord"].faults.extend([JSONResponse({"message": "404: Not Found"}, 404)] * 2)
    with pytest.raises(GoneError):
        await recheck.gone(items)
