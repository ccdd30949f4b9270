"""X's seven days, its bill, and whom we may answer."""

from __future__ import annotations

from datetime import timedelta

import attrs
import pytest
from examples.agents.standins.site import Site
from examples.agents.standins.world import X_EPOCH, Said, snowflake
from tests.prela_agents.making import item
from tests.prela_agents.platforms.connected import to_x
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import SpendLimitError
from prela_agents.http import Budget, MemorySpend
from prela_agents.model import Cursor, DraftKind, Platform, Post
from prela_agents.platforms.x import XPublisher, XRecheck, XSearch
from prela_core.testing.factories import NOON

pytestmark = pytest.mark.anyio


def say(site: Site, clock: StandingClock, text: str = "Prela", **said: object) -> str:
    number = snowflake(clock.now(), X_EPOCH, len(site.world.said))
    site.world.said.append(Said(platform="x", id=number, at=clock.now(), text=text, **said))
    return number


async def test_what_x_takes_for_an_address_is_found_again(site: Site, clock: StandingClock) -> None:
    text = "Run main.py & see prela.dev, or https://prela.dev/docs/"
    post = Post(platform=Platform.X, kind=DraftKind.POST, where="", text=text)
    async with to_x(site, clock) as http:
        publisher = XPublisher(http)
        made = await publisher.publish(post, "k")
        found = await publisher.find(post, "k")
        other = await publisher.find(attrs.evolve(post, text=f"{text} now"), "k")
    assert (made.id, None) == (found and found.id, other)


async def test_a_cursor_older_than_the_search_goes_on_from_its_start(
    site: Site, clock: StandingClock
) -> None:
    async with to_x(site, clock) as http:
        source = XSearch(http, "prela")
        say(site, clock)
        cursor = (await source.fetch(None)).cursor
        clock.advance(timedelta(days=9))
        late = say(site, clock)
        assert [late] == [each.id for each in (await source.fetch(cursor)).items]


async def test_a_token_of_a_page_that_is_refused_loses_nothing(
    site: Site, clock: StandingClock
) -> None:
    async with to_x(site, clock) as http:
        source = XSearch(http, "prela", limit=10)
        ids = [say(site, clock) for _ in range(3)]
        found = await source.fetch(Cursor('[0.0,null,"an-old-token"]'))
    assert set(ids) == {each.id for each in found.items}


async def test_what_is_read_is_paid_for_and_no_more_than_may_be(
    site: Site, clock: StandingClock
) -> None:
    for _ in range(4):
        say(site, clock)
    book = MemorySpend()
    async with to_x(site, clock) as http:
        source = XSearch(http, "prela", budget=Budget(book, 0.06), limit=10)
        await source.fetch(None)
        assert pytest.approx(0.02) == book.since("x", NOON - timedelta(days=1))
        with pytest.raises(SpendLimitError):
            await source.fetch(None)
    assert 1 == len(site.parts["x"].asked)


async def test_only_a_mention_addresses_us(site: Site, clock: StandingClock) -> None:
    say(site, clock, "Prela is nice")
    say(site, clock, "@prela_hq how do I flush Prela & wait? https://prela.test/a")
    async with to_x(site, clock) as http:
        items = (await XSearch(http, "prela", account="@Prela_HQ").fetch(None)).items
        none = (await XSearch(http, "prela").fetch(None)).items
    assert {
        "Prela is nice": False,
        "@prela_hq how do I flush Prela & wait? https://prela.test/a": True,
    } == {each.text: each.addresses_us for each in items}
    assert not any(each.addresses_us for each in none)


async def test_a_quote_of_ours_addresses_us_and_one_of_others_does_not(
    site: Site, clock: StandingClock
) -> None:
    ours = say(site, clock, "We released it", author="prela_hq")
    theirs = say(site, clock, "I did too", author="ada")
    yes = say(site, clock, "Prela: look", quotes=ours)
    no = say(site, clock, "Prela: look here", quotes=theirs)
    async with to_x(site, clock) as http:
        items = (await XSearch(http, "prela", account="prela_hq").fetch(None)).items
    assert {yes: True, no: False} == {each.id: each.addresses_us for each in items}


async def test_a_recheck(site: Site, clock: StandingClock) -> None:
    alive = say(site, clock)
    dead = say(site, clock, deleted_at=clock.now())
    async with to_x(site, clock) as http:
        assert {dead, "12"} == await XRecheck(http).gone(
            [item(each) for each in (alive, dead, "12")]
        )


def test_a_query_that_is_too_long_is_said_at_once() -> None:
    with pytest.raises(ValueError, match="512"):
        XSearch(None, "x" * 513)  # type: ignore[arg-type]  # it is not asked
