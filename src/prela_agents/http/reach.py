"""Whether a host can be reached at all: without a net, each call would else wait for seconds."""

from __future__ import annotations

import httpx

__all__ = ["CONNECT_SECONDS", "Reach", "host_of"]

CONNECT_SECONDS = 5.0
"""For a connection, with two more tries of the kernel's in it."""

_TRIES = 2
_SECONDS = 60.0
"""A schedule begins anew with each run; what lasts longer than this tries again by itself."""


def host_of(url: httpx.URL) -> str:
    """Give the host, and the port where it is not the usual one."""
    return url.host if url.port is None else f"{url.host}:{url.port}"


class Reach:
    """Hosts that never answered, and could not be connected to, since this was made.

    One that has answered is only out of order, and worth more patience. Moments are
    `Clock.monotonic`'s.
    """

    def __init__(self) -> None:
        self._answered: set[str] = set()
        self._failed: dict[str, tuple[int, float]] = {}

    def answered(self, host: str) -> None:
        """Take in that there was an answer, whatever it said."""
        self._answered.add(host)
        self._failed.pop(host, None)

    def failed(self, host: str, now: float) -> bool:
        """Take in that there was no connection; say whether that is to be the last try."""
        if host in self._answered:
            return False
        times = self._failed.get(host, (0, now))[0] + 1
        self._failed[host] = (times, now)
        return times >= _TRIES

    def given_up(self, host: str, now: float) -> bool:
        """Say whether a call need not be tried: there was no connection just now."""
        times, at = self._failed.get(host, (0, now))
        return times >= _TRIES and now - at < _SECONDS
