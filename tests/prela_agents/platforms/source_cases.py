"""Each source, with how to make something new for it, for the suite that all of them pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
from examples.agents.standins.site import Site
from examples.agents.standins.world import DISCORD_EPOCH, X_EPOCH, Release, Said, Written, snowflake
from tests.prela_agents.platforms.connected import to_discord, to_reddit, to_x
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.wire import wire

from prela_agents.http import GuardedTransport, MemoryETags
from prela_agents.platforms import (
    discord,
    feeds,
    github,
    hackernews,
    pages,
    pypi,
    reddit,
    x,
)
from prela_agents.ports import Source

Say = Callable[[Site, StandingClock, int], None]
"""Makes the `number`th thing, at the time that the clock shows."""
Limited = Callable[..., dict[str, str]]
"""Gives the headers of a 429 that wants so many seconds of waiting, as the platform says it."""


@attrs.frozen(kw_only=True)
class Case:
    """A source that reads two items a call at most, where it reads in pages."""

    name: str
    part: str
    connect: Callable[[Site, StandingClock], Any]
    source: Callable[[Any, Site], Source]
    say: Say
    paged: bool = True
    keeps_all: bool = True
    """A page is only ever what it is now."""
    limited: Limited = attrs.field(default=lambda _, seconds=9: {"retry-after": str(seconds)})


def _guard(site: Site) -> GuardedTransport:
    return GuardedTransport(allowed=frozenset({site.host}), inner=wire())


def _hackernews(site: Site, clock: StandingClock, number: int) -> None:
    site.world.said.append(
        Said(platform="hackernews", id=str(number), at=clock.now(), title=f"Prela {number}")
    )


def _release(where: str) -> Say:
    def say(site: Site, clock: StandingClock, number: int) -> None:
        site.world.releases.append(
            Release(where=where, version=f"1.{number}", at=clock.now(), notes="Faster.")
        )

    return say


def _issue(site: Site, clock: StandingClock, number: int) -> None:
    site.world.said.append(
        Said(platform="github", id=str(number), at=clock.now(), title="Slow", where="o/r")
    )


def _feed(site: Site, clock: StandingClock, number: int) -> None:
    entries = "".join(
        f"<item><title>Version 1.{each}</title><guid>e{each}</guid>"
        f"<link>https://rival.test/{each}</link><description>New &lt;b&gt;things&lt;/b&gt;"
        "</description></item>"
        for each in range(number + 1)
    )
    body = f'<?xml version="1.0"?><rss version="2.0"><channel>{entries}</channel></rss>'
    site.world.written.append(
        Written(path="feed.xml", at=clock.now(), body=body, content_type="application/rss+xml")
    )


def _page(site: Site, clock: StandingClock, number: int) -> None:
    body = f"<title>Pricing</title><nav>Home</nav><p>${number} a month</p>"
    site.world.written.append(Written(path="pricing", at=clock.now(), body=body))


def _submission(site: Site, clock: StandingClock, number: int) -> None:
    site.world.said.append(
        Said(
            platform="reddit",
            id=f"t3_{number}",
            at=clock.now(),
            title=f"Prela {number}",
            where="python",
        )
    )


def _comment(site: Site, clock: StandingClock, number: int) -> None:
    site.world.said.append(
        Said(
            platform="reddit",
            id=f"t1_{number}",
            at=clock.now(),
            text="I use it",
            where="python",
            parent="t3_0",
        )
    )


def _tweet(site: Site, clock: StandingClock, number: int) -> None:
    at = clock.now()
    site.world.said.append(
        Said(platform="x", id=snowflake(at, X_EPOCH, number), at=at, text=f"Prela {number}")
    )


def _message(site: Site, clock: StandingClock, number: int) -> None:
    at = clock.now()
    site.world.said.append(
        Said(
            platform="discord",
            id=snowflake(at, DISCORD_EPOCH, number),
            at=at,
            text=f"Prela {number}",
            where="42",
        )
    )


def _x_limit(clock: StandingClock, seconds: int = 9) -> dict[str, str]:
    until = int(clock.now().timestamp()) + seconds
    return {"x-rate-limit-remaining": "0", "x-rate-limit-reset": str(until)}


CASES = [
    Case(
        name="hackernews",
        part="hackernews",
        connect=lambda site, clock: hackernews.connect(
            site.at("hackernews"), clock=clock, transport=wire()
        ),
        source=lambda http, _: hackernews.HackerNewsSearch(http, "prela", per_page=2),
        say=_hackernews,
    ),
    Case(
        name="github-releases",
        part="github",
        connect=lambda site, clock: github.connect(
            "ghp_good", site.at("github"), clock=clock, transport=wire(), etags=MemoryETags()
        ),
        source=lambda http, _: github.GithubReleases(http, "o/r", per_page=2),
        say=_release("o/r"),
    ),
    Case(
        name="github-issues",
        part="github",
        connect=lambda site, clock: github.connect(
            "ghp_good", site.at("github"), clock=clock, transport=wire(), etags=MemoryETags()
        ),
        source=lambda http, _: github.GithubIssues(http, "o/r", per_page=2),
        say=_issue,
    ),
    Case(
        name="pypi",
        part="pypi",
        connect=lambda site, clock: pypi.connect(site.at("pypi"), clock=clock, transport=wire()),
        source=lambda http, _: pypi.PypiVersions(http, "rival"),
        say=_release("rival"),
        paged=False,
    ),
    Case(
        name="feed",
        part="web",
        connect=lambda site, clock: feeds.connect(clock=clock, transport=_guard(site)),
        source=lambda http, site: feeds.FeedSource(http, f"{site.at('web')}/feed.xml"),
        say=_feed,
        paged=False,
    ),
    Case(
        name="page",
        part="web",
        connect=lambda site, clock: pages.connect(clock=clock, transport=_guard(site)),
        source=lambda http, site: pages.PageSource(http, f"{site.at('web')}/pricing"),
        say=_page,
        paged=False,
        keeps_all=False,
    ),
    Case(
        name="reddit-search",
        part="reddit",
        connect=to_reddit,
        source=lambda http, _: reddit.RedditListing.search(http, "prela", limit=2),
        say=_submission,
        limited=lambda _, seconds=9: {
            "x-ratelimit-remaining": "0.0",
            "x-ratelimit-used": "100",
            "x-ratelimit-reset": str(seconds),
        },
    ),
    Case(
        name="reddit-comments",
        part="reddit",
        connect=to_reddit,
        source=lambda http, _: reddit.RedditListing.comments(http, "python", limit=2),
        say=_comment,
    ),
    Case(
        name="x",
        part="x",
        connect=to_x,
        source=lambda http, _: x.XSearch(http, "prela", limit=2),
        say=_tweet,
        limited=_x_limit,
    ),
    Case(
        name="discord-channel",
        part="discord",
        connect=to_discord,
        source=lambda http, _: discord.DiscordChannel(http, "42", limit=2),
        say=_message,
        limited=lambda _, seconds=9: {
            "x-ratelimit-bucket": "abc",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset-after": str(seconds),
        },
    ),
    Case(
        name="discord-search",
        part="discord",
        connect=to_discord,
        source=lambda http, _: discord.DiscordSearch(http, "7", "prela", limit=2),
        say=_message,
    ),
]

STEP = timedelta(minutes=7)
