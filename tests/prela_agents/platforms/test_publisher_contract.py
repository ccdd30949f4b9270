"""What every publisher must do, over a real socket: above all, never post twice."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import attrs
import pytest
from examples.agents.standins.site import Site
from examples.agents.standins.world import DISCORD_EPOCH, X_EPOCH, Said, snowflake
from starlette.responses import JSONResponse, Response
from tests.prela_agents.platforms.connected import REFRESH, to_discord, to_reddit, to_x
from tests.prela_agents.platforms.mangling import mangled
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import (
    LimitedError,
    NotSentError,
    PlatformError,
    RefusedError,
)
from prela_agents.model import DraftKind, Platform, Post
from prela_agents.platforms.discord import DiscordPublisher
from prela_agents.platforms.reddit import RedditPublisher
from prela_agents.platforms.x import XPublisher
from prela_agents.ports import Publisher
from prela_core.testing.factories import NOON

pytestmark = pytest.mark.anyio

KEY = "0123456789abcdef01234567"
TEXT = "Call flush() & wait:  see https://prela.test/docs#flush <b>"


@attrs.frozen(kw_only=True)
class Case:
    platform: Platform
    connect: Callable[..., Any]
    publisher: Callable[[Any], Publisher]
    question: str
    """The id of what is answered."""
    knows_keys: bool
    """Two requests with one key make one post."""


CASES = [
    Case(
        platform=Platform.REDDIT,
        connect=lambda site, clock: to_reddit(site, clock, refresh_token=REFRESH),
        publisher=RedditPublisher,
        question="t3_ask",
        knows_keys=False,
    ),
    Case(
        platform=Platform.X,
        connect=to_x,
        publisher=XPublisher,
        question=snowflake(NOON, X_EPOCH),
        knows_keys=True,  # by refusing the same words
    ),
    Case(
        platform=Platform.DISCORD,
        connect=to_discord,
        publisher=DiscordPublisher,
        question=snowflake(NOON, DISCORD_EPOCH),
        knows_keys=True,
    ),
]


@pytest.fixture(params=CASES, ids=lambda case: case.platform.value)
def case(request: Any) -> Case:
    return request.param


@pytest.fixture
async def publisher(case: Case, site: Site, clock: StandingClock) -> AsyncIterator[Publisher]:
    asked = Said(platform=case.platform, id=case.question, at=NOON, text="How?", where="place")
    site.world.said.append(asked)
    clock.advance(timedelta(minutes=1))
    async with case.connect(site, clock) as http:
        yield case.publisher(http)


@pytest.fixture
def reply(case: Case) -> Post:
    return Post(
        platform=case.platform,
        kind=DraftKind.REPLY,
        where="place",
        text=TEXT,
        reply_to=case.question,
    )


@pytest.fixture
def post(case: Case) -> Post:
    return Post(
        platform=case.platform, kind=DraftKind.POST, where="place", text=TEXT, title="Flushing"
    )


def ours(site: Site) -> list[Said]:
    return [each for each in site.world.said if each.text != "How?"]


@pytest.mark.parametrize("which", ["reply", "post"])
async def test_it_is_published_where_it_should_be(
    publisher: Publisher, site: Site, reply: Post, post: Post, which: str
) -> None:
    sent = reply if which == "reply" else post
    receipt = await publisher.publish(sent, KEY)
    (said,) = ours(site)
    assert (said.id, TEXT, sent.reply_to) == (receipt.id, said.text, said.parent)
    assert receipt.url.startswith("https://")
    assert receipt.id.removeprefix("t1_").removeprefix("t3_") in receipt.url


@pytest.mark.parametrize("which", ["reply", "post"])
async def test_what_was_published_is_found(
    publisher: Publisher, reply: Post, post: Post, which: str
) -> None:
    sent = reply if which == "reply" else post
    assert await publisher.find(sent, KEY) is None
    receipt = await publisher.publish(sent, KEY)
    found = await publisher.find(sent, KEY)
    assert found is not None
    assert receipt.id == found.id
    other = attrs.evolve(sent, text="Something else")
    assert await publisher.find(other, KEY) is None
    elsewhere = post if which == "reply" else reply
    assert await publisher.find(elsewhere, KEY) is None


async def test_twice_with_one_key_is_one_post_where_the_platform_knows_keys(
    case: Case, publisher: Publisher, site: Site, reply: Post, clock: StandingClock
) -> None:
    await publisher.publish(reply, KEY)
    clock.advance(30)
    if case.knows_keys:
        with suppress(RefusedError):
            await publisher.publish(reply, KEY)
        assert 1 == len(ours(site))
    else:
        assert await publisher.find(reply, KEY) is not None


async def test_a_lost_answer_is_unknown_and_the_post_is_found(
    case: Case, publisher: Publisher, site: Site, reply: Post
) -> None:
    await publisher.find(reply, KEY)  # logs in
    site.parts[case.platform].lost = 1
    with pytest.raises(PlatformError) as caught:
        await publisher.publish(reply, KEY)
    assert not isinstance(caught.value, NotSentError | RefusedError)
    assert 1 == len(ours(site))
    assert await publisher.find(reply, KEY) is not None


@pytest.mark.parametrize(
    "answer",
    [Response(status_code=500), Response(b"<html>", 200), JSONResponse({"odd": 1}, 200)],
    ids=["500", "html", "another shape"],
)
async def test_what_does_not_say_that_nothing_happened_is_unknown(
    case: Case, publisher: Publisher, site: Site, reply: Post, answer: Response
) -> None:
    await publisher.find(reply, KEY)
    part = site.parts[case.platform]
    before = len(part.asked)
    part.faults.append(answer)
    with pytest.raises(PlatformError) as caught:
        await publisher.publish(reply, KEY)
    assert not isinstance(caught.value, NotSentError | RefusedError)
    assert 1 == len(part.asked) - before  # it did not try again by itself


async def test_a_limit_says_that_it_was_not_sent_and_is_not_tried_again(
    case: Case, publisher: Publisher, site: Site, reply: Post
) -> None:
    await publisher.find(reply, KEY)
    part = site.parts[case.platform]
    before = len(part.asked)
    part.faults.append(Response(status_code=429, headers={"retry-after": "5"}))
    with pytest.raises(LimitedError):
        await publisher.publish(reply, KEY)
    assert 1 == len(part.asked) - before
    assert [] == ours(site)


async def test_a_refusal_is_final(
    case: Case, publisher: Publisher, site: Site, reply: Post
) -> None:
    await publisher.find(reply, KEY)
    site.parts[case.platform].faults.append(JSONResponse({"message": "banned"}, 403))
    with pytest.raises(RefusedError):
        await publisher.publish(reply, KEY)
    assert [] == ours(site)


async def test_an_outage_while_looking_is_not_taken_for_its_absence(
    case: Case, publisher: Publisher, site: Site, reply: Post
) -> None:
    await publisher.publish(reply, KEY)
    site.parts[case.platform].faults.extend([Response(status_code=500)] * 4)
    with pytest.raises(PlatformError):
        await publisher.find(reply, KEY)


async def test_whatever_an_answer_holds_it_is_a_receipt_or_a_platform_s_error(
    case: Case, publisher: Publisher, site: Site, reply: Post, clock: StandingClock
) -> None:
    for seed in range(40):
        site.parts[case.platform].mangle = partial(mangled, random.Random(seed))  # noqa: S311
        clock.advance(timedelta(minutes=6))
        sent = attrs.evolve(reply, text=f"{TEXT} {seed}")
        for call in (publisher.publish, publisher.find):
            with suppress(PlatformError):
                await call(sent, f"{KEY[:20]}{seed:04}")
    site.parts[case.platform].mangle = None
    assert 40 == len(ours(site))
