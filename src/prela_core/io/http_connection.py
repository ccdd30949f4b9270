"""Opening a client of a Prela server: which URL, which key, and when a proxy is none."""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Callable

import httpx

from prela_core import __version__
from prela_core.errors import InvalidError
from prela_core.io.http_errors import not_a_server

__all__ = ["PerProcess", "connect"]

_LAST_PORT = 65535

_LONGEST_CONNECT = 5.0
"""Seconds. An answer may take its time; a server that is there takes a connection at once."""


def connect(
    url: str,
    api_key: str | None,
    *,
    timeout: float,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Give a client whose paths are below `url`, sending `api_key` if there is one.

    The environment's proxies are used, except for a server on this machine: they would look
    for it on theirs. `timeout` is in seconds, and for connecting 5 at most. A name and password
    in `url` go along as HTTP's Basic authentication, and stand in no URL of a request. Raises
    `InvalidError` for what can be no URL of a server and for what can be no key.
    """
    headers = {"User-Agent": f"prela-core/{__version__}"}
    if api_key and api_key.strip():
        headers["X-API-Key"] = _checked(api_key.strip())
    base_url = _checked_url(url)
    soon = min(timeout, _LONGEST_CONNECT)
    is_here = _is_here(base_url.host)
    # To read whom this machine trusts takes longer than most questions: not where none is asked.
    needs_tls = base_url.scheme == "https" or not is_here
    return httpx.Client(
        base_url=base_url.copy_with(userinfo=b""),
        auth=(base_url.username, base_url.password) if base_url.userinfo else None,
        headers=headers,
        timeout=httpx.Timeout(timeout, connect=soon, pool=soon),
        transport=transport,
        trust_env=not is_here,
        verify=True if needs_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    )


class PerProcess:
    """A client for each process: two that shared a connection would read each other's answers."""

    def __init__(self, make: Callable[[], httpx.Client]) -> None:
        self._make = make
        self._client = make()
        self._pid = os.getpid()
        self._parents: list[httpx.Client] = []

    @property
    def client(self) -> httpx.Client:
        """This process's client; a forked child gets a new one when it first asks."""
        if self._pid != os.getpid():
            # Kept, as closing it might tell the server something on the parent's behalf.
            self._parents.append(self._client)
            self._client, self._pid = self._make(), os.getpid()
        return self._client


def _checked_url(url: str) -> httpx.URL:
    # Each of these would fail too when it is used, but as another error of another library.
    try:
        parsed = httpx.URL(url)
        host, port = parsed.host, parsed.port or 1
    except (httpx.InvalidURL, ValueError) as error:
        raise not_a_server(url) from error
    known = parsed.scheme in ("http", "https")
    if not (known and host and port <= _LAST_PORT) or any(one.isspace() for one in url):
        raise not_a_server(url)
    return parsed


def _checked(api_key: str) -> str:
    # What can't stand in a header would else fail far from here, and as something else.
    if not (api_key.isascii() and api_key.isprintable()) or " " in api_key:
        raise InvalidError(
            "the API key holds characters that no key has; copy it as `prela keys create` wrote it"
        )
    return api_key


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
