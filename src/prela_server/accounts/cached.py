"""Accounts that remember for two seconds whose key it was, so that a busy server rarely asks."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from prela_core.errors import UnauthenticatedError
from prela_server.accounts.keys import Key, parse
from prela_server.accounts.model import Identity, KeyInfo
from prela_server.accounts.port import Accounts, refused

__all__ = ["CachedAccounts"]

V = TypeVar("V")


class CachedAccounts:
    """Other `Accounts`, with the answers of `identify` kept for `ttl` seconds.

    A key that another process revokes works for up to `ttl` seconds more; one revoked through
    this object stops at once. At most `capacity` accepted and `capacity` refused keys are
    remembered, apart from each other, so that a flood of made-up keys neither takes memory
    nor crowds out the good ones. Only digests of keys are remembered. `clock` gives seconds
    that never go back.
    """

    def __init__(
        self,
        inner: Accounts,
        *,
        clock: Callable[[], float] = time.monotonic,
        ttl: float = 2.0,
        capacity: int = 4096,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._ttl = ttl
        self._lock = threading.Lock()
        self._accepted: _Recent[Identity] = _Recent(capacity)
        self._refused: _Recent[bool] = _Recent(capacity)
        self._revocations = 0

    def create(self, project_id: str, scopes: Iterable[str], name: str = "") -> tuple[KeyInfo, str]:
        """Make a key; see `Accounts.create`."""
        return self._inner.create(project_id, scopes, name)

    def list(self, project_id: str | None = None) -> Sequence[KeyInfo]:
        """List keys; see `Accounts.list`."""
        return self._inner.list(project_id)

    def revoke(self, key_id: str) -> KeyInfo:
        """End a key; see `Accounts.revoke`."""
        try:
            return self._inner.revoke(key_id)
        finally:
            # Even when it failed: it may have been done all the same.
            with self._lock:
                self._revocations += 1
                self._accepted.clear()

    def identify(self, text: str | None) -> Identity:
        """Recognise a key; see `Accounts.identify`."""
        key = parse(text)
        if key is None:
            raise refused()
        identity = self._recall(key)
        return self._ask(key) if identity is None else identity

    def recall(self, text: str | None) -> Identity | None:
        """Answer as `identify` does, but without ever waiting for the storage.

        None means that `identify` has to be asked. This may be called on an event loop, and
        saves most requests the way through a thread.
        """
        key = parse(text)
        if key is None:
            raise refused()
        return self._recall(key)

    def ping(self) -> None:
        """Ask the inner accounts, always; see `Accounts.ping`."""
        self._inner.ping()

    def close(self) -> None:
        """Forget everything and close the inner accounts; see `Accounts.close`."""
        with self._lock:
            self._accepted.clear()
            self._refused.clear()
        self._inner.close()

    def _recall(self, key: Key) -> Identity | None:
        digest = _digest(key)
        with self._lock:
            now = self._clock()
            identity = self._accepted.get(digest, now)
            if identity is None and self._refused.get(digest, now):
                raise refused()
        return identity

    def _ask(self, key: Key) -> Identity:
        with self._lock:
            # The answer is as old as the question, however long it takes to come.
            until = self._clock() + self._ttl
            revocations = self._revocations
        try:
            identity = self._inner.identify(key.text)
        except UnauthenticatedError:
            with self._lock:
                self._refused.put(_digest(key), True, until)
            raise
        with self._lock:
            if revocations == self._revocations:  # else the answer may be from before it
                self._accepted.put(_digest(key), identity, until)
        return identity


class _Recent(Generic[V]):
    """Values with a time to forget them; the oldest make room when there are too many."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._entries: dict[bytes, tuple[V, float]] = {}

    def get(self, key: bytes, now: float) -> V | None:
        value, until = self._entries.get(key, (None, now))
        return value if now < until else None

    def put(self, key: bytes, value: V, until: float) -> None:
        self._entries.pop(key, None)  # so that it becomes the youngest
        if len(self._entries) >= self._capacity:
            del self._entries[next(iter(self._entries))]
        self._entries[key] = value, until

    def clear(self) -> None:
        self._entries.clear()


def _digest(key: Key) -> bytes:
    return hashlib.sha256(key.text.encode("ascii")).digest()
