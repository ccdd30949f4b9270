"""Fetching addresses that others wrote down, without being led into our own network.

An address is looked up here, and the connection made to the very address that was looked at: a
name that means something else a moment later gains nothing. Each hop of a redirect comes through
here as well.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence

import anyio
import httpx

from prela_agents.errors import BlockedAddressError

__all__ = ["GuardedTransport", "Resolve", "is_public"]

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes a host and a port and gives the IP addresses."""

_PORTS = {"http": 80, "https": 443}
_NOTHING_KEPT = httpx.Limits(max_keepalive_connections=0)


class GuardedTransport(httpx.AsyncBaseTransport):
    """A transport that connects to public addresses only, by HTTP and HTTPS on their own ports.

    `allowed` are `host:port` that may be fetched besides, whatever they are: a mirror in one's
    own network. `inner` and `resolve` are for tests. Raises `BlockedAddressError`.
    """

    def __init__(
        self,
        *,
        allowed: frozenset[str] = frozenset(),
        inner: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._allowed = allowed
        # A connection is to an address, and is not to serve another name that has it as well.
        self._inner = inner or httpx.AsyncHTTPTransport(limits=_NOTHING_KEPT)
        self._resolve = resolve or _resolve

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check where the request goes, and send it just there."""
        url = request.url
        port = url.port or _PORTS.get(url.scheme)
        if url.scheme not in _PORTS or port is None:
            raise BlockedAddressError(f"{_shown(url)} is not fetched: only http and https are")
        if url.userinfo:
            raise BlockedAddressError(f"{_shown(url)} is not fetched: it has a login in it")
        if f"{url.host}:{port}" in self._allowed:
            return await self._inner.handle_async_request(request)
        if port != _PORTS[url.scheme]:
            raise BlockedAddressError(f"{_shown(url)} is not fetched: port {port} is unusual")
        address = await self._public_address(url, port)
        # The name stays in the Host header, which is set already, and in TLS.
        pinned = httpx.Request(
            request.method,
            url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": url.host},
        )
        return await self._inner.handle_async_request(pinned)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _public_address(self, url: httpx.URL, port: int) -> str:
        try:
            found = await self._resolve(url.host, port)
        except OSError as error:
            raise httpx.ConnectError(f"{url.host} has no address: {error}") from error
        # One that is not public condemns the name: it would be chosen sooner or later.
        private = [address for address in found if not is_public(address)]
        if private or not found:
            raise BlockedAddressError(
                f"{_shown(url)} is not fetched: its host is not on the public net"
            )
        return found[0]


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public net, also when it hides another one."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is not None:
            return is_public(str(inner))
        if ip in _NAT64:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def _shown(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.host}{url.path}"
