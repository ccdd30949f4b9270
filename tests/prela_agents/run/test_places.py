from __future__ import annotations

from pathlib import Path

import attrs
import pytest
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.http import MemoryETags, MemorySpend
from prela_agents.model import Platform, Product, Profile
from prela_agents.run.places import Places
from prela_agents.run.settings import Secrets, Settings
from prela_agents.run.watching import GAUGES, SOURCES

pytestmark = pytest.mark.anyio

US = Product(
    name="Acme",
    aliases=("acme-db",),
    repository="acme/acme",
    package="acme-db",
    guild="77",
    subreddit="acme",
)
RIVAL = Product(
    name="Rival",
    repository="rival/rival",
    feeds=("https://rival.test/feed.xml",),
    pages=("https://rival.test/pricing",),
)
PROFILE = Profile(us=US, competitors=(RIVAL,), subreddits=("acme",), channels=("42",))
ALL = Secrets(**dict.fromkeys(Secrets.variables(), "a-login"))


def places(secrets: Secrets | None = None, **settings: object) -> Places:
    made = Settings(directory=Path("agents"), profile=PROFILE, secrets=secrets or Secrets())
    return Places(attrs.evolve(made, **settings), StandingClock(), MemoryETags(), MemorySpend())


def names(agent: str, there: Places) -> set[str]:
    return {each.name for each in SOURCES[agent](PROFILE, there)}


async def test_without_a_login_what_is_open_to_all_is_read() -> None:
    there = places()
    assert {"hackernews:search/Acme", "hackernews:search/acme-db"} == names("scout", there)
    assert {
        "github:releases/rival/rival",
        "github:issues/rival/rival",
        "feed:entries/https://rival.test/feed.xml",
        "web:page/https://rival.test/pricing",
        "hackernews:search/Rival",
    } == names("sentinel", there)
    gauges = {each.name for each in GAUGES["radar"](PROFILE, there)}
    assert {"github:repository/acme/acme", "github:repository/rival/rival"} < gauges
    assert ({}, None) == (there.publishers(), there.tracker())
    await there.aclose()


async def test_with_logins_the_rest_is_read_as_well() -> None:
    there = places(ALL)
    found = names("scout", there)
    assert {"reddit:new/acme", "reddit:comments/acme", "discord:channel/42"} < found
    assert 1 == sum(each.startswith("x:search/") for each in found)
    assert there.tracker() is not None
    followed = {Platform.HACKERNEWS, Platform.REDDIT, Platform.X, Platform.DISCORD}
    assert followed == {each.platform for each in there.rechecks()}
    assert followed - {Platform.HACKERNEWS} == set(there.publishers())
    await there.aclose()


async def test_nothing_ever_publishes_on_hacker_news() -> None:
    there = places(ALL)
    assert {Platform.REDDIT, Platform.X, Platform.DISCORD} == there.publishers().keys()
    await there.aclose()


@pytest.mark.parametrize(
    ("lacking", "platform"),
    [("reddit_refresh_token", Platform.REDDIT), ("x_user_token", Platform.X)],
)
async def test_a_login_to_read_is_none_to_publish(lacking: str, platform: Platform) -> None:
    there = places(attrs.evolve(ALL, **{lacking: ""}))
    assert platform not in there.publishers()
    await there.aclose()
