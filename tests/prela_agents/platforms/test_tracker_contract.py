"""What every tracker must do, over a real socket: above all, one issue for one id."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import attrs
import pytest
from examples.agents.standins import linear as fake
from examples.agents.standins.site import Site
from starlette.responses import JSONResponse, Response
from tests.prela_agents.platforms.connected import to_linear
from tests.prela_agents.platforms.mangling import mangled
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import (
    ExpiredTokenError,
    LimitedError,
    NotSentError,
    PlatformError,
    RefusedError,
    UncertainError,
)
from prela_agents.model import Attachment, NewIssue
from prela_agents.platforms import linear
from prela_agents.platforms.linear import LinearTracker
from prela_agents.ports import Tracker

pytestmark = pytest.mark.anyio

URL = "https://www.reddit.com/r/python/comments/1/"
NEW = NewIssue(id=str(uuid4()), title="Spans are lost", description="After a fork", labels=("bug",))


def new(**changes: Any) -> NewIssue:
    return attrs.evolve(NEW, **{"id": str(uuid4()), **changes})


@pytest.fixture(params=[pytest.param(LinearTracker, id="linear")])
async def tracker(request: Any, site: Site, clock: StandingClock) -> AsyncIterator[Tracker]:
    async with to_linear(site, clock) as connection:
        yield request.param(connection, fake.TEAM)


@pytest.fixture
def part(site: Site) -> Any:
    return site.parts["linear"]


async def test_an_issue_is_made_with_all_that_belongs_to_it(tracker: Tracker) -> None:
    made = await tracker.create(NEW)
    assert (NEW.id, NEW.title, NEW.description, ("bug",)) == (
        made.id,
        made.title,
        made.description,
        made.labels,
    )
    assert made.number.startswith("PRE-")
    assert made == await tracker.issue(NEW.id)


async def test_twice_with_one_id_is_one_issue(tracker: Tracker, site: Site) -> None:
    made = await tracker.create(NEW)
    again = await tracker.create(attrs.evolve(NEW, title="Another title"))
    assert made == again
    assert 1 == len(site.world.kept["linear"].issues)


async def test_labels_are_made_once(tracker: Tracker, site: Site, clock: StandingClock) -> None:
    await tracker.create(new(labels=("bug", "feature")))
    await tracker.create(new(labels=("Bug",)))
    async with to_linear(site, clock) as other:
        await LinearTracker(other, fake.TEAM).create(new(labels=("bug",)))
    assert ["bug", "feature"] == list(site.world.kept["linear"].labels)


async def test_what_is_not_there_is_none(tracker: Tracker) -> None:
    assert await tracker.issue(str(uuid4())) is None
    assert await tracker.issue_for(URL) is None
    assert [] == list(await tracker.search("nothing"))
    assert [] == list(await tracker.issues(10))


async def test_an_issue_is_found_by_what_is_attached(tracker: Tracker, site: Site) -> None:
    made = await tracker.create(NEW)
    await tracker.attach(made.id, Attachment(url=URL, title="On Reddit"))
    await tracker.attach(made.id, Attachment(url=URL, title="On Reddit", subtitle="3 points"))
    found = await tracker.issue_for(URL)
    assert found is not None
    assert made.id == found.id
    assert {URL: ("On Reddit", "3 points")} == site.world.kept["linear"].issues[NEW.id].attachments


async def test_a_search_gives_what_fits_best_first(tracker: Tracker) -> None:
    await tracker.create(new(title="Plots are slow"))
    best = await tracker.create(new(title="Spans are lost after fork"))
    await tracker.create(new(title="Spans have no colour", description=""))
    found = await tracker.search("spans lost")
    assert best == found[0]


async def test_the_latest_issues_come_first_over_as_many_pages_as_it_takes(
    tracker: Tracker,
) -> None:
    made = [await tracker.create(new(title=f"Issue {number}", labels=())) for number in range(55)]
    await tracker.attach(made[0].id, Attachment(url=URL, title="again"))
    found = await tracker.issues(53)
    assert [made[0].id, *[each.id for each in reversed(made[3:])]] == [each.id for each in found]


async def test_a_lost_answer_is_unknown_and_trying_again_makes_one(
    tracker: Tracker, part: Any, site: Site
) -> None:
    plain = attrs.evolve(NEW, labels=())
    part.lost = 1
    with pytest.raises(UncertainError):
        await tracker.create(plain)
    assert NEW.id == (await tracker.create(plain)).id
    assert 1 == len(site.world.kept["linear"].issues)


async def test_a_limit_is_waited_for_when_reading_and_said_when_writing(
    tracker: Tracker, part: Any, clock: StandingClock
) -> None:
    soon = int(clock.now().timestamp() * 1000) + 9000
    part.faults.append(fake.rate_limited(soon))
    assert await tracker.issue_for(URL) is None
    assert pytest.approx(9, abs=1) == sum(clock.slept)
    part.faults.append(fake.rate_limited(soon + 20000))
    with pytest.raises(LimitedError):
        await tracker.attach(NEW.id, Attachment(url=URL, title=""))


async def test_a_refusal_is_final(tracker: Tracker) -> None:
    with pytest.raises(RefusedError, match="Entity not found"):
        await tracker.attach(str(uuid4()), Attachment(url=URL, title=""))
    with pytest.raises(RefusedError, match="UUID"):
        await tracker.create(new(id="00000000-0000-1000-8000-000000000000"))


async def test_a_failing_server_cannot_say_what_it_did(tracker: Tracker, part: Any) -> None:
    error = {"message": "oops", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
    part.faults.append(JSONResponse({"errors": [error], "data": None}))
    with pytest.raises(UncertainError):
        await tracker.attach(NEW.id, Attachment(url=URL, title=""))
    part.faults.append(JSONResponse({"errors": [error], "data": None}))
    with pytest.raises(NotSentError):
        await tracker.issue(NEW.id)


@pytest.mark.parametrize("body", [b"<html>", b'{"data": {"issues": 3}}', b"{}", b""])
async def test_a_body_that_cannot_be_read_is_not_taken_for_none(
    tracker: Tracker, part: Any, body: bytes
) -> None:
    part.faults.append(Response(body, media_type="application/json"))
    with pytest.raises(PlatformError):
        await tracker.issue(NEW.id)


async def test_a_key_that_is_no_longer_good(site: Site, clock: StandingClock) -> None:
    async with linear.connect("lin_api_old", site.at("linear"), clock=clock) as connection:
        with pytest.raises(ExpiredTokenError) as caught:
            await LinearTracker(connection, fake.TEAM).issues(1)
    assert "lin_api_old" not in str(caught.value)


async def test_whatever_an_answer_holds_it_is_what_was_asked_or_a_platform_s_error(
    tracker: Tracker, part: Any
) -> None:
    made = await tracker.create(NEW)
    await tracker.attach(made.id, Attachment(url=URL, title="On Reddit"))
    for seed in range(25):
        part.mangle = partial(mangled, random.Random(seed))  # noqa: S311 - the same every time
        with suppress(PlatformError):
            await tracker.issue(NEW.id)
        with suppress(PlatformError):
            await tracker.issue_for(URL)
        with suppress(PlatformError):
            await tracker.search("spans")
        with suppress(PlatformError):
            await tracker.issues(5)
        with suppress(PlatformError):
            await tracker.create(NEW)
