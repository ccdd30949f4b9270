from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import attrs
import httpx
import pytest
from tests.prela_agents.standing_clock import StandingClock

from prela_agents.errors import (
    ExpiredTokenError,
    GoneError,
    LimitedError,
    MalformedAnswerError,
    NotSentError,
    PlatformError,
    RefusedError,
    SpendLimitError,
    UncertainError,
)
from prela_agents.http import Budget, Call, Http, MemoryETags, MemorySpend, Patience
from prela_agents.http.limits import claude, discord, github, reddit

pytestmark = pytest.mark.anyio

TOKEN = "Bearer abcdef-very-secret"  # noqa: S105 - made up
Reply = httpx.Response | Exception


@attrs.define
class Platform:
    """Answers what it is told to, in order, the last answer for good."""

    replies: list[Reply]
    clock: StandingClock = attrs.field(factory=StandingClock)
    requests: list[httpx.Request] = attrs.field(factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    def http(self, **options: Any) -> Http:
        return Http(
            "reddit",
            "https://api.test/v1",
            headers={"Authorization": TOKEN},
            clock=self.clock,
            transport=httpx.MockTransport(self),
            **options,
        )


def answer(status: int = 200, json: Any = None, **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=sent, json={} if json is None else json)


async def test_an_answer_is_given() -> None:
    platform = Platform([answer(json={"a": 1})])
    async with platform.http() as http:
        got = await http.get("/things", {"q": "a b"})
    assert {"a": 1} == got.json()
    assert "https://api.test/v1/things?q=a+b" == str(platform.requests[0].url)
    assert TOKEN == platform.requests[0].headers["authorization"]


async def test_a_failing_server_is_tried_again_with_growing_pauses() -> None:
    platform = Platform([answer(500), answer(503), httpx.ReadTimeout("slow"), answer(json=[1])])
    async with platform.http() as http:
        assert [1] == (await http.get("/")).json()
    assert [1.0, 2.0, 4.0] == platform.clock.slept


async def test_it_gives_up_after_its_attempts() -> None:
    platform = Platform([answer(500)])
    async with platform.http(patience=Patience(attempts=3)) as http:
        with pytest.raises(NotSentError, match="answered 500"):
            await http.get("/")
    assert 3 == len(platform.requests)


NO_NET = httpx.ConnectError("no route")


async def test_who_can_not_be_reached_at_all_is_tried_twice_and_then_not_for_a_while() -> None:
    platform = Platform([NO_NET])
    async with platform.http() as http:
        with pytest.raises(NotSentError, match="no route"):
            await http.get("/a")
        with pytest.raises(NotSentError, match="can't be reached, and was not asked again"):
            await http.get("/b")
        assert (2, [1.0]) == (len(platform.requests), platform.clock.slept)
        platform.clock.advance(60)
        with pytest.raises(NotSentError, match="no route"):
            await http.get("/c")
        assert 3 == len(platform.requests)
        platform.clock.advance(60)
        platform.replies = [answer(json=[1])]
        assert [1] == (await http.get("/d")).json()


async def test_who_answered_before_is_waited_for_as_ever() -> None:
    platform = Platform([answer(404), NO_NET, NO_NET, httpx.ConnectTimeout("slow"), answer()])
    async with platform.http() as http:
        with pytest.raises(GoneError):
            await http.get("/a")
        await http.get("/b")
    assert [1.0, 2.0, 4.0] == platform.clock.slept


async def test_hosts_are_out_of_reach_each_for_itself() -> None:
    platform = Platform([NO_NET, NO_NET, answer(json=[2])])
    options = {"clock": platform.clock, "transport": httpx.MockTransport(platform)}
    async with Http("web", None, **options) as http:
        with pytest.raises(NotSentError, match="no route"):
            await http.get("https://a.test/")
        assert [2] == (await http.get("https://b.test/")).json()


async def test_a_wait_that_the_platform_asks_for_is_kept() -> None:
    platform = Platform([answer(429, retry_after="7"), answer()])
    async with platform.http() as http:
        await http.get("/")
    assert [7.0] == platform.clock.slept


async def test_a_wait_that_is_too_long_is_left_to_the_next_run() -> None:
    platform = Platform([answer(429, retry_after="3600")])
    async with platform.http() as http:
        with pytest.raises(LimitedError) as caught:
            await http.get("/")
    assert 3600 == caught.value.retry_after
    assert [] == platform.clock.slept


async def test_a_spent_window_is_waited_for_before_the_next_call() -> None:
    spent = answer(x_ratelimit_remaining="0.0", x_ratelimit_reset="30")
    platform = Platform([spent, answer()])
    async with platform.http(limits=reddit) as http:
        await http.get("/a")
        assert [] == platform.clock.slept
        platform.clock.advance(10)
        await http.get("/b")
    assert [20.0] == platform.clock.slept


async def test_buckets_wait_apart_until_the_platform_says_that_they_are_one() -> None:
    spent = {"x_ratelimit_remaining": "0", "x_ratelimit_reset_after": "5"}
    platform = Platform([answer(x_ratelimit_bucket="b1", **spent), answer()])
    async with platform.http(limits=discord) as http:
        await http.send(Call(path="/a", bucket="a"))
        await http.send(Call(path="/c", bucket="c"))
    assert [] == platform.clock.slept

    platform = Platform([answer(x_ratelimit_bucket="b1"), answer(x_ratelimit_bucket="b1", **spent)])
    async with platform.http(limits=discord) as http:
        await http.send(Call(path="/a", bucket="a"))
        await http.send(Call(path="/c", bucket="c"))
        await http.send(Call(path="/a", bucket="a"))
    assert [5.0] == platform.clock.slept


async def test_an_index_in_the_making_is_asked_again() -> None:
    busy = answer(202, json={"code": 110000, "retry_after": 2})
    platform = Platform([busy, answer(json={"total_results": 0})])
    async with platform.http(limits=discord) as http:
        assert {"total_results": 0} == (await http.get("/search")).json()
    assert [2.0] == platform.clock.slept


async def test_a_forbidden_answer_of_github_is_a_limit_when_the_quota_is_spent() -> None:
    platform = Platform([answer()])
    reset = str(int(platform.clock.now().timestamp()) + 40)
    platform.replies = [
        answer(403, x_ratelimit_remaining="0", x_ratelimit_reset=reset),
        answer(),
    ]
    async with platform.http(limits=github) as http:
        await http.get("/repos/a/b")
    assert [40.0] == platform.clock.slept

    platform = Platform([answer(403, x_ratelimit_remaining="4000")])
    async with platform.http(limits=github) as http:
        with pytest.raises(RefusedError):
            await http.get("/repos/a/b")


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, RefusedError),
        (401, ExpiredTokenError),
        (403, RefusedError),
        (404, GoneError),
        (410, GoneError),
        (301, MalformedAnswerError),
    ],
)
async def test_what_will_not_change_is_not_tried_again(
    status: int, kind: type[PlatformError]
) -> None:
    platform = Platform([answer(status)])
    async with platform.http() as http:
        with pytest.raises(kind) as caught:
            await http.get("/")
    assert status == caught.value.answered
    assert 1 == len(platform.requests)


async def test_a_login_that_was_refused_is_not_shown_again() -> None:
    platform = Platform([answer(401), answer()])
    async with platform.http() as http:
        for _ in range(2):
            with pytest.raises(ExpiredTokenError):
                await http.get("/")
        assert 1 == len(platform.requests)
        await http.send(Call(path="/", headers={"Authorization": "Bearer a-newer-token"}))


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer(500), UncertainError),
        (answer(502), UncertainError),
        (answer(409), UncertainError),
        (httpx.ReadTimeout("slow"), UncertainError),
        (httpx.RemoteProtocolError("closed"), UncertainError),
        (httpx.WriteError("closed"), UncertainError),
        (answer(301), MalformedAnswerError),
        (answer(429, retry_after="1"), LimitedError),
        (httpx.ConnectError("refused"), NotSentError),
        (httpx.ConnectTimeout("slow"), NotSentError),
        (answer(422), RefusedError),
    ],
)
async def test_what_is_not_repeatable_is_sent_once_and_doubt_is_said(
    reply: Reply, kind: type[PlatformError]
) -> None:
    platform = Platform([reply])
    async with platform.http() as http:
        with pytest.raises(PlatformError) as caught:
            await http.send(Call(method="POST", path="/", json={}, repeatable=False))
    assert kind is type(caught.value)
    assert 1 == len(platform.requests)


async def test_what_did_not_change_comes_from_the_cache() -> None:
    first = answer(json={"stars": 7}, etag='"1"', last_modified="yesterday")
    platform = Platform([first, httpx.Response(304)])
    cache = MemoryETags()
    async with platform.http(etags=cache) as http:
        await http.get("/repo")
        again = await http.get("/repo")
    assert ({"stars": 7}, True) == (again.json(), again.cached)
    assert "application/json" == again.headers["content-type"]
    sent = platform.requests[1].headers
    assert ('"1"', "yesterday") == (sent["if-none-match"], sent["if-modified-since"])

    async with platform.http(etags=cache) as http:
        other = {"Authorization": "Bearer somebody-else"}
        with pytest.raises(MalformedAnswerError):
            await http.send(Call(path="/repo", headers=other))
    assert "if-none-match" not in platform.requests[2].headers


def says_no(secret: str) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _: httpx.Response(400, text=f"bad token {secret}\nin the request")


@pytest.mark.parametrize("secret", ["abcdef-very-secret", "s3cr%t/of+ours", TOKEN])
async def test_errors_hold_no_secret(secret: str) -> None:
    http = Http(
        "x",
        "https://api.test",
        headers={"Authorization": TOKEN},
        secrets=["s3cr%t/of+ours"],
        transport=httpx.MockTransport(says_no(secret)),
    )
    async with http:
        with pytest.raises(RefusedError) as caught:
            await http.get("/", {"key": secret})
    text = str(caught.value)
    assert "very-secret" not in text
    assert "s3cr" not in text
    assert "\n" not in text
    assert "bad token" in text


async def test_calls_are_paid_for_before_they_are_made() -> None:
    platform = Platform([answer(500), answer()])
    book = MemorySpend()
    async with platform.http(budget=Budget(book, usd_per_month=0.02)) as http:
        await http.send(Call(path="/", cost_usd=0.008))
        with pytest.raises(SpendLimitError, match=r"\$0\.0160"):
            await http.send(Call(path="/", cost_usd=0.008))
        await http.get("/free")
        assert 3 == len(platform.requests)
        platform.clock.advance(timedelta(days=32))
        await http.send(Call(path="/", cost_usd=0.008))


async def test_a_spend_limit_of_theirs_is_not_tried_again() -> None:
    platform = Platform([answer(429, json={"error": {"message": "You hit your spend limit"}})])
    async with platform.http(limits=claude) as http:
        with pytest.raises(SpendLimitError):
            await http.get("/")
    assert 1 == len(platform.requests)


async def test_a_link_to_another_host_gets_no_login() -> None:
    platform = Platform([answer()])
    async with platform.http() as http:
        await http.get("https://api.test/v1/next?page=2")
        for elsewhere in ("https://evil.test/v1", "http://api.test/v1", "https://api.test:8/"):
            with pytest.raises(MalformedAnswerError):
                await http.get(elsewhere)
    assert ["https://api.test/v1/next?page=2"] == [str(each.url) for each in platform.requests]


async def test_an_answer_that_is_too_large_is_not_read() -> None:
    platform = Platform([httpx.Response(200, content=b"x" * 2000)])
    async with platform.http(max_bytes=1000) as http:
        with pytest.raises(MalformedAnswerError, match="1000 bytes"):
            await http.get("/")


async def test_what_is_no_json_says_so() -> None:
    platform = Platform([httpx.Response(200, html="<html>")])
    async with platform.http() as http:
        with pytest.raises(MalformedAnswerError, match="no JSON"):
            (await http.get("/")).json()


async def test_who_is_refused_again_and_again_stops_asking() -> None:
    platform = Platform([answer(403)])
    async with platform.http() as http:
        for _ in range(500):
            with pytest.raises(RefusedError):
                await http.get("/")
        with pytest.raises(LimitedError) as caught:
            await http.get("/")
        assert (500, 600.0) == (len(platform.requests), caught.value.retry_after)
        platform.clock.advance(601)
        with pytest.raises(RefusedError):
            await http.get("/")
