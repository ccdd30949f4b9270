"""Platforms, out of settings: connections, and what is made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prela_agents.http import Budget, ETags, GuardedTransport, Http, Spend
from prela_agents.model import Platform, Product
from prela_agents.platforms import feeds, github, hackernews, pages, pypi
from prela_agents.ports import Clock, Gauge, Publisher, Recheck, Source, Tracker
from prela_agents.run.settings import Settings

__all__ = ["Places"]


class Places:
    """The platforms that the settings let us reach, each connected to when it is first asked for.

    What a login is missing for is left out: `missing` says so in a sentence for each.
    """

    def __init__(self, settings: Settings, clock: Clock, etags: ETags, spend: Spend) -> None:
        self._settings = settings
        self._clock = clock
        self._etags = etags
        self._spend = spend
        self._open: dict[str, Http] = {}
        self.missing: list[str] = []

    async def aclose(self) -> None:
        """Close all connections."""
        for http in self._open.values():
            await http.aclose()
        self._open.clear()

    def mentions(self, names: Sequence[str]) -> list[Source]:
        """Give what is said about any of `names`, wherever that can be searched."""
        http = self._connected("hackernews", hackernews.connect)
        return [hackernews.HackerNewsSearch(http, name) for name in names]

    def releases(self, product: Product) -> list[Source]:
        """Give where a product's versions are told: GitHub, then PyPI, then feeds, then pages."""
        found: list[Source] = []
        if product.repository:
            found.append(github.GithubReleases(self._github(), product.repository))
        if product.package:
            http = self._connected("pypi", pypi.connect)
            found.append(pypi.PypiVersions(http, product.package))
        if product.feeds:
            http = self._connected("feed", feeds.connect, transport=self._guard())
            found += [feeds.FeedSource(http, url) for url in product.feeds]
        return found + self.pages(product)

    def pages(self, product: Product) -> list[Source]:
        """Give the pages of a product that are watched for changes."""
        if not product.pages:
            return []
        http = self._connected("web", pages.connect, transport=self._guard())
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
        if product.package:
            http = self._connected("pypistats", pypi.connect_stats)
            found.append(pypi.PypiDownloads(http, product.name, product.package))
        return found

    def rechecks(self) -> list[Recheck]:
        """Give the platforms whose deletions are followed."""
        http = self._connected("hackernews_items", hackernews.connect_items)
        return [hackernews.HackerNewsRecheck(http)]

    def publishers(self) -> dict[Platform, Publisher]:
        """Give where we may publish."""
        return {}

    def tracker(self) -> Tracker | None:
        """Give the team's tracker."""
        return None

    def _github(self) -> Http:
        token = self._settings.secrets.github_token
        return self._connected("github", github.connect, token=token)

    def _guard(self) -> GuardedTransport:
        return GuardedTransport(allowed=frozenset(self._settings.allowed_hosts))

    def _connected(self, name: str, connect: Callable[..., Http], **options: Any) -> Http:
        """Connect once; a place that the settings have elsewhere is looked for there."""
        if name not in self._open:
            if name in self._settings.endpoints:
                options["base_url"] = self._settings.endpoints[name]
            usd = self._settings.budgets.get(name)
            self._open[name] = connect(
                clock=self._clock,
                etags=self._etags,
                budget=Budget(self._spend, usd),
                **options,
            )
        return self._open[name]
