"""What every source must do, over a real socket."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from examples.agents.standins.site import Site
from starlette.responses import HTMLResponse, JSONResponse, Response
from tests.prela_agents.platforms.mangling import mangled
from tests.prela_agents.platforms.source_cases import CASES, STEP, Case
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import (
    ExpiredTokenError,
    GoneError,
    LimitedError,
    MalformedAnswerError,
    NotSentError,
    PlatformError,
)
from prela_agents.model import Cursor, Item
from prela_agents.ports import Source

pytestmark = pytest.mark.anyio


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: Any) -> Case:
    return request.param


@pytest.fixture
async def http(case: Case, site: Site, clock: StandingClock) -> AsyncIterator[Any]:
    async with case.connect(site, clock) as http:
        yield http


@pytest.fixture
def source(case: Case, http: Any, site: Site) -> Source:
    return case.source(http, site)


def say(case: Case, site: Site, clock: StandingClock, *numbers: int) -> None:
    for number in numbers:
        case.say(site, clock, number)
        clock.advance(STEP)


async def walked(source: Source, cursor: Cursor | None) -> tuple[list[Item], Cursor | None]:
    """Read until there is no more for now."""
    items: list[Item] = []
    for _ in range(20):
        page = await source.fetch(cursor)
        items += page.items
        cursor = page.cursor
        if not page.more:
            return items, cursor
    raise AssertionError("it never ends")


async def test_all_there_is_comes_over_as_many_pages_as_it_takes(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1, 2, 3, 4)
    items, _ = await walked(source, None)
    assert (5 if case.keeps_all else 1) == len({item.key for item in items})
    if case.paged:
        assert 3 <= len(site.parts[case.part].asked)


async def test_items_say_where_they_are_from(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0)
    (item,), _ = await walked(source, None)
    assert source.platform == item.platform
    assert source.name == item.source
    assert source.name.startswith(f"{source.platform}:")
    assert timedelta(0) == item.created_at.utcoffset()
    assert item.url.startswith("http")
    assert item.words


async def test_the_same_cursor_gives_the_same_again(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1, 2)
    first = await source.fetch(None)
    again = await source.fetch(None)
    assert [item.key for item in first.items] == [item.key for item in again.items]


async def test_pages_out_of_the_cache_are_all_there_is_too(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1, 2, 3, 4)
    first, _ = await walked(source, None)
    again, _ = await walked(source, None)
    assert {item.key for item in first} == {item.key for item in again}


async def test_what_is_new_comes_after_the_cursor(
    case: Case, source: Source, http: Any, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1, 2)
    before, cursor = await walked(source, None)
    clock.advance(timedelta(hours=3))
    say(case, site, clock, 3)
    other = case.source(http, site)  # the cursor is all that goes from one to the next
    after, cursor = await walked(other, cursor)
    assert 1 == len({item.key for item in after} - {item.key for item in before})
    clock.advance(timedelta(hours=3))
    nothing, _ = await walked(other, cursor)
    assert {item.key for item in nothing} <= {item.key for item in [*before, *after]}


async def test_what_comes_during_a_walk_is_not_left_out(
    case: Case, source: Source, http: Any, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1, 2, 3, 4)
    page = await source.fetch(None)
    say(case, site, clock, 5)
    rest, cursor = await walked(case.source(http, site), page.cursor)
    later, _ = await walked(source, cursor)
    keys = {item.key for item in [*page.items, *rest, *later]}
    assert (6 if case.keeps_all else 2) == len(keys)


@pytest.mark.parametrize(
    "body",
    [
        b"<html><body>Sorry, we are redesigning</body></html>",
        b'{"half": [',
        b"null",
        b"",
        b"\xff\xfe\x00",
    ],
)
async def test_a_body_that_cannot_be_read_is_a_failure_and_not_no_news(
    case: Case, source: Source, site: Site, clock: StandingClock, body: bytes
) -> None:
    say(case, site, clock, 0)
    kind = "application/json" if case.name == "page" else "text/html"  # a page may say anything
    site.parts[case.part].faults.append(Response(body, media_type=kind))
    with pytest.raises(MalformedAnswerError):
        await source.fetch(None)


async def test_a_limit_is_waited_for(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0)
    site.parts[case.part].faults.append(Response(status_code=429, headers=case.limited(clock)))
    items, _ = await walked(source, None)
    assert 1 == len(items)
    assert pytest.approx(9, abs=1) == sum(clock.slept)


async def test_a_long_limit_ends_the_call(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0)
    headers = case.limited(clock, 7200)
    site.parts[case.part].faults.append(Response(status_code=429, headers=headers))
    with pytest.raises(LimitedError) as caught:
        await source.fetch(None)
    assert pytest.approx(7200, abs=1) == caught.value.retry_after


async def test_an_expired_login_is_said(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    refusal = JSONResponse({"message": "who are you?"}, 401)
    site.parts[case.part].faults.extend([refusal] * 2)  # a fresh token may be tried
    with pytest.raises(ExpiredTokenError):
        await source.fetch(None)


async def test_what_is_not_there_is_said(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    site.parts[case.part].faults.append(HTMLResponse("<h1>404</h1>", 404))
    with pytest.raises(GoneError):
        await source.fetch(None)


async def test_an_outage_is_tried_again_and_then_said(
    case: Case, source: Source, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0)
    faults = site.parts[case.part].faults
    faults.append(Response(status_code=503))
    items, _ = await walked(source, None)
    assert 1 == len(items)
    faults.extend([Response(status_code=502)] * 4)
    with pytest.raises(NotSentError):
        await source.fetch(None)
    faults.clear()


async def test_whatever_an_answer_holds_it_is_a_page_or_a_platform_s_error(
    case: Case, site: Site, clock: StandingClock
) -> None:
    say(case, site, clock, 0, 1)
    for seed in range(25):
        site.parts[case.part].mangle = partial(mangled, random.Random(seed))  # noqa: S311 - the same every time
        async with case.connect(site, clock) as http:
            try:
                page = await case.source(http, site).fetch(None)
            except PlatformError:
                continue
            except Exception as error:
                raise AssertionError(f"seed {seed}") from error
        for item in page.items:
            assert datetime(1970, 1, 1, tzinfo=UTC) <= item.created_at, seed
            assert item.created_at < datetime(2300, 1, 1, tzinfo=UTC), seed
