"""Platforms, out of settings: connections, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Protocol, TypeVar, cast

from prela_agents.http import Budget, ETags, GuardedTransport, Http, Spend
from prela_agents.model import Platform, Product
from prela_agents.platforms import (
    discord,
    feeds,
    github,
    hackernews,
    linear,
    pages,
    pypi,
    reddit,
    x,
)
from prela_agents.ports import Clock, Gauge, Publisher, Recheck, Source, Tracker
from prela_agents.run.logins import has_login, may_publish
from prela_agents.run.settings import Settings

__all__ = ["Places"]


class _Connection(Protocol):
    async def aclose(self) -> None: ...


C = TypeVar("C", bound=_Connection)


class Places:
    """The platforms that the settings let us reach, each connected to when it is first asked for.

    Where the login is missing, nothing is read, counted or sent: `logins.missing` says so.
    """

    def __init__(self, settings: Settings, clock: Clock, etags: ETags, spend: Spend) -> None:
        self._settings = settings
        self._secrets = settings.secrets
        self._clock = clock
        self._etags = etags
        self._spend = spend
        self._open: dict[str, _Connection] = {}

    async def aclose(self) -> None:
        """Close all connections."""
        for connection in self._open.values():
            await connection.aclose()
        self._open.clear()

    def mentions(self, names: Sequence[str]) -> list[Source]:
        """Give what is said about any of `names`, wherever everybody may speak."""
        found: list[Source] = []
        http = self._connected("hackernews", hackernews.connect)
        found += [hackernews.HackerNewsSearch(http, name) for name in names]
        if self._has(Platform.REDDIT):
            found += [reddit.RedditListing.search(self._reddit(), name) for name in names]
        if self._has(Platform.X):
            # One question for all names, as reads are billed.
            query = " OR ".join(f'"{name}"' for name in names)
            found.append(
                x.XSearch(
                    self._x(),
                    f"({query}) -is:retweet",
                    account=self._settings.profile.us.x_account,
                    budget=self._budget("x"),
                )
            )
        return found

    def our_rooms(self) -> list[Source]:
        """Give what is said where we are at home: our subreddits and our channels."""
        profile = self._settings.profile
        found: list[Source] = []
        if self._has(Platform.REDDIT):
            for subreddit in profile.subreddits:
                found.append(reddit.RedditListing.posts(self._reddit(), subreddit))
                found.append(reddit.RedditListing.comments(self._reddit(), subreddit))
        if self._has(Platform.DISCORD):
            found += [
                discord.DiscordChannel(self._discord(), channel, guild=profile.us.guild)
                for channel in profile.channels
            ]
        return found

    def releases(self, product: Product) -> list[Source]:
        """Give where a product's versions are told: GitHub, then PyPI, then feeds, then pages."""
        found: list[Source] = []
        if product.repository:
            found.append(github.GithubReleases(self._github(), product.repository))
        if product.package:
            http = self._connected("pypi", pypi.connect)
            found.append(pypi.PypiVersions(http, product.package))
        if product.feeds:
            http = self._connected("feed", feeds.connect, transport=self._guard)
            found += [feeds.FeedSource(http, url) for url in product.feeds]
        return found + self.pages(product)

    def pages(self, product: Product) -> list[Source]:
        """Give the pages of a product that are watched for changes."""
        if not product.pages:
            return []
        http = self._connected("web", pages.connect, transport=self._guard)
        return [pages.PageSource(http, url) for url in product.pages]

    def issues(self, product: Product) -> list[Source]:
        """Give what a product's users report."""
        if not product.repository:
            return []
        return [github.GithubIssues(self._github(), product.repository)]

    def gauges(self, product: Product) -> list[Gauge]:
        """Give what can be counted of a product."""
        found: list[Gauge] = []
        if product.repository:
            found.append(github.GithubGauge(self._github(), product.name, product.repository))
            if self._secrets.github_token:  # of 60 calls an hour it would take too many
                found.append(
                    github.GithubStarHistory(self._github(), product.name, product.repository)
                )
        if product.package:
            http = self._connected("pypistats", pypi.connect_stats)
            found.append(pypi.PypiDownloads(http, product.name, product.package))
        if product.guild and self._has(Platform.DISCORD):
            found.append(discord.DiscordGauge(self._discord(), product.name, product.guild))
        if product.subreddit and self._has(Platform.REDDIT):
            found.append(reddit.RedditGauge(self._reddit(), product.name, product.subreddit))
        return found

    def rechecks(self) -> list[Recheck]:
        """Give the platforms whose deletions are followed."""
        http = self._connected("hackernews_items", hackernews.connect_items)
        found: list[Recheck] = [hackernews.HackerNewsRecheck(http)]
        if self._has(Platform.REDDIT):
            found.append(reddit.RedditRecheck(self._reddit()))
        if self._has(Platform.X):
            found.append(x.XRecheck(self._x()))
        if self._has(Platform.DISCORD):
            found.append(discord.DiscordRecheck(self._discord()))
        return found

    def publishers(self) -> dict[Platform, Publisher]:
        """Give where we may publish; Hacker News is never among it."""
        found: list[Publisher] = []
        if self._may_publish(Platform.REDDIT):
            found.append(reddit.RedditPublisher(self._reddit()))
        if self._may_publish(Platform.X):
            user = self._connected(
                "x", x.connect, kept_as="x as a user", token=self._secrets.x_user_token
            )
            found.append(x.XPublisher(user))
        if self._may_publish(Platform.DISCORD):
            guild = self._settings.profile.us.guild
            found.append(discord.DiscordPublisher(self._discord(), guild=guild))
        return {each.platform: each for each in found}

    def tracker(self) -> Tracker | None:
        """Give the team's tracker, where one is set up."""
        if not self._has(Platform.LINEAR):
            return None
        made = self._connected("linear", linear.connect, key=self._secrets.linear_api_key)
        return linear.LinearTracker(made, self._secrets.linear_team_id)

    def _has(self, platform: Platform) -> bool:
        return has_login(platform, self._secrets)

    def _may_publish(self, platform: Platform) -> bool:
        return may_publish(platform, self._secrets)

    def _reddit(self) -> reddit.Reddit:
        secrets, options = self._secrets, {}
        if "reddit" in self._settings.endpoints:
            # Elsewhere, both of its addresses are one.
            options = {"login_url": self._settings.endpoints["reddit"]}
        return self._connected(
            "reddit",
            reddit.connect,
            client_id=secrets.reddit_client_id,
            client_secret=secrets.reddit_client_secret,
            user=secrets.reddit_username,
            refresh_token=secrets.reddit_refresh_token,
            **options,
        )

    def _x(self) -> Http:
        return self._connected("x", x.connect, token=self._secrets.x_bearer_token)

    def _discord(self) -> Http:
        return self._connected("discord", discord.connect, token=self._secrets.discord_bot_token)

    def _github(self) -> Http:
        return self._connected("github", github.connect, token=self._secrets.github_token)

    @cached_property
    def _guard(self) -> GuardedTransport:
        return GuardedTransport(allowed=frozenset(self._settings.allowed_hosts))

    def _budget(self, name: str) -> Budget:
        return Budget(self._spend, self._settings.budgets.get(name))

    def _connected(
        self, name: str, connect: Callable[..., C], kept_as: str = "", **options: Any
    ) -> C:
        """Connect once; a place that the settings have elsewhere is looked for there."""
        kept_as = kept_as or name
        if kept_as not in self._open:
            if name in self._settings.endpoints:
                options["base_url"] = self._settings.endpoints[name]
            self._open[kept_as] = connect(
                clock=self._clock, etags=self._etags, budget=self._budget(name), **options
            )
        return cast("C", self._open[kept_as])
