"""Accounts that live and die with the process, for tests."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterable, Sequence

import attrs

from prela_core.model import from_micros
from prela_server.accounts.keys import hash_key, matches, mint, parse
from prela_server.accounts.model import Identity, KeyInfo, KeyRequest
from prela_server.accounts.port import no_such_key, refused

__all__ = ["MemoryAccounts"]


class MemoryAccounts:
    """The `Accounts` of one process; nothing is kept. `now` gives microseconds since 1970."""

    def __init__(self, *, now: Callable[[], int]) -> None:
        self._now = now
        self._pepper = secrets.token_bytes(32)
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[KeyInfo, bytes]] = {}

    def create(self, project_id: str, scopes: Iterable[str], name: str = "") -> tuple[KeyInfo, str]:
        """Make a key; see `Accounts.create`."""
        wish = KeyRequest(project_id=project_id, scopes=scopes, name=name)
        key = mint()
        info = KeyInfo(
            key_id=key.key_id,
            project_id=wish.project_id,
            scopes=wish.scopes,
            name=wish.name,
            created_at=from_micros(self._now()),
        )
        with self._lock:
            self._keys[info.key_id] = info, hash_key(key, self._pepper)
        return info, key.text

    def list(self, project_id: str | None = None) -> Sequence[KeyInfo]:
        """List keys; see `Accounts.list`."""
        with self._lock:
            infos = [info for info, _ in self._keys.values()]
        chosen = [info for info in infos if project_id in (None, info.project_id)]
        return sorted(chosen, key=lambda info: (info.created_at, info.key_id))

    def revoke(self, key_id: str) -> KeyInfo:
        """End a key; see `Accounts.revoke`."""
        with self._lock:
            if key_id not in self._keys:
                raise no_such_key()
            info, digest = self._keys[key_id]
            if info.revoked_at is None:
                info = attrs.evolve(info, revoked_at=from_micros(self._now()))
                self._keys[key_id] = info, digest
        return info

    def identify(self, text: str | None) -> Identity:
        """Recognise a key; see `Accounts.identify`."""
        key = parse(text)
        if key is None:
            raise refused()
        with self._lock:
            info, digest = self._keys.get(key.key_id, (None, None))
        if not matches(key, self._pepper, digest) or info is None or info.revoked_at is not None:
            raise refused()
        return Identity(project_id=info.project_id, key_id=info.key_id, scopes=info.scopes)

    def ping(self) -> None:
        """Do nothing; see `Accounts.ping`."""

    def close(self) -> None:
        """Do nothing; see `Accounts.close`."""
