"""Feeds and pages: what breaks often, and what may not be fetched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from examples.agents.standins.site import Site
from examples.agents.standins.world import Written
from tests.prela_agents.standing_clock import StandingClock
from tests.prela_agents.wire import wire

from prela_agents.errors import BlockedAddressError, MalformedAnswerError
from prela_agents.http import GuardedTransport
from prela_agents.model import ItemKind
from prela_agents.platforms import feeds, pages

pytestmark = pytest.mark.anyio

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><title>Rival</title>
<entry><id>tag:1</id><title>Rival v2.1.0 is out</title><updated>2026-11-20T10:00:00+01:00</updated>
<link href="https://rival.test/2.1.0"/><content type="html">
&lt;p&gt;Added &lt;b&gt;search&lt;/b&gt;.
</content></entry></feed>
"""


@pytest.fixture
def put(site: Site, clock: StandingClock) -> Callable[..., str]:
    def put(path: str, body: str, content_type: str = "text/html") -> str:
        site.world.written.append(
            Written(path=path, at=clock.now(), body=body, content_type=content_type)
        )
        return f"{site.at('web')}/{path}"

    return put


def guard(site: Site) -> GuardedTransport:
    return GuardedTransport(allowed=frozenset({site.host}), inner=wire())


async def test_an_atom_feed(site: Site, clock: StandingClock, put: Callable[..., str]) -> None:
    url = put("atom.xml", ATOM, "application/atom+xml")
    async with feeds.connect(clock=clock, transport=guard(site)) as http:
        source = feeds.FeedSource(http, url, kind=ItemKind.RELEASE)
        (item,) = (await source.fetch(None)).items
    assert "Rival v2.1.0 is out" == item.title
    assert "Added search." == item.text
    assert {"version": "2.1.0"} == item.extra
    assert datetime(2026, 11, 20, 9, tzinfo=UTC) == item.created_at
    assert "https://rival.test/2.1.0" == item.url


async def test_a_feed_without_entries_has_no_news(
    site: Site, clock: StandingClock, put: Callable[..., str]
) -> None:
    url = put("atom.xml", ATOM[: ATOM.index("<entry>")] + "</feed>", "application/atom+xml")
    async with feeds.connect(clock=clock, transport=guard(site)) as http:
        assert () == (await feeds.FeedSource(http, url).fetch(None)).items


async def test_a_feed_that_is_cut_off_is_a_failure(
    site: Site, clock: StandingClock, put: Callable[..., str]
) -> None:
    url = put("atom.xml", ATOM[:-20], "application/atom+xml")
    async with feeds.connect(clock=clock, transport=guard(site)) as http:
        with pytest.raises(MalformedAnswerError, match="cut off"):
            await feeds.FeedSource(http, url).fetch(None)


async def test_a_body_that_names_a_file_of_ours_is_no_feed(
    site: Site, clock: StandingClock, put: Callable[..., str], tmp_path: Path
) -> None:
    ours = tmp_path / "ours.xml"
    ours.write_text(ATOM)
    url = put("atom.xml", str(ours), "application/atom+xml")
    async with feeds.connect(clock=clock, transport=guard(site)) as http:
        with pytest.raises(MalformedAnswerError, match="no feed"):
            await feeds.FeedSource(http, url).fetch(None)


async def test_a_page_is_a_new_item_when_its_text_changes_and_only_then(
    site: Site, clock: StandingClock, put: Callable[..., str]
) -> None:
    html = "<title> Pricing\n</title><nav>{0}</nav><main><h1>Plans</h1><p>${1}</p></main>"
    url = put("pricing", html.format("Home", 10))
    async with pages.connect(clock=clock, transport=guard(site)) as http:
        source = pages.PageSource(http, url)
        (first,) = (await source.fetch(None)).items
        clock.advance(60)
        put("pricing", html.format("Start", 10))
        (same,) = (await source.fetch(None)).items
        clock.advance(60)
        put("pricing", html.format("Start", 12))
        (other,) = (await source.fetch(None)).items
    assert first.key == same.key != other.key
    assert ("Pricing", "Plans\n\n$12") == (other.title, other.text)
    assert first.url == other.url == url
    assert 64 == len(first.extra["hash"])


@pytest.mark.parametrize(
    "path", ["leads-to/169.254.169.254/latest", "leads-to/localhost:1/x", "leads-to/10.0.0.1/"]
)
async def test_nothing_leads_into_our_own_network(
    site: Site, clock: StandingClock, path: str
) -> None:
    async with pages.connect(clock=clock, transport=guard(site)) as http:
        with pytest.raises(BlockedAddressError):
            await pages.PageSource(http, f"{site.at('web')}/{path}").fetch(None)
    async with feeds.connect(clock=clock, transport=guard(site)) as http:
        with pytest.raises(BlockedAddressError):
            await feeds.FeedSource(http, f"{site.at('web')}/{path}").fetch(None)
