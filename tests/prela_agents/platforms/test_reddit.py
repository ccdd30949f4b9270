"""Reddit's tokens, and what is deleted there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from examples.agents.standins.site import Site
from examples.agents.standins.world import Said
from starlette.responses import JSONResponse
from tests.prela_agents.making import item
from tests.prela_agents.platforms.connected import REFRESH, to_reddit
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import RefusedError
from prela_agents.model import DraftKind, Platform, Post
from prela_agents.platforms.reddit import RedditListing, RedditPublisher, RedditRecheck

pytestmark = pytest.mark.anyio


def say(site: Site, clock: StandingClock, number: int, deleted: timedelta | None = None) -> None:
    until = None if deleted is None else clock.now() + deleted
    site.world.said.append(
        Said(
            platform="reddit",
            id=f"t3_{number}",
            at=clock.now(),
            title="Prela",
            text="My words",
            where="python",
            deleted_at=until,
        )
    )


async def test_a_token_that_ran_out_is_made_anew(site: Site, clock: StandingClock) -> None:
    say(site, clock, 1)
    async with to_reddit(site, clock) as http:
        source = RedditListing.posts(http, "python")
        await source.fetch(None)
        clock.advance(timedelta(minutes=50))
        await source.fetch(None)
        assert 1 == len(site.parts["reddit-login"].asked)
        clock.advance(timedelta(minutes=20))
        await source.fetch(None)
        assert 2 == len(site.parts["reddit-login"].asked)


async def test_a_token_that_is_refused_is_made_anew(site: Site, clock: StandingClock) -> None:
    say(site, clock, 1)
    async with to_reddit(site, clock) as http:
        source = RedditListing.posts(http, "python")
        await source.fetch(None)
        site.world.kept["reddit-tokens"].given.clear()
        assert 1 == len((await source.fetch(None)).items)


async def test_it_says_who_it_is_as_reddit_wants_it(site: Site, clock: StandingClock) -> None:
    async with to_reddit(site, clock) as http:
        await RedditListing.posts(http, "python").fetch(None)
    agents = {
        each.headers["user-agent"]
        for name in ("reddit", "reddit-login")
        for each in site.parts[name].asked
    }
    (agent,) = agents
    assert agent.startswith("python:prela-agents:")
    assert agent.endswith("(by /u/ada)")


async def test_what_was_deleted_comes_without_its_words(site: Site, clock: StandingClock) -> None:
    say(site, clock, 1, deleted=timedelta(hours=1))
    async with to_reddit(site, clock) as http:
        source = RedditListing.posts(http, "python")
        (before,) = (await source.fetch(None)).items
        clock.advance(timedelta(hours=2))
        (after,) = (await source.fetch(None)).items
    assert ("My words", "ada", False) == (before.text, before.author, before.deleted)
    assert ("", "", "", True) == (after.title, after.text, after.author, after.deleted)
    assert before.key == after.key


async def test_a_recheck_of_many(site: Site, clock: StandingClock) -> None:
    for number in range(130):
        say(site, clock, number, deleted=timedelta(0) if number % 50 == 0 else None)
    async with to_reddit(site, clock) as http:
        ids = [*[each.id for each in site.world.said], "t3_never"]
        gone = await RedditRecheck(http).gone([item(each) for each in ids])
    assert {"t3_0", "t3_50", "t3_100", "t3_never"} == gone


async def test_an_answer_to_what_was_deleted_is_refused(site: Site, clock: StandingClock) -> None:
    say(site, clock, 1, deleted=timedelta(0))
    post = Post(
        platform=Platform.REDDIT, kind=DraftKind.REPLY, where="python", text="x", reply_to="t3_1"
    )
    async with to_reddit(site, clock, refresh_token=REFRESH) as http:
        with pytest.raises(RefusedError, match="DELETED_COMMENT"):
            await RedditPublisher(http).publish(post, "k")
        limit = {"errors": [["RATELIMIT", "wait", "ratelimit"]], "ratelimit": 12.5}
        site.parts["reddit"].faults.append(JSONResponse({"json": limit}))
        with pytest.raises(Exception, match="RATELIMIT") as caught:
            await RedditPublisher(http).publish(post, "k")
    assert 12.5 == caught.value.retry_after
