from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from prela_agents.errors import BlockedAddressError
from prela_agents.http import GuardedTransport
from prela_agents.http.guard import is_public

NAMES = {
    "good.test": ["93.184.215.14"],
    "inside.test": ["10.0.0.7"],
    "both.test": ["93.184.215.14", "127.0.0.1"],
    "nothing.test": [],
}


async def resolve(host: str, port: int) -> Sequence[str]:
    del port
    if host not in NAMES:
        return [host.strip("[]")]
    return NAMES[host]


def site(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/away":
        return httpx.Response(302, headers={"location": "http://169.254.169.254/latest"})
    seen = (str(request.url), request.headers["host"], request.extensions.get("sni_hostname"))
    return httpx.Response(200, json=seen)


def client(**options: frozenset[str]) -> httpx.AsyncClient:
    guard = GuardedTransport(inner=httpx.MockTransport(site), resolve=resolve, **options)
    return httpx.AsyncClient(transport=guard, follow_redirects=True)


@pytest.mark.anyio
async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    async with client() as web:
        seen = (await web.get("https://good.test/page?a=1")).json()
    assert ["https://93.184.215.14/page?a=1", "good.test", "good.test"] == seen


@pytest.mark.anyio
@pytest.mark.parametrize(
    "url",
    [
        "http://inside.test/",
        "http://both.test/",
        "http://nothing.test/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://good.test:6379/",
        "https://user:word@good.test/",
        "ftp://good.test/",
        "http://good.test/away",
    ],
)
async def test_what_is_not_public_is_not_fetched(url: str) -> None:
    async with client() as web:
        with pytest.raises((BlockedAddressError, httpx.UnsupportedProtocol)) as caught:
            await web.get(url)
    assert "word" not in str(caught.value)


@pytest.mark.anyio
async def test_hosts_of_ones_own_may_be_allowed() -> None:
    async with client(allowed=frozenset({"127.0.0.1:8080"})) as web:
        assert (await web.get("http://127.0.0.1:8080/x")).is_success
        with pytest.raises(BlockedAddressError):
            await web.get("http://127.0.0.1:8081/x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("0.0.0.0", False),  # noqa: S104 - looked at, not bound
        ("100.64.0.1", False),
        ("192.168.1.1", False),
        ("224.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("no address", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:  # noqa: FBT001
    assert public == is_public(address)


@pytest.mark.anyio
@pytest.mark.parametrize("url", ["http://localhost/", "https://localhost/", "http://0/"])
async def test_names_are_really_looked_up(url: str) -> None:
    async with httpx.AsyncClient(transport=GuardedTransport()) as web:
        with pytest.raises(BlockedAddressError, match="not on the public net"):
            await web.get(url)
