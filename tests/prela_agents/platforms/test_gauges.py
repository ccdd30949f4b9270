"""What is counted: never zero where it is missing."""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import date, timedelta
from functools import partial

import pytest
from examples.agents.standins.site import Site
from tests.prela_agents.platforms.connected import to_discord, to_reddit
from tests.prela_agents.platforms.mangling import mangled
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.wire import wire

from prela_agents.errors import GoneError, PlatformError
from prela_agents.model import Metric
from prela_agents.platforms import github, pypi
from prela_agents.platforms.discord import DiscordGauge
from prela_agents.platforms.reddit import RedditGauge
from prela_core.testing.factories import NOON

pytestmark = pytest.mark.anyio
TODAY = NOON.date()


async def test_github_counts_and_does_not_make_up_what_is_left_out(
    site: Site, clock: StandingClock
) -> None:
    site.world.counts["stars:o/r"] = {TODAY: 120}
    site.world.counts["open_issues:o/r"] = {TODAY: 0}
    async with github.connect("", site.at("github"), clock=clock, transport=wire()) as http:
        found = {each.metric: each for each in await github.GithubGauge(http, "r", "o/r").read()}
    assert 120 == found[Metric.STARS].value
    assert 0 == found[Metric.OPEN_ISSUES].value
    assert found[Metric.FORKS].value is None
    assert clock.now() == found[Metric.STARS].at
    assert "https://github.com/o/r/stargazers" == found[Metric.STARS].url


async def test_a_repository_that_is_gone_is_an_error_and_not_zero(
    site: Site, clock: StandingClock
) -> None:
    async with github.connect("", site.at("github"), clock=clock, transport=wire()) as http:
        with pytest.raises(GoneError):
            await github.GithubGauge(http, "r", "o/gone").read()


async def test_downloads_come_by_the_day_and_a_missing_day_stays_missing(
    site: Site, clock: StandingClock
) -> None:
    def ago(days: int) -> date:
        return TODAY - timedelta(days)

    site.world.counts["downloads:r"] = {ago(4): 10, ago(2): 0, ago(0): 99}
    async with pypi.connect_stats(site.at("pypistats"), clock=clock, transport=wire()) as http:
        found = await pypi.PypiDownloads(http, "r", "r").read()
    assert [(ago(4), 10), (ago(2), 0), (ago(1), None)] == [
        (each.at.date(), each.value) for each in found
    ]
    assert {Metric.DOWNLOADS} == {each.metric for each in found}


async def test_subscribers_of_a_subreddit(site: Site, clock: StandingClock) -> None:
    site.world.counts["subscribers:prela"] = {TODAY: 77}
    async with to_reddit(site, clock) as http:
        (known,) = await RedditGauge(http, "prela", "prela").read()
        (missing,) = await RedditGauge(http, "rival", "rival").read()
    assert (77, None) == (known.value, missing.value)
    assert "https://www.reddit.com/r/prela" == known.url


@pytest.mark.parametrize("per_page", [2, 3, 100])
async def test_stars_are_counted_back_by_when_they_were_given(
    site: Site, clock: StandingClock, per_page: int
) -> None:
    site.world.counts["stars:o/r"] = {
        TODAY - timedelta(40): 3,
        TODAY - timedelta(3): 5,
        TODAY - timedelta(1): 9,
        TODAY: 10,
    }
    async with github.connect("", site.at("github"), clock=clock, transport=wire()) as http:
        gauge = github.GithubStarHistory(http, "r", "o/r", days=5, per_page=per_page)
        found = await gauge.read()
    assert [3, 3, 3, 5, 5, 9] == [each.value for each in found]
    assert NOON.replace(hour=0) == found[-1].at
    assert {Metric.STARS} == {each.metric for each in found}
    # Of the many pages of old stars, none is asked for.
    assert len(site.parts["github"].asked) <= 6


async def test_a_repository_without_stars_had_none(site: Site, clock: StandingClock) -> None:
    site.world.counts["stars:o/r"] = {TODAY: 0}
    async with github.connect("", site.at("github"), clock=clock, transport=wire()) as http:
        found = await github.GithubStarHistory(http, "r", "o/r", days=1).read()
    assert [0, 0] == [each.value for each in found]


async def test_whatever_an_answer_holds_it_is_counts_or_a_platform_s_error(
    site: Site, clock: StandingClock
) -> None:
    world = site.world
    world.counts |= {"stars:o/r": {TODAY: 3}, "downloads:r": {TODAY - timedelta(1): 4}}
    world.counts |= {"subscribers:s": {TODAY: 5}, "members:7": {TODAY: 6}}
    for seed in range(25):
        for name in ("github", "pypistats", "reddit", "discord"):
            site.parts[name].mangle = partial(mangled, random.Random(seed))  # noqa: S311
        async with (
            github.connect("", site.at("github"), clock=clock, transport=wire()) as at_github,
            pypi.connect_stats(site.at("pypistats"), clock=clock, transport=wire()) as at_stats,
            to_reddit(site, clock) as at_reddit,
            to_discord(site, clock) as at_discord,
        ):
            for gauge in (
                github.GithubGauge(at_github, "r", "o/r"),
                github.GithubStarHistory(at_github, "r", "o/r", days=2),
                pypi.PypiDownloads(at_stats, "r", "r"),
                RedditGauge(at_reddit, "r", "s"),
                DiscordGauge(at_discord, "r", "7"),
            ):
                with suppress(PlatformError):
                    for each in await gauge.read():
                        assert each.value is None or each.value >= 0, (seed, gauge.name)
